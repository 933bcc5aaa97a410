"""A decision: what one person says of one example (in the field's words, an annotation)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aleator.errors import DataError

LABEL, AMBIGUOUS, UNUSABLE, UNDO = "label", "ambiguous", "unusable", "undo"
ANSWERS = (LABEL, AMBIGUOUS, UNUSABLE)
SEPARATOR = "|"
"""Between the classes that an ambiguous example lies between, wherever an answer is one text."""
LONGEST_NAME = 80
LONGEST_TEXT = 4096
LONGEST_TAG, MOST_TAGS = 40, 20


@dataclass(frozen=True)
class Decision:
    """One row of the log."""

    uuid: str
    """Made by whoever decides: the same decision sent twice is stored once."""
    example: str
    """The example's id."""
    reviewer: str
    kind: str
    """`label`, `ambiguous`, `unusable` or `undo`."""
    labels: tuple[str, ...] = ()
    """Class names: one for `label`, two or more for `ambiguous`, none else."""
    time: str = ""
    """ISO 8601, UTC, with microseconds, so that text sorts as time does."""
    seconds: float | None = None
    """How long the person looked."""
    before: str = ""
    """What stood before: the reviewer's earlier answer as `answer_text` writes it, else the given label."""
    undoes: str = ""
    """For an undo, the decision that it takes back."""
    origin: str = "page"
    """Where it was made: `page`, `grid`, `rapid`, or the name of an imported file."""
    note: str = ""
    """What the person wants to say beside the answer."""
    tags: tuple[str, ...] = ()
    """Words that the person files the example under; see `check_tags`."""

    def __post_init__(self) -> None:
        wanted = {LABEL: len(self.labels) == 1, AMBIGUOUS: len(self.labels) > 1}.get(self.kind, not self.labels)
        if self.kind not in (*ANSWERS, UNDO) or not wanted or len(set(self.labels)) < len(self.labels):
            raise DataError(
                f"A decision on {self.example!r} is {self.kind!r} with {len(self.labels)} label(s); wanted is label "
                "with one, ambiguous with two or more different ones, unusable or undo with none."
            )
        if (self.kind == UNDO) != bool(self.undoes):
            raise DataError("An undo names the decision that it takes back, and nothing else does.")
        if self.kind == UNDO and (self.note or self.tags):
            raise DataError("An undo has neither a note nor tags.")
        check_tags(self.tags)
        try:
            canonical = str(UUID(self.uuid))
        except ValueError as error:
            raise DataError(f"A decision's uuid is {self.uuid!r}; wanted is a UUID (RFC 9562).") from error
        object.__setattr__(self, "uuid", canonical)
        check_reviewer(self.reviewer)
        if self.seconds is not None and not 0 <= self.seconds < 1e7:
            raise DataError(f"A decision on {self.example!r} took {self.seconds} seconds; wanted is 0 or more.")
        for text in (self.example, self.before, self.origin, self.note, *self.labels):
            if "\0" in text or len(text) > LONGEST_TEXT:
                raise DataError(f"{text[:60]!r} is longer than {LONGEST_TEXT} characters or has a NUL in it.")


def kind_of(labels: Sequence[str]) -> str:
    """What an answer with these labels is: `label`, `ambiguous`, or without any `unusable`."""
    return LABEL if len(labels) == 1 else AMBIGUOUS if labels else UNUSABLE


def check_reviewer(name: str) -> None:
    """Raise DataError unless the name can stand in a list of names."""
    if not name or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(f"A reviewer's name is 1 to {LONGEST_NAME} printable characters, not {name[:LONGEST_NAME]!r}.")


def check_tags(tags: Sequence[str]) -> None:
    """Raise DataError unless the tags are distinct and stand in one cell, joined by `SEPARATOR`."""
    if len(tags) > MOST_TAGS or len(set(tags)) < len(tags):
        raise DataError(f"An example has at most {MOST_TAGS} different tags, not {', '.join(tags)[:LONGEST_NAME]!r}.")
    for tag in tags:
        if not tag or tag != tag.strip() or len(tag) > LONGEST_TAG or SEPARATOR in tag or not tag.isprintable():
            raise DataError(
                f"A tag is 1 to {LONGEST_TAG} printable characters without {SEPARATOR!r}, not {tag[:LONGEST_NAME]!r}."
            )


def answer_text(kind: str, labels: Iterable[str]) -> str:
    """An answer in one line: `fear`, `fear|sad`, or `(not usable)`."""
    return "(not usable)" if kind == UNUSABLE else SEPARATOR.join(labels)


def utc_text(moment: datetime) -> str:
    """The time as the log writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def now_after(earlier: str, moment: datetime | None = None) -> str:
    """The time now (or `moment`), or just after `earlier` where the clock was put back: a later answer must stand."""
    now = moment or datetime.now(UTC)
    if earlier:
        now = max(now, datetime.fromisoformat(earlier) + timedelta(microseconds=1))
    return utc_text(now)
