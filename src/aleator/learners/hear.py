"""All learners that suit the data, heard and pooled."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import log_softmax
from threadpoolctl import threadpool_limits

from aleator.evidence.neighbours import VOTERS, neighbour_vote
from aleator.learners.bayes import naive_bayes
from aleator.learners.folds import LabelledFolds
from aleator.learners.kernel import kernel
from aleator.learners.linear import linear
from aleator.learners.ratios import ratios
from aleator.learners.softmax_regression import Floats
from aleator.learners.topics import share_of_topics, topics
from aleator.learners.trees import MOST_FOR_FOREST, forest, trees
from aleator.neighbours.search import is_divided, nearest_neighbours
from aleator.noise.pooling import pooling_weights
from aleator.threads import one_thread
from aleator.vectors.dense import principal, whitened
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.kept import results_of

MOST_FOR_KERNEL_CLASSES = 200
MOST_TO_BOOST = 1_000
"""Columns times classes of a table of few rows: 200 rows of 1,460 columns and 10 classes took minutes."""
WORTH_THREADS = 2_000_000
"""Numbers in the vectors of all examples."""
WORTH_TREES = 250_000
"""Numbers and codes in the columns of a table, from which on trees are sent to who is elsewhere."""
TOPICS = "topics"
"""The learner that does not aim at the given labels, so that what these say of its weight is beside the point: it
counts as far as the classes are topics (`topics.share_of_topics`)."""


WHITENED = "neighbours, whitened"
LOG_PROBS, WEIGHTS = "log_probs", "weights"
"""Of what a learner says."""


@dataclass(frozen=True)
class Material:
    """What learners are given of the examples, in the forms that there are."""

    dense: Floats
    """Along principal axes, `(example, axis)`; see `vectors.dense`."""
    words: sparse.csr_matrix | None = None
    """Weights of words `(example, word)`."""
    topical: sparse.csr_matrix | None = None
    """Of those that name topics."""
    features: NDArray[np.floating[Any]] | None = None
    """Of few examples, `(example, feature)`, not turned: what a forest asks."""
    columns: NDArray[np.float32] | None = None
    """Of tables `(example, column)`: numbers and codes of categories, NaN a gap."""
    categorical: NDArray[np.bool_] | None = None
    """Which columns are categories, `(column,)`."""
    neighbours: NDArray[np.int64] | None = None
    """Rows of the nearest examples by `dense`, `(example, neighbour)`; they are looked for where they are not given."""
    whitened_neighbours: NDArray[np.int64] | None = None
    """The same by `dense`, whitened."""

    @classmethod
    def of_features(cls, features: NDArray[np.floating[Any]], seed: int = 0, *, path: Path | None = None) -> "Material":
        """Of numbers `(example, feature)`. The axes of very many are mapped from a file at `path`."""
        few = len(features) <= MOST_FOR_FOREST
        return cls(principal(features, seed, path=path), features=features if few else None)


@dataclass(frozen=True)
class Heard:
    """What the learners said."""

    log_probs: NDArray[np.float32]
    """Pooled, of each draw, `(draw, example, class)`; nobody had seen the example's label."""
    weights: dict[str, float]
    """What each learner counts in the pool."""
    linear_weights: Floats | None = field(default=None, repr=False)
    """Of having a word, by the linear learner of words, `(word, fold, class)`."""


def hear(
    material: Material,
    asked: LabelledFolds,
    *,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda done, total: None,
    on_learner: Callable[[int, int], None] = lambda done, total: None,
) -> Heard:
    """Let every learner that suits the material predict, out of fold, and pool them.

    The weights in the pool are those under which the given labels are most probable (`noise.pooling`), found on the
    mean of the draws.

    Args:
        folder: keeps what each learner says; one that was heard before is not heard again.
        on: who does the learners, each a piece of work.
        on_block: told how far the search for neighbours of whitened vectors is, where there are many.
        on_learner: told how many learners are done, and how many there are.
    """
    names = suitable(material, asked.classes)
    if folder is not None:
        folder.mkdir(exist_ok=True)  # its parent is there, or somebody removed it
    if WHITENED in names and is_divided(*material.dense.shape):  # a search is not one piece of work then, but many
        place = None if folder is None else folder / "neighbours"
        material = replace(material, whitened_neighbours=_whitened_neighbours(material, asked, place, on, on_block))
    # Threads gain small products nothing, and wait for each other where another program needs the processor.
    small = material.dense.size < WORTH_THREADS
    threads = 1 if small else torch.get_num_threads()
    pieces = [Piece(name, listen, (name,), (material, asked), threads) for name in names]
    if small and (material.columns is None or material.columns.size < WORTH_TREES):
        on = HERE  # workers elsewhere take as long to begin
    with threadpool_limits(1 if small else None), one_thread() if small else nullcontext():
        heard = dict(zip(names, results_of(pieces, folder, on, on_learner), strict=True))
    opinions = {name: result[LOG_PROBS] for name, result in heard.items()}
    stacked = {name: opinion for name, opinion in opinions.items() if name != TOPICS}
    found = pooling_weights([opinion.mean(axis=0) for opinion in stacked.values()], asked.labels)
    weights = dict(zip(stacked, found.tolist(), strict=True))
    pooled = log_softmax(sum(weight * opinions[name] for name, weight in weights.items()), axis=2)
    if TOPICS in opinions:
        share = share_of_topics(opinions[TOPICS], pooled, asked.labels)
        pooled = log_softmax((1 - share) * pooled + share * opinions[TOPICS], axis=2)
        weights = {name: weight * (1 - share) for name, weight in weights.items()} | {TOPICS: share}
    said = np.asarray(pooled, dtype=np.float32)
    return Heard(said, weights, next((result[WEIGHTS] for result in heard.values() if WEIGHTS in result), None))


def listen(material: Material, asked: LabelledFolds, name: str) -> Arrays:
    """What one learner says: `log_probs` `(draw, example, class)`, and that of words its `weights`."""
    return LEARNERS[name](material, asked)


def suitable(material: Material, classes: int) -> tuple[str, ...]:
    """The names of the learners that suit the material."""
    if material.words is not None:
        return "words", "naive Bayes", TOPICS
    trees = ("trees",) if material.columns is not None and not _is_wide(material, classes) else ()
    kernel = ("kernel",) if classes <= MOST_FOR_KERNEL_CLASSES else ()
    forest = ("extra trees",) if material.features is not None else ()
    return *trees, *forest, "linear", *kernel, "neighbours", WHITENED


def _is_wide(material: Material, classes: int) -> bool:
    """Boosting tries every column for every class again and again; with few rows a forest does that in seconds."""
    return material.features is not None and material.features.shape[1] * classes > MOST_TO_BOOST


def _by_words(material: Material, asked: LabelledFolds) -> Arrays:
    assert material.words is not None
    opinion = ratios(material.words, asked.labels, asked.classes, asked.folds)
    return {LOG_PROBS: opinion.log_probs, WEIGHTS: opinion.weights}


def _by_counted_words(material: Material, asked: LabelledFolds) -> Arrays:
    assert material.words is not None
    return {LOG_PROBS: naive_bayes(material.words, asked.labels, asked.classes, asked.folds)}


def _by_topics(material: Material, asked: LabelledFolds) -> Arrays:
    assert material.topical is not None
    return {LOG_PROBS: topics(material.topical, asked.labels, asked.classes, asked.folds)}


def _by_trees(material: Material, asked: LabelledFolds) -> Arrays:
    columns, categorical = material.columns, material.categorical
    assert columns is not None
    assert categorical is not None
    return {LOG_PROBS: trees(columns, categorical, asked.labels, asked.classes, asked.folds, asked.seed)}


def _by_forest(material: Material, asked: LabelledFolds) -> Arrays:
    assert material.features is not None
    return {LOG_PROBS: forest(material.features, asked.labels, asked.classes, asked.folds, asked.seed)}


def _by_lines(material: Material, asked: LabelledFolds) -> Arrays:
    return {LOG_PROBS: linear(material.dense, asked.labels, asked.classes, asked.folds).log_probs}


def _by_kernel(material: Material, asked: LabelledFolds) -> Arrays:
    return {LOG_PROBS: kernel(material.dense, asked.labels, asked.classes, asked.folds, asked.seed)}


def _by_neighbours(material: Material, asked: LabelledFolds) -> Arrays:
    found = material.neighbours
    if found is None:
        found = nearest_neighbours(material.dense, asked.groups, count=VOTERS).rows
    return _vote(found, asked)


def _by_whitened_neighbours(material: Material, asked: LabelledFolds) -> Arrays:
    found = material.whitened_neighbours
    return _vote(_whitened_neighbours(material, asked) if found is None else found, asked)


def _whitened_neighbours(
    material: Material,
    asked: LabelledFolds,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.int64]:
    path = None
    if folder is not None:
        folder.mkdir(exist_ok=True)
        path = folder / "whitened.npy"
    places = whitened(material.dense, path=path)
    found = nearest_neighbours(places, asked.groups, count=VOTERS, folder=folder, on=on, on_block=on_block).rows
    if path is not None:
        with suppress(PermissionError):  # of Windows, while it is mapped
            path.unlink(missing_ok=True)
    return found


def _vote(neighbours: NDArray[np.int64], asked: LabelledFolds) -> Arrays:
    vote = neighbour_vote(neighbours, asked.labels, asked.classes)
    return {LOG_PROBS: np.broadcast_to(vote, (asked.folds.draws, *vote.shape))}


LEARNERS: dict[str, Callable[[Material, LabelledFolds], Arrays]] = {
    "words": _by_words,
    "naive Bayes": _by_counted_words,
    TOPICS: _by_topics,
    "trees": _by_trees,
    "extra trees": _by_forest,
    "linear": _by_lines,
    "kernel": _by_kernel,
    "neighbours": _by_neighbours,
    WHITENED: _by_whitened_neighbours,
}
