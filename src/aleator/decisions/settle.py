"""The one rule that settles several people's answers on an example (in the field's words, label aggregation)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.decisions.decision import AMBIGUOUS, LABEL, UNUSABLE
from aleator.decisions.reviews import Reviews

MAJORITY = 0.5 + 1e-9
"""More than half: shares of ambiguous answers are sums of thirds and sixths, which are not exact."""


@dataclass(frozen=True)
class Settled:
    """What the answers come to, a row for each example that was answered."""

    row: NDArray[np.int64]
    """The example's row, `(answered,)`, sorted."""
    kind: NDArray[np.str_]
    """`label`, `ambiguous` or `unusable`, `(answered,)`."""
    share: NDArray[np.float64]
    """Share of each class in the votes of those who found the example usable, `(answered, class)`; zeros where the
    example is not usable."""

    def __len__(self) -> int:
        return len(self.row)

    @property
    def label(self) -> NDArray[np.int64]:
        """The class where people agreed on one, `(answered,)`, else -1."""
        return np.where(self.kind == LABEL, self.share.argmax(axis=1), -1)

    def choices(self, place: int) -> tuple[int, ...]:
        """The classes that were named for an example, the most votes first."""
        share = self.share[place]
        return tuple(np.argsort(-share, kind="stable")[: int((share > 0).sum())].tolist())


def settle(reviews: Reviews) -> Settled:
    """What everybody's standing answers come to.

    Each reviewer has one vote on an example: the latest answer, which an undo takes back. Later answers by others
    (second opinions) weigh as much as the first: nobody knows which of two people is right.

    Two questions are asked one after the other, since who cannot use an example says nothing of its class:

    1. Is it usable? Only where *more than half* say "not usable" is it not. A tie leaves it usable: one person could
       read it, and the answer of somebody who could is better than none.
    2. Which class? Of those who found it usable, each gives one vote, shared equally among the classes of an ambiguous
       answer. More than half of these votes for one class make it the label; else, also at a tie, the example is
       ambiguous between all classes that were named.

    So "fear; not usable" is fear, "fear, fear, sad, not usable, not usable" is fear, "fear; sad" is ambiguous, and
    "fear; fear or sad" is fear.
    """
    row, place = np.unique(reviews.row, return_inverse=True)
    votes = np.zeros((len(row), reviews.answer.shape[1]))
    np.add.at(votes, place, reviews.answer)
    asked = np.bincount(place, minlength=len(row))
    could_use = np.bincount(place, reviews.usable, minlength=len(row))
    usable = (asked - could_use <= asked / 2) & (could_use > 0)
    share = np.where(usable[:, None], votes / np.maximum(could_use, 1)[:, None], 0.0)
    clear = share.max(axis=1, initial=0.0) > MAJORITY
    kind = np.select([~usable, clear], [UNUSABLE, LABEL], AMBIGUOUS).astype("<U9")
    return Settled(row, kind, share)
