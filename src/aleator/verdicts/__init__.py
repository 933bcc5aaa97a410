"""The verdict: from every source of labels to one judgement per example."""

from aleator.verdicts.estimates import Estimates, estimate_data_set
from aleator.verdicts.judge import DEFAULT_COSTS, Costs, Verdicts, judge, unfamiliar_examples
from aleator.verdicts.names import VERDICTS
from aleator.verdicts.ordering import review_order
from aleator.verdicts.posterior import LabelPosterior, weigh_sources
from aleator.verdicts.truth_model import Observations

__all__ = [
    "DEFAULT_COSTS",
    "VERDICTS",
    "Costs",
    "Estimates",
    "LabelPosterior",
    "Observations",
    "Verdicts",
    "estimate_data_set",
    "judge",
    "review_order",
    "unfamiliar_examples",
    "weigh_sources",
]
