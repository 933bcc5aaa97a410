"""The verdict: from every source of labels to one judgement per example."""

from aleator.verdicts.estimates import estimate_data_set
from aleator.verdicts.judge import (
    DEFAULT_COSTS,
    Costs,
    Judgement,
    judge,
    standing_answers,
    unfamiliar_examples,
)
from aleator.verdicts.names import VERDICTS
from aleator.verdicts.opinion import Observations
from aleator.verdicts.ordering import review_order
from aleator.verdicts.posterior import Posterior, weigh_sources
from aleator.verdicts.reviews import Reviews, reviews_of_labels
from aleator.verdicts.sources import Answers

__all__ = [
    "DEFAULT_COSTS",
    "VERDICTS",
    "Answers",
    "Costs",
    "Judgement",
    "Observations",
    "Posterior",
    "Reviews",
    "estimate_data_set",
    "judge",
    "review_order",
    "reviews_of_labels",
    "standing_answers",
    "unfamiliar_examples",
    "weigh_sources",
]
