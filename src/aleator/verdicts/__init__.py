"""The verdict: from draws and evidence to one judgement per example."""

from aleator.verdicts.estimates import estimate_data_set
from aleator.verdicts.judge import VERDICTS, Judgement, judge

__all__ = ["VERDICTS", "Judgement", "estimate_data_set", "judge"]
