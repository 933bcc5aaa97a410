"""What of cleanlab is not offered, and what to use in its place."""

from collections.abc import Callable, Mapping
from typing import Any

from aleator.errors import MissingNameError

REVIEW = "`aleator review` asks for what teaches most next, and review_order in aleator.verdicts orders examples so"
COUNT = "aleator.judge_predictions(...) says how many labels are wrong and how they err, with intervals"
DATALAB = (
    "aleator.audit(data, folder) finds wrong labels, near and exact copies and unfamiliar examples at once; "
    "as_datalab(audit) is a Datalab of it"
)
MODULES = {
    "Datalab": DATALAB,
    "datalab": DATALAB,
    "classification": "aleator.train trains through the noise of labels; for scikit-learn aleator.AleatorClassifier",
    "count": COUNT,
    "dataset": "aleator.judge_predictions(...) says of each class how its labels err",
    "outlier": "aleator.audit calls examples unfamiliar that are unlike the rest",
    "data_valuation": "the column label_quality of an audit",
    "experimental": "aleator.find_label_issues, which takes millions of rows",
    "object_detection": "nothing here: Aleator judges classes of whole examples",
    "segmentation": "nothing here: Aleator judges classes of whole examples",
    "token_classification": "nothing here: Aleator judges classes of whole examples",
    "regression": "nothing here: Aleator judges classes, not numbers",
}
FUNCTIONS = {
    "find_label_issues_using_argmax_confusion_matrix": "find_label_issues, or filter_by='predicted_neq_given'",
    "get_active_learning_scores": REVIEW,
    "get_active_learning_scores_ensemble": REVIEW,
    "get_knn_distance_ood_scores": MODULES["outlier"],
    "get_outlier_scores": MODULES["outlier"],
    "common_multilabel_issues": "find_multilabel_issues_per_class, summed over the examples",
    "rank_classes_by_multilabel_quality": "find_multilabel_issues_per_class, summed over the examples",
    "overall_multilabel_health_score": "find_label_issues(...).mean()",
    "multilabel_health_summary": "find_multilabel_issues_per_class, summed over the examples",
}


def refusing(module: str, instead: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__`: for what is not offered the error says what to use."""

    def of_module(name: str) -> Any:
        if name in instead:
            raise MissingNameError(f"{module} has no {name}. Instead: {instead[name]}. Or import it from cleanlab.")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return of_module
