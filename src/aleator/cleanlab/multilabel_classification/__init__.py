"""`cleanlab.multilabel_classification`: examples with any number of classes."""

from aleator.cleanlab.instead import FUNCTIONS, refusing
from aleator.cleanlab.multilabel_classification.filter import find_label_issues as find_label_issues
from aleator.cleanlab.multilabel_classification.rank import get_label_quality_scores as get_label_quality_scores

__all__ = ["find_label_issues", "get_label_quality_scores"]


__getattr__ = refusing(__name__, FUNCTIONS)
