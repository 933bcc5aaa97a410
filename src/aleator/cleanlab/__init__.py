"""cleanlab's names, arguments and defaults, answered by Aleator: changing the import is enough.

    from aleator.cleanlab.filter import find_label_issues              # for cleanlab.filter
    from aleator.cleanlab.rank import get_label_quality_scores         # for cleanlab.rank
    from aleator.cleanlab.multiannotator import get_label_quality_multiannotator

After cleanlab 2.9. The arguments and the shapes of what is returned are cleanlab's; which labels are issues is the
posterior's answer (`aleator.find_label_issues`), and so are the consensus of annotators and its quality. Scores of
single labels are by the same formulas. Arguments that make no sense here are accepted, and a warning says why.
"""

from typing import Any

from aleator.cleanlab import filter as filter
from aleator.cleanlab import multiannotator as multiannotator
from aleator.cleanlab import multilabel_classification as multilabel_classification
from aleator.cleanlab import rank as rank
from aleator.cleanlab.filter import find_label_issues as find_label_issues
from aleator.cleanlab.multiannotator import get_label_quality_multiannotator as get_label_quality_multiannotator
from aleator.cleanlab.rank import get_label_quality_scores as get_label_quality_scores
from aleator.errors import MissingNameError

__all__ = [
    "filter",
    "find_label_issues",
    "get_label_quality_multiannotator",
    "get_label_quality_scores",
    "multiannotator",
    "multilabel_classification",
    "rank",
]

INSTEAD = {
    "Datalab": "aleator.audit(data, folder) finds wrong labels, near and exact copies and unfamiliar examples at once",
    "datalab": "aleator.audit(data, folder) finds wrong labels, near and exact copies and unfamiliar examples at once",
    "classification": "aleator.train trains through the noise of labels; for scikit-learn aleator.AleatorClassifier",
    "count": "aleator.judge_predictions(...) says how many labels are wrong and how they err, with intervals",
    "dataset": "aleator.judge_predictions(...) says of each class how its labels err",
    "outlier": "aleator.audit calls examples unfamiliar that are unlike the rest",
    "data_valuation": "the column label_quality of an audit",
    "experimental": "aleator.find_label_issues, which takes millions of rows",
    "object_detection": "nothing here: Aleator judges classes of whole examples",
    "segmentation": "nothing here: Aleator judges classes of whole examples",
    "token_classification": "nothing here: Aleator judges classes of whole examples",
    "regression": "nothing here: Aleator judges classes, not numbers",
}


def __getattr__(name: str) -> Any:
    if name in INSTEAD:
        raise MissingNameError(f"aleator.cleanlab has no {name}. Instead: {INSTEAD[name]}. Or import it from cleanlab.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
