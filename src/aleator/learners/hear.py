"""All learners that suit the data, heard and pooled."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import log_softmax
from threadpoolctl import threadpool_limits

from aleator.evidence.neighbours import VOTERS, neighbour_vote
from aleator.learners.bayes import naive_bayes
from aleator.learners.folds import Folds
from aleator.learners.kernel import kernel
from aleator.learners.linear import linear
from aleator.learners.softmax_regression import Floats
from aleator.learners.topics import topics
from aleator.learners.trees import trees
from aleator.neighbours.search import nearest_neighbours
from aleator.noise.pooling import pooling_weights
from aleator.threads import one_thread
from aleator.vectors.dense import whitened
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.kept import results_of

MOST_FOR_KERNEL_CLASSES = 200
WORTH_THREADS = 2_000_000
"""Numbers in the vectors of all examples."""
TOPICS = "topics"
"""The learner that does not aim at the given labels; what these say of its weight is beside the point, so it counts as
much as all others together."""


@dataclass(frozen=True)
class Material:
    """What learners are given of the examples, in the forms that there are."""

    dense: Floats
    """Along principal axes, `(example, axis)`; see `vectors.dense`."""
    words: sparse.csr_matrix | None = None
    """Weights of words `(example, word)`."""
    topical: sparse.csr_matrix | None = None
    """Of those that name topics."""
    columns: NDArray[np.float32] | None = None
    """Of tables `(example, column)`: numbers and codes of categories, NaN a gap."""
    categorical: NDArray[np.bool_] | None = None
    """Which columns are categories, `(column,)`."""
    neighbours: NDArray[np.int64] | None = None
    """Rows of the nearest examples by `dense`, `(example, neighbour)`; they are looked for where they are not given."""


@dataclass(frozen=True)
class Heard:
    """What the learners said."""

    log_probs: NDArray[np.float32]
    """Pooled, of each draw, `(draw, example, class)`; nobody had seen the example's label."""
    weights: dict[str, float]
    """What each learner counts in the pool."""
    linear_weights: Floats | None = field(default=None, repr=False)
    """Of the linear learner of words, `(word, fold, class)`."""


def hear(
    material: Material,
    labels: NDArray[np.int64],
    classes: int,
    folds: Folds,
    groups: NDArray[np.int64],
    *,
    seed: int = 0,
    folder: Path | None = None,
    on: Workers = HERE,
    on_learner: Callable[[int, int], None] = lambda done, total: None,
) -> Heard:
    """Let every learner that suits the material predict, out of fold, and pool them.

    The weights in the pool are those under which the given labels are most probable (`noise.pooling`), found on the
    mean of the draws.

    Args:
        labels: `(example,)`, -1 is none.
        groups: of copies `(example,)`, -1 stands alone: copies are no neighbours of each other.
        folder: keeps what each learner says; one that was heard before is not heard again.
        on: who does the learners, each a piece of work.
        on_learner: told how many learners are done, and how many there are.
    """
    names = list(_learners(material, labels, classes, folds, groups, seed, []))
    shared = (material, labels, classes, folds, groups, seed)
    # Threads gain small products nothing, and wait for each other where another program needs the processor.
    small = material.dense.size < WORTH_THREADS
    threads = 1 if small else torch.get_num_threads()
    pieces = [Piece(name, listen, (name,), shared, threads) for name in names]
    with threadpool_limits(1 if small else None), one_thread() if small else nullcontext():
        heard = dict(zip(names, results_of(pieces, folder, on, on_learner), strict=True))
    opinions = {name: result["log_probs"] for name, result in heard.items()}
    stacked = {name: opinion for name, opinion in opinions.items() if name != TOPICS}
    found = pooling_weights([opinion.mean(axis=0) for opinion in stacked.values()], labels)
    weights = dict(zip(stacked, found.tolist(), strict=True))
    pooled = sum(weight * opinions[name] for name, weight in weights.items())
    if TOPICS in opinions:
        pooled = (log_softmax(pooled, axis=2) + opinions[TOPICS]) / 2
        weights = {name: weight / 2 for name, weight in weights.items()} | {TOPICS: 0.5}
    said = log_softmax(np.asarray(pooled, dtype=np.float32), axis=2)
    return Heard(said, weights, next((result["weights"] for result in heard.values() if "weights" in result), None))


def listen(
    material: Material,
    labels: NDArray[np.int64],
    classes: int,
    folds: Folds,
    groups: NDArray[np.int64],
    seed: int,
    name: str,
) -> Arrays:
    """What one learner says: `log_probs` `(draw, example, class)`, and that of words its `weights`."""
    linear_weights: list[Floats] = []
    opinion = _learners(material, labels, classes, folds, groups, seed, linear_weights)[name]()
    return {"log_probs": opinion} | dict(zip(["weights"], linear_weights, strict=False))


def _learners(
    material: Material,
    labels: NDArray[np.int64],
    classes: int,
    folds: Folds,
    groups: NDArray[np.int64],
    seed: int,
    linear_weights: list[Floats],
) -> dict[str, Callable[[], NDArray[np.float32]]]:
    """The learners that suit the material, by name; that of words leaves its weights in `linear_weights`."""
    work: dict[str, Callable[[], NDArray[np.float32]]] = {}
    words, topical, dense = material.words, material.topical, material.dense

    def of_words() -> NDArray[np.float32]:
        assert words is not None
        opinion = linear(words, labels, classes, folds)
        linear_weights.append(opinion.weights)
        return opinion.log_probs

    def votes(where: Floats, found: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        if found is None:
            found = nearest_neighbours(where, groups, count=VOTERS).rows
        vote = neighbour_vote(found, labels, classes)
        return np.broadcast_to(vote, (folds.draws, *vote.shape))

    if words is not None and topical is not None:
        work["words"] = of_words
        work["naive Bayes"] = lambda: naive_bayes(words, labels, classes, folds)
        work[TOPICS] = lambda: topics(topical, labels, classes, folds)
        return work
    columns, categorical = material.columns, material.categorical
    if columns is not None and categorical is not None:
        work["trees"] = lambda: trees(columns, categorical, labels, classes, folds, seed)
    work["linear"] = lambda: linear(dense, labels, classes, folds).log_probs
    if classes <= MOST_FOR_KERNEL_CLASSES:
        work["kernel"] = lambda: kernel(dense, labels, classes, folds, seed)
    work["neighbours"] = lambda: votes(dense, material.neighbours)
    work["neighbours, whitened"] = lambda: votes(whitened(dense))
    return work
