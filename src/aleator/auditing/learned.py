"""Learners of vectors: features that are brought or made by a pretrained network, words of texts, columns of tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aleator.auditing.hearing import Hearing
from aleator.auditing.said import Said
from aleator.audits.info import ModelInfo
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import FeatureArray, TableRows, TextArray
from aleator.errors import DataError
from aleator.evidence.neighbours import SHOWN, VOTERS
from aleator.learners import Heard, LabelledFolds, Material, draw_folds, hear
from aleator.learning.devices import pick_device
from aleator.neighbours.search import nearest_neighbours
from aleator.vectors.columns import fit_columns, predicts_alone
from aleator.vectors.dense import principal
from aleator.vectors.words import WordVectors, fit_words

EMBEDDING = 128
"""Leading axes that are kept beside the audit, for neighbours, clusters and what is learned from reviews."""
Marks = Callable[[NDArray[np.int64]], list[list[str]]]
"""From suggested labels `(example,)` to what is strange in each example: words that speak for the suggested label and
against the given one, or columns in which it is unlike others."""
MARKS = 5
"""Words of a text that are shown as speaking against its label."""
LEARNERS = "learners"
"""What `audit.json` calls the model."""


@dataclass(frozen=True)
class Vectors:
    """What learners take of the examples."""

    material: Material
    made_of: str
    """For people: what the vectors are."""
    remarks: tuple[str, ...] = ()
    """On the data, as they showed themselves."""
    marks: Callable[[Heard, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], list[list[str]]] | None = None
    """`Marks`, but with what was heard, folds and given labels too."""


def vectors_of(
    dataset: LabelledDataset, features: NDArray[np.float32] | None, made_of: str, seed: int, unfinished: Path
) -> Vectors:
    """The vectors of a data set: `features` where there are some, else its own; see `made_of`. Many are mapped from a
    file in `unfinished`.

    Raises DataError for data that have none.
    """
    source, path = dataset.source, unfinished / "axes.npy"
    if features is not None:
        return Vectors(Material.of_features(features, seed, path=path), made_of)
    if isinstance(source, FeatureArray):
        count = source.values.shape[1]
        return Vectors(
            Material.of_features(source.values, seed, path=path), f"{count:,} feature{'s' * (count != 1)} each"
        )
    if isinstance(source, TextArray):
        return _of_texts(source.texts, seed)
    if isinstance(source, TableRows):
        return _of_rows(source, dataset.given_labels, seed)
    raise DataError("Pictures have no vectors before a network has made some: name one with --backbone.")


def hear_learners(hearing: Hearing, vectors: Vectors) -> tuple[Said, Marks | None]:
    """Let the learners speak of every example, none of which they have seen, nor another of its unit; and what tells
    its marks."""
    labels, together, settings = hearing.dataset.given_labels, hearing.together, hearing.settings
    folds = draw_folds(labels, together, settings.member_count, settings.seed)
    neighbours = nearest_neighbours(
        vectors.material.dense,
        together,
        count=VOTERS,
        device=pick_device(settings.device),
        folder=hearing.unfinished / "neighbours",
        on=hearing.workers,
        on_block=lambda done, total: hearing.progress("finding neighbours", done, total),
    )
    heard = hear(
        replace(vectors.material, neighbours=neighbours.rows),
        LabelledFolds(labels, hearing.classes, folds, together, settings.seed),
        folder=hearing.unfinished / "learners",
        on=hearing.workers,
        on_block=lambda done, total: hearing.progress("finding neighbours of whitened vectors", done, total),
        on_learner=lambda done, total: hearing.progress("learning", done, total),
    )
    embedding = np.ascontiguousarray(vectors.material.dense[:, :EMBEDDING])
    shown = neighbours.first(SHOWN)
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in heard.weights.items())
    said = Said(
        mean=heard.log_probs,
        spread=np.zeros_like(heard.log_probs),
        unseen=folds.draws,
        margin_history=np.full((1, len(labels)), np.nan, np.float32),
        log_probs=heard.log_probs.astype(np.float64),
        embedding=embedding,
        neighbours=shown.rows,
        distance=shown.farthest,
        model=ModelInfo(
            backbone=LEARNERS,
            reason=f"on {vectors.made_of}; what each counts: {weights}",
            members=folds.draws,
            parameters=0,
            draws=folds.draws,
            unseen_draws=folds.draws,
        ),
    )
    if vectors.marks is None:
        return said, None
    marks = vectors.marks
    return said, lambda suggested: marks(heard, folds.fold[0], labels, suggested)


def _of_texts(texts: Sequence[str], seed: int) -> Vectors:
    fitted, words = fit_words(texts, seed=seed)
    material = Material(principal(fitted.dense(words), seed), words=words, topical=fitted.topical(words))

    def marks(
        heard: Heard, fold: NDArray[np.int64], given: NDArray[np.int64], suggested: NDArray[np.int64]
    ) -> list[list[str]]:
        return _words_against(fitted, words, heard, fold, given, suggested)

    return Vectors(material, f"{len(fitted.words):,} words and pairs of words", marks=marks)


def _words_against(
    fitted: WordVectors,
    words: sparse.csr_matrix,
    heard: Heard,
    fold: NDArray[np.int64],
    given: NDArray[np.int64],
    suggested: NDArray[np.int64],
) -> list[list[str]]:
    """Of each text whose suggested label is not the given one, the words that speak for it the most, by a linear
    learner that has not seen the text."""
    weights = heard.linear_weights
    result: list[list[str]] = [[] for _ in range(len(given))]
    if weights is None:
        return result
    for row in np.flatnonzero((given >= 0) & (given != suggested)).tolist():
        places = words.indices[words.indptr[row] : words.indptr[row + 1]]
        of_fold = weights[places, fold[row]]
        speaks = of_fold[:, suggested[row]] - of_fold[:, given[row]]
        loudest = np.argsort(-speaks, kind="stable")[:MARKS]
        result[row] = [fitted.words[places[place]] for place in loudest.tolist() if speaks[place] > 0]
    return result


def _of_rows(source: TableRows, labels: NDArray[np.int64], seed: int) -> Vectors:
    fitted = fit_columns(source.table)
    codes = fitted.codes(source.table)
    names = [column.name for column in fitted.columns]
    remarks = [f"The column {name!r} {why}, so nothing is learned from it." for name, why in fitted.passed_over.items()]
    remarks += [
        f"The column {name!r} alone predicts nearly every label. If it was made from the label it hides the wrong "
        f"ones: leave it out with --leave-out."
        for name in predicts_alone(codes, labels, names)
    ]
    numbers = Material.of_features(fitted.dense(codes), seed)
    material = replace(numbers, columns=codes, categorical=fitted.categorical)

    def marks(
        heard: Heard, fold: NDArray[np.int64], given: NDArray[np.int64], suggested: NDArray[np.int64]
    ) -> list[list[str]]:
        return [fitted.unusual(codes, row)[:MARKS] for row in range(len(codes))]

    return Vectors(material, f"{len(names):,} column{'s' * (len(names) != 1)} of a table", tuple(remarks), marks)
