"""Learners of different strength: out-of-sample probabilities as users bring them, each with the features it saw."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.portfolio.cases import Case

Features = NDArray[np.float32]
FOLDS = 5
CELL, DIRECTIONS = 8, 9
"""Pixels a side of a cell of gradients, and the directions that are told apart."""
ERROR = 0.7
"""Of the logits that a good network sees."""


@dataclass(frozen=True)
class Brought:
    """What a user brings beside the labels."""

    learner: str
    pred_probs: NDArray[np.float64]
    """Out of sample, `(example, class)`."""
    features: Features
    """`(example, feature)`."""


def brought(case: Case, embeddings: dict[str, Features]) -> Iterator[Brought]:
    """Probabilities of each learner that suits the case; `embeddings` are pretrained features by origin."""
    if case.pred_probs is not None:
        for name, probs in case.pred_probs.items():
            yield Brought(name, probs, np.asarray(case.examples, np.float32))
        return
    if isinstance(case.examples, list):
        yield from _of_texts(case, case.examples)
        return
    if case.kind == "features":
        pictures: dict[str, Features] = {"": np.asarray(case.examples, np.float32)}
    else:
        pictures = {" of pixels": leading(flat(case.examples), 100), " of gradients": gradients(case.examples)}
    if case.crowd is not None:
        features = well_seen(case.crowd)
        yield Brought(
            "logistic regression of what a good network sees",
            predicted(LEARNERS["logistic regression"](), features, case.given, case.classes),
            features,
        )
    if case.origin in embeddings:
        pictures |= {" of pretrained features": leading(embeddings[case.origin], 128)}
    for name, features in pictures.items():
        for learner, make in LEARNERS.items():
            if name == " of pixels" and learner == "neighbours":
                continue
            yield Brought(learner + name, predicted(make(), features, case.given, case.classes), features)


def _of_texts(case: Case, texts: list[str]) -> Iterator[Brought]:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(texts)
    features = TruncatedSVD(50, random_state=0).fit_transform(words).astype(np.float32)
    for name, learner in (
        ("logistic regression of words", LogisticRegression(max_iter=500)),
        ("naive Bayes of words", MultinomialNB(alpha=0.1)),
    ):
        yield Brought(name, predicted(learner, words, case.given, case.classes), features)


def well_seen(crowd: NDArray[np.floating]) -> Features:
    """The embedding of a network far better than what can be trained here: the crowd's own logits, with an error."""
    logits = np.log(crowd + 0.02)
    logits -= logits.mean(axis=1, keepdims=True)
    return np.asarray(logits + np.random.default_rng(0).normal(0, ERROR, logits.shape), dtype=np.float32)


LEARNERS: dict[str, Callable[[], Any]] = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)),
    "neighbours": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(20, weights="distance")),
}


def predicted(learner: Any, features: Any, given: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Of networks that have not seen the example, `(example, class)`; a class that is too rare for a fold is unlikely
    there."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    probs = np.zeros((len(given), classes))
    for seen, held_out in folds.split(np.zeros(len(given)), given):
        learner.fit(features[seen], given[seen])
        probs[np.ix_(held_out, learner.classes_)] = learner.predict_proba(features[held_out])
    probs = np.maximum(probs, 1e-6)
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))


def flat(pictures: NDArray[Any]) -> Features:
    """`(example, pixel)`, from 0 to 1."""
    return np.asarray(pictures.reshape(len(pictures), -1) / 255, dtype=np.float32)


def leading(features: Features, most: int) -> Features:
    """The leading principal components."""
    found = PCA(min(most, *features.shape), random_state=0, svd_solver="randomized").fit_transform(features)
    return np.asarray(found, dtype=np.float32)


def gradients(pictures: NDArray[Any]) -> Features:
    """Histograms of oriented gradients (Dalal & Triggs 2005), one for each cell, scaled to length one."""
    grey = np.asarray(pictures, dtype=np.float32)
    grey = grey.mean(axis=3) if grey.ndim == 4 else grey
    down, across = np.gradient(grey, axis=(1, 2))
    size, angle = np.hypot(down, across), np.arctan2(down, across) % np.pi
    direction = np.minimum((angle / np.pi * DIRECTIONS).astype(int), DIRECTIONS - 1)
    cells = [side // CELL for side in grey.shape[1:]]
    cell = (np.arange(grey.shape[1]) // CELL)[:, None] * cells[1] + (np.arange(grey.shape[2]) // CELL)[None, :]
    bins = cells[0] * cells[1] * DIRECTIONS
    counted = np.stack([
        np.bincount((cell * DIRECTIONS + one).ravel(), weight.ravel(), minlength=bins)[:bins]
        for one, weight in zip(direction, size, strict=True)
    ]).reshape(len(grey), -1, DIRECTIONS)  # fmt: skip
    scaled = counted / (np.linalg.norm(counted, axis=2, keepdims=True) + 10)
    return np.asarray(np.sqrt(scaled).reshape(len(grey), -1), dtype=np.float32)
