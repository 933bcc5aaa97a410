"""How good a model's answers are on examples whose labels are known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.training.decision import ANSWERED, Decision, Opinion
from aleator.uncertainty.calibration import calibration_error
from aleator.uncertainty.metrics import negative_log_likelihood, risk_coverage


def prediction_scores(opinion: Opinion, labels: NDArray[np.int64], decision: Decision) -> dict[str, Any]:
    """The figures of a card: `labels` `(example,)` are all known."""
    correct = opinion.probs.argmax(axis=1) == labels
    answer, sets = decision.route(opinion), decision.sets(opinion)
    surest = risk_coverage(1 - opinion.probs.max(axis=1), correct).accuracy_at(ANSWERED)
    return {
        "examples": len(labels),
        "accuracy": float(correct.mean()),
        "accuracy_of_answers": float(correct[answer == "answer"].mean()) if (answer == "answer").any() else None,
        f"accuracy_of_surest_{ANSWERED:.0%}": surest,
        "log_loss": negative_log_likelihood(np.log(np.maximum(opinion.probs, 1e-30)), labels),
        "calibration_error": calibration_error(opinion.probs, labels),
        "conformal_coverage": float(sets[np.arange(len(labels)), labels].mean()),
        "conformal_size": float(sets.sum(axis=1).mean()),
        "routes": {name: int((answer == name).sum()) for name in ("answer", "ambiguous", "unfamiliar")},
    }
