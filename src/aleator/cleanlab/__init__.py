"""cleanlab's names, arguments and defaults, answered by Aleator: changing the import is enough.

    from aleator.cleanlab.filter import find_label_issues              # for cleanlab.filter
    from aleator.cleanlab.rank import get_label_quality_scores         # for cleanlab.rank
    from aleator.cleanlab.multiannotator import get_label_quality_multiannotator

After cleanlab 2.9. The arguments and the shapes of what is returned are cleanlab's; which labels are issues is the
posterior's answer (`aleator.find_label_issues`), and so are the consensus of annotators and its quality. Scores of
single labels are by the same formulas. Arguments that make no sense here are accepted, and a warning says why.
"""

from aleator.cleanlab import filter as filter
from aleator.cleanlab import multiannotator as multiannotator
from aleator.cleanlab import multilabel_classification as multilabel_classification
from aleator.cleanlab import rank as rank
from aleator.cleanlab.exchange import SecondOpinion as SecondOpinion
from aleator.cleanlab.exchange import as_datalab as as_datalab
from aleator.cleanlab.exchange import second_opinion as second_opinion
from aleator.cleanlab.filter import find_label_issues as find_label_issues
from aleator.cleanlab.instead import MODULES, refusing
from aleator.cleanlab.multiannotator import get_label_quality_multiannotator as get_label_quality_multiannotator
from aleator.cleanlab.rank import get_label_quality_scores as get_label_quality_scores

__all__ = [
    "SecondOpinion",
    "as_datalab",
    "filter",
    "find_label_issues",
    "get_label_quality_multiannotator",
    "get_label_quality_scores",
    "multiannotator",
    "multilabel_classification",
    "rank",
    "second_opinion",
]

__getattr__ = refusing(__name__, MODULES)
