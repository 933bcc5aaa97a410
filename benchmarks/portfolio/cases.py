"""The data sets of the portfolio: given labels whose right ones are known, of many kinds, sizes and kinds of error."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from aleator.data import ImageArray, LabelledDataset
from aleator.data.drawn_faces import drawn_faces
from aleator.data.sources import ExampleSource, FeatureArray, TextArray
from aleator.data.synthetic_noise import from_confusion, pair_flip, scaled_to_rate, symmetric
from aleator.noise.counted import measured_confusion
from benchmarks.fer2013 import fer2013
from benchmarks.portfolio.kinds import KINDS, pictures_of
from benchmarks.portfolio.made_up import made_up_sets

Labels = NDArray[np.int64]
Texts = list[str]
NOISES, RATES = ("symmetric", "pair", "measured"), (0.1, 0.2, 0.4)
FACES, FACES_QUICK = 6000, 1500
"""Pictures of FER+'s majority that noise is put on."""
HARDER = 0.35
"""Power of the crowd's shares from which harsher answers are drawn."""


@dataclass(frozen=True)
class Case:
    """One data set of the portfolio."""

    name: str
    origin: str
    """Where the examples come from: cases of one origin share their examples and what is learned of them."""
    given: Labels
    """`(example,)`."""
    truth: Labels
    """The crowd's first choice, `(example,)`; -1 is not scored, -2 is no class of the data: any label is wrong."""
    classes: int
    examples: NDArray[Any] | Texts
    """Pictures `(example, height, width[, channel])`, feature vectors `(example, feature)` or texts."""
    ambiguous: NDArray[np.bool_] | None = None
    """Where the crowd has no clear first choice, `(example,)`, if that is known."""
    crowd: NDArray[np.floating] | None = None
    """What a crowd answered, as shares `(example, class)`, if that is known."""
    pred_probs: dict[str, NDArray[np.float64]] | None = None
    """Out-of-sample probabilities by learner, where the case brings its own."""
    flip: bool = True
    """A mirrored picture keeps its class."""

    @property
    def share_wrong(self) -> float:
        scored = self.truth != -1
        return float((self.given != self.truth)[scored].mean())

    @property
    def kind(self) -> str:
        if isinstance(self.examples, list):
            return "texts"
        return "features" if self.examples.ndim == 2 else "images"

    def dataset(self) -> LabelledDataset:
        """As a user would hand it to an audit."""
        source: ExampleSource
        if isinstance(self.examples, list):
            source = TextArray(self.examples)
        else:
            source = FeatureArray(self.examples) if self.examples.ndim == 2 else ImageArray(self.examples)
        return LabelledDataset(
            name=self.name,
            path=self.origin,
            ids=np.arange(len(self.given)).astype(np.str_),
            source=source,
            given_labels=self.given,
            class_names=tuple(f"class {label}" for label in range(self.classes)),
        )


def cases(data: Path | None, *, quick: bool = False) -> Iterator[Case]:
    """All data sets, those of `data` (a folder with fer2013, cifar10h and noisyag) where it is named; `quick` takes
    slices."""
    yield from tables(quick=quick)
    yield from faces_drawn(quick=quick)
    yield from made_up(quick=quick)
    if data is None:
        return
    if (data / "cifar10h").is_dir():
        yield from photographs(data / "cifar10h", quick=quick)
    if (data / "noisyag").is_dir():
        yield from news(data / "noisyag", quick=quick)
    if (data / "fer2013").is_dir():
        yield from faces(data / "fer2013", quick=quick)


def tables(*, quick: bool) -> Iterator[Case]:
    """scikit-learn's small sets, with labels flipped by chance and in a direction."""
    loaders = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
    for number, (name, load) in enumerate(loaders.items()):
        features, truth = load(return_X_y=True)
        features, truth = features.astype(np.float32), truth.astype(np.int64)
        classes = int(truth.max()) + 1
        clean = Case(f"{name}, clean", name, truth, truth, classes, features)
        yield clean
        for kind, rate in (("symmetric", 0.1), ("pair", 0.2), ("symmetric", 0.3)):
            if quick and kind == "pair":
                continue
            yield _noisy(clean, name, kind, rate, seed=number)


def faces_drawn(*, quick: bool) -> Iterator[Case]:
    """Faces drawn from parameters, whose crowd is a formula."""
    for number, rate in ((600, 0.2),) if quick else ((3000, 0.2), (3000, 0.08)):
        faces = drawn_faces(number, noise_rate=rate)
        truth = np.where(faces.is_ambiguous, -1, faces.true_label)
        pictures = faces.dataset.source
        assert isinstance(pictures, ImageArray)
        yield Case(
            f"drawn faces, {rate:.0%}", "drawn faces", faces.dataset.given_labels, truth, 7, pictures.pixels,
            faces.is_ambiguous,
        )  # fmt: skip


def kinds_drawn(*, quick: bool) -> Iterator[Case]:
    """Kinds of pictures that photographs and faces are not, drawn from nothing: for whole audits."""
    for name, kind in KINDS.items():
        pictures, truth = pictures_of(kind, kind.few if quick else 1500, seed=0)
        clean = Case(f"{name}, clean", name, truth, truth, kind.classes, pictures, flip=kind.flip)
        yield clean
        noise = {
            "symmetric 20%": symmetric(truth, kind.classes, 0.2, np.random.default_rng(1)),
            "by class": from_confusion(truth, errors_by_class(kind.classes), np.random.default_rng(1)),
        }
        for errors, given in noise.items():
            yield replace(clean, name=f"{name}, {errors}", given=given)


def errors_by_class(classes: int) -> NDArray[np.float64]:
    """Some classes lose half of their labels to the two next ones, others hardly any, `(true, given)`; of two classes
    the second loses two fifths."""
    wrong = np.full(classes, 0.08)
    wrong[classes // 2 : classes // 2 + max(1, classes // 4)] = 0.55
    if classes == 2:
        wrong = np.array([0.04, 0.4])
    right, next_ones = np.eye(classes), np.zeros((classes, classes))
    for step, share in ((1, 0.7), (2, 0.3)) if classes > 2 else ((1, 1.0),):
        next_ones += share * np.roll(right, step, axis=1)
    return (1 - wrong)[:, None] * right + wrong[:, None] * next_ones


def made_up(*, quick: bool) -> Iterator[Case]:
    """Crowds, confusions and learners drawn at random."""
    for number, one in enumerate(made_up_sets(8 if quick else 40, seed=0)):
        yield Case(
            f"made up {number}", "made up", one.given, one.truth, one.classes, one.features, one.ambiguous,
            pred_probs={"made-up learner": one.pred_probs},
        )  # fmt: skip


def photographs(folder: Path, *, quick: bool) -> Iterator[Case]:
    """CIFAR-10's test pictures: one person's answer, the worst of three, harsher ones, and the crowd's choice."""
    with np.load(folder / "cifar10h.npz") as arrays:
        images, counts = arrays["images"], arrays["vote_counts"].astype(np.float64)
    if quick:
        images, counts = images[:1500], counts[:1500]
    truth = counts.argmax(axis=1)
    share = counts / counts.sum(axis=1, keepdims=True)
    ambiguous = share.max(axis=1) <= 0.6
    harsher = share**HARDER
    harsher /= harsher.sum(axis=1, keepdims=True)
    random = np.random.default_rng(0)
    answers = {
        "one answer": _answers(share, 1, random)[0],
        "worst of three": _worst(_answers(share, 3, random), truth),
        "worst of four, harsher": _worst(_answers(harsher, 4, random), truth),
        "clean": truth,
    }
    for name, given in answers.items():
        yield Case(f"photographs, {name}", "photographs", given, truth, 10, images, ambiguous, share)


def news(folder: Path, *, quick: bool) -> Iterator[Case]:
    """News texts as people labelled them, and as they should be."""
    import csv

    with (folder / "noisyag.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[: 2000 if quick else None]
    texts = [row["text"] for row in rows]
    truth = np.array([int(row["gt"]) for row in rows])
    yield Case("news, people", "news", np.array([int(row["label"]) for row in rows]), truth, 4, texts)
    yield Case("news, clean", "news", truth, truth, 4, texts)


def faces(folder: Path, *, quick: bool) -> Iterator[Case]:
    """FER2013 by FER+: its own labels, one voter's answer, and noise of known kind on the majority."""
    dataset = fer2013(folder)
    votes, source = dataset.votes, dataset.source
    assert votes is not None
    assert isinstance(source, ImageArray)
    majority, pixels = votes.majority(), source.pixels
    counts = votes.class_counts(7)
    if not quick:
        unsure = counts.max(axis=1) <= 5
        yield Case("FER2013", "faces", dataset.given_labels, majority, 7, pixels, unsure)
    random = np.random.default_rng(0)
    some = np.sort(random.choice(np.flatnonzero(majority >= 0), FACES_QUICK if quick else FACES, replace=False))
    share = counts[some] / counts[some].sum(axis=1, keepdims=True)
    one = _answers(share, 1, random)[0]
    others = counts[some] - np.eye(7)[one]
    top = others.argmax(axis=1)
    truth = np.where(others.max(axis=1) > 0.5 * others.sum(axis=1), top, -1)
    pictures, crowd = pixels[some], share
    unsure = counts[some].max(axis=1) <= 5
    yield Case("faces, one voter", "faces of the majority", one, truth, 7, pictures, unsure, crowd)
    clean = Case("faces, clean", "faces of the majority", majority[some], majority[some], 7, pictures, crowd=crowd)
    yield clean
    measured = measured_confusion(majority, dataset.given_labels, 7)
    for kind in NOISES:
        for rate in RATES:
            yield _noisy(clean, "faces", kind, rate, seed=0, measured=measured)


def _noisy(
    clean: Case, name: str, kind: str, rate: float, *, seed: int, measured: NDArray[np.float64] | None = None
) -> Case:
    random = np.random.default_rng([seed, NOISES.index(kind), round(100 * rate)])
    if kind == "symmetric":
        given = symmetric(clean.truth, clean.classes, rate, random)
    elif kind == "pair":
        given = pair_flip(clean.truth, clean.classes, rate, random)
    else:
        assert measured is not None
        given = from_confusion(clean.truth, scaled_to_rate(measured, rate, clean.truth), random)
    return replace(clean, name=f"{name}, {kind} {rate:.0%}", given=given)


def _answers(shares: NDArray[np.floating], count: int, random: np.random.Generator) -> Labels:
    """So many answers to each example, `(answer, example)`, drawn from a crowd's shares `(example, class)`."""
    cumulated = shares.cumsum(axis=1)[:, :-1]
    return np.asarray((random.random((count, len(shares), 1)) > cumulated).sum(axis=2))


def _worst(answers: Labels, truth: Labels) -> Labels:
    """Of each example a wrong answer, where there is one."""
    wrong = answers != truth
    return np.asarray(np.take_along_axis(answers, wrong.argmax(axis=0)[None], axis=0)[0])
