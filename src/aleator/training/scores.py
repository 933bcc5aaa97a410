"""How good a model's answers are on examples whose labels are known."""

import numpy as np
from numpy.typing import NDArray

from aleator.training.abstention import ANSWERED, ANSWERS, AbstentionRule, EnsemblePrediction
from aleator.training.card import Figures
from aleator.uncertainty.calibration import calibration_error
from aleator.uncertainty.metrics import negative_log_likelihood, risk_coverage


def prediction_scores(prediction: EnsemblePrediction, labels: NDArray[np.int64], rule: AbstentionRule) -> Figures:
    """The figures of a card: `labels` `(example,)` are all known."""
    correct = prediction.probs.argmax(axis=1) == labels
    answer, sets = rule.route(prediction), rule.sets(prediction)
    return Figures(
        examples=len(labels),
        accuracy=float(correct.mean()),
        accuracy_of_answers=float(correct[answer == "answer"].mean()) if (answer == "answer").any() else None,
        accuracy_of_surest=risk_coverage(1 - prediction.probs.max(axis=1), correct).accuracy_at(ANSWERED),
        log_loss=negative_log_likelihood(np.log(np.maximum(prediction.probs, 1e-30)), labels),
        calibration_error=calibration_error(prediction.probs, labels),
        conformal_coverage=float(sets[np.arange(len(labels)), labels].mean()),
        conformal_size=float(sets.sum(axis=1).mean()),
        routes={name: int((answer == name).sum()) for name in ANSWERS},
    )
