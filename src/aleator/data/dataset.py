"""A labelled data set: what every reader returns and everything else starts from."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.sources import ExampleSource
from aleator.data.texts import BLOCK
from aleator.data.wording import listed
from aleator.errors import DataError

FEWEST_EXAMPLES = 5
"""A class with fewer labelled examples cannot be learned, and its errors cannot be told from its examples."""


@dataclass(frozen=True)
class AnnotatorVotes:
    """Single votes, where it is known whose they are: one row each."""

    row: NDArray[np.int64]
    """The example's row, `(vote,)`."""
    annotator: NDArray[np.int64]
    """Whose vote it is, `(vote,)`, an index into `names`."""
    answer: NDArray[np.int64]
    """`(vote,)`, an index into the answers' names."""
    names: tuple[str, ...]

    def take(self, rows: NDArray[np.int64], examples: int) -> "AnnotatorVotes":
        place = np.full(examples, -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        return replace(self, row=place[self.row[kept]], annotator=self.annotator[kept], answer=self.answer[kept])


@dataclass(frozen=True)
class Votes:
    """What several people answered for each example."""

    counts: NDArray[np.float32]
    """How often each answer was given, `(example, answer)`; a row of zeros means that nobody voted."""
    names: tuple[str, ...]
    class_index: NDArray[np.int64]
    """The data set's class that an answer means, `(answer,)`; -1 where it is none of them."""
    unusable: NDArray[np.bool_]
    """Answers that say "unknown" or "not a face" rather than a class, `(answer,)`."""
    annotators: AnnotatorVotes | None = None

    def __post_init__(self) -> None:
        answers = len(self.names)
        if self.counts.ndim != 2 or self.counts.shape[1] != answers:
            raise DataError(f"Votes have shape {self.counts.shape}; wanted is (example, {answers} answers).")
        if len(self.class_index) != answers or len(self.unusable) != answers:
            raise DataError(f"Votes name {answers} answers; class_index and unusable must say what each of them means.")
        bad = np.flatnonzero(~np.isfinite(self.counts).all(axis=1) | (self.counts < 0).any(axis=1))
        if len(bad):
            raise DataError(f"Votes of row {bad[0]} are negative or not finite; they must be counts.")

    def take(self, rows: NDArray[np.int64]) -> "Votes":
        annotators = None if self.annotators is None else self.annotators.take(rows, len(self.counts))
        return replace(self, counts=self.counts[rows], annotators=annotators)

    def class_counts(self, classes: int) -> NDArray[np.float32]:
        """Votes for the data set's own classes, `(example, class)`."""
        result = np.zeros((len(self.counts), classes), dtype=np.float32)
        for answer, label in enumerate(self.class_index):
            if label >= 0:
                result[:, label] += self.counts[:, answer]
        return result

    def majority(self) -> NDArray[np.int64]:
        """The referee's label, `(example,)`: -1 no majority or unusable, -2 a class the data set does not have.

        After Barsoum et al. 2016 (arXiv 1608.01041): single votes are dropped where more than five people
        voted, then one answer needs more than half of what is left.
        """
        counts = self.counts
        many = counts.sum(axis=1, keepdims=True) > 5
        counts = np.where(many & (counts == 1), 0, counts)
        top = counts.argmax(axis=1)
        decided = counts.max(axis=1) > 0.5 * counts.sum(axis=1)
        label = np.where(self.class_index[top] >= 0, self.class_index[top], -2)
        return np.where(decided & ~self.unusable[top], label, -1)


@dataclass(frozen=True)
class Skipped:
    """An example that could not be read."""

    id: str
    source: str
    reason: str


@dataclass(frozen=True)
class LabelledDataset:
    """Examples with given labels. Labels are integers against `class_names`, -1 is no label.

    Raises DataError when the parts do not fit together.
    """

    name: str
    path: str
    ids: NDArray[np.str_]
    """`(example,)`, unique."""
    source: ExampleSource
    given_labels: NDArray[np.int64]
    """`(example,)`."""
    class_names: tuple[str, ...]
    votes: Votes | None = None
    split: NDArray[np.str_] | None = None
    group: NDArray[np.str_] | None = None
    """Examples of one group belong together (one person, one video) and never straddle two folds."""
    skipped: tuple[Skipped, ...] = ()
    reading: ReadOptions | None = None
    """What `read_dataset` was asked beside the path: with it, the same data are read again. None if they were not read
    from a path."""
    how_read: HowRead = HowRead()
    """What the data were taken for, on what evidence, and what was passed over."""

    def __len__(self) -> int:
        return len(self.ids)

    def __post_init__(self) -> None:
        total = len(self.ids)
        if total == 0:
            raise DataError(f"{self.path}: there are no examples.")
        parts = {"labels": len(self.given_labels), "examples": len(self.source)}
        parts |= {} if self.votes is None else {"rows of votes": len(self.votes.counts)}
        parts |= {} if self.split is None else {"splits": len(self.split)}
        parts |= {} if self.group is None else {"groups": len(self.group)}
        for what, count in parts.items():
            if count != total:
                raise DataError(f"{self.path}: {total} ids but {count} {what}; they must line up row by row.")
        if len(set(self.class_names)) < len(self.class_names):
            raise DataError(f"{self.path}: a class name stands twice in {listed(self.class_names)}.")
        _check_unique(self.path, self.ids)
        _check_labels(self)
        for what, texts in {"id": self.ids, "split": self.split, "group": self.group}.items():
            _check_letters(self.path, what, texts)
        _check_letters(self.path, "class name", np.array(self.class_names, dtype=np.str_))

    def take(self, rows: NDArray[np.int64]) -> "LabelledDataset":
        """The data set of these rows only, in this order."""
        return replace(
            self,
            ids=self.ids[rows],
            source=self.source.take(rows),
            given_labels=self.given_labels[rows],
            votes=None if self.votes is None else self.votes.take(rows),
            split=None if self.split is None else self.split[rows],
            group=None if self.group is None else self.group[rows],
        )

    def saying(self, *sentences: str) -> "LabelledDataset":
        """The same, with more said of how it was read; what is empty is not said."""
        return replace(self, how_read=self.how_read.with_said(*sentences))

    def of_split(self, split: str | None) -> "LabelledDataset":
        """The data set of one split; None means all."""
        if split is None:
            return self
        if self.split is None:
            raise DataError(f"{self.path} has no splits; leave --split out.")
        rows = np.flatnonzero(np.char.lower(self.split) == split.lower())
        if not len(rows):
            raise DataError(
                f"{self.path} has no split {split!r}; there are {listed(sorted(set(self.split.tolist())))}."
            )
        ids = set(self.ids[rows].tolist())
        return replace(self.take(rows), skipped=tuple(one for one in self.skipped if one.id in ids))

    def check_learnable(self) -> None:
        """Raise DataError unless there are two classes, and enough examples of each that occurs."""
        labels, names = self.given_labels, self.class_names
        counts = np.bincount(labels[labels >= 0], minlength=len(names))
        if (counts > 0).sum() < 2:
            present = [names[label] for label in np.flatnonzero(counts)]
            raise DataError(
                f"{self.path}: the labels name {len(present)} class{'es' if not present else ''} "
                f"({listed(present) or 'none'}); an audit needs at least two."
            )
        rare = np.flatnonzero((counts > 0) & (counts < FEWEST_EXAMPLES))
        if len(rare) == 1:
            raise DataError(
                f"{self.path}: the class {names[rare[0]]!r} has {counts[rare[0]]} labelled example(s), at least "
                f"{FEWEST_EXAMPLES} are needed; add examples, merge it with another class, or leave it out "
                f"(--missing-label {names[rare[0]]} reads it as no label)."
            )
        if len(rare):
            raise DataError(
                f"{self.path}: {len(rare)} of {(counts > 0).sum()} classes have fewer than {FEWEST_EXAMPLES} labelled "
                f"examples ({listed(f'{names[label]} {counts[label]}' for label in rare)}); add examples, merge them "
                "with other classes, or leave them out."
            )

    def fingerprint(self) -> str:
        """A hash of ids, labels, class names and the examples' identity: the same data give the same."""
        digest = hashlib.sha256()
        digest.update("\0".join(self.class_names).encode())
        for start in range(0, len(self), BLOCK):  # a million texts at once would be a tenth of a gigabyte
            digest.update(("\0" if start else "").encode())
            digest.update("\0".join(self.ids[start : start + BLOCK].tolist()).encode())
        digest.update(np.ascontiguousarray(self.given_labels, dtype=np.int64).tobytes())
        digest.update(self.source.identity())
        return digest.hexdigest()


def _check_unique(path: str, ids: NDArray[np.str_]) -> None:
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(same):
        first, second = sorted((int(order[same[0]]), int(order[same[0] + 1])))
        raise DataError(
            f"{path}: the id {str(ids[first])!r} stands in row {first} and in row {second} (counted from 0); "
            "ids must be unique."
        )


def _check_letters(path: str, what: str, texts: NDArray[Any] | None) -> None:
    """Text has to be such that it can be written down: halves of letters, as damaged files have them, cannot."""
    if texts is None or texts.dtype.kind != "U" or texts.size == 0 or texts.dtype.itemsize == 0:
        return
    for start in range(0, len(texts), BLOCK):
        block = np.ascontiguousarray(texts[start : start + BLOCK]).astype(texts.dtype.newbyteorder("="), copy=False)
        letters = block.view(np.uint32).reshape(len(block), -1)
        bad = np.flatnonzero(((letters >= 0xD800) & (letters <= 0xDFFF)).any(axis=1))
        if len(bad):
            row = start + int(bad[0])
            raise DataError(f"{path}: the {what} {str(texts[row])!r} (row {row}) is no text that can be written down.")


def _check_labels(dataset: LabelledDataset) -> None:
    labels, names = dataset.given_labels, dataset.class_names
    out_of_range = np.flatnonzero((labels < -1) | (labels >= len(names)))
    if len(out_of_range):
        row = int(out_of_range[0])
        raise DataError(
            f"{dataset.path}: the label of {str(dataset.ids[row])!r} (row {row}) is {labels[row]}, but there are "
            f"{len(names)} classes (0 to {len(names) - 1}; -1 for no label)."
        )
