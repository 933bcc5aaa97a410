"""How a data set was read: which form it was taken for, on what evidence, and what was passed over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

EXAMPLES_NAMED = 3


@dataclass(frozen=True)
class PassedOver:
    """What was not read, for one reason."""

    reason: str
    """Why, and what to do about it."""
    count: int
    examples: tuple[str, ...] = ()
    """The first few."""

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{self.count:,} {self.reason} ({', '.join(self.examples)}{more})"


@dataclass(frozen=True)
class HowRead:
    """The record of a reading; it travels with the data set into the summary, `audit.json` and the report."""

    form: str = ""
    """What the data were taken for."""
    said: tuple[str, ...] = ()
    """What was decided where another reading was possible: the evidence, and the flag for the other."""
    passed_over: tuple[PassedOver, ...] = ()

    def with_said(self, *sentences: str) -> "HowRead":
        """The record with more sentences; none stands twice."""
        return replace(self, said=tuple(dict.fromkeys((*self.said, *(one for one in sentences if one)))))

    def with_passed_over(self, found: "Iterable[tuple[str, str]]") -> "HowRead":
        """The record with more that was passed over, as `(name, reason)` each."""
        return replace(self, passed_over=(*self.passed_over, *by_reason(found)))

    def lines(self) -> list[str]:
        """All of it as sentences for people."""
        form = [f"Read as {self.form}."] if self.form else []
        return [*form, *self.said, *(f"Passed over: {one}." for one in self.passed_over)]


def by_reason(found: "Iterable[tuple[str, str]]") -> tuple[PassedOver, ...]:
    """What was passed over, `(name, reason)` each, counted by reason; the commonest reason first."""
    names: dict[str, list[str]] = {}
    for name, reason in found:
        names.setdefault(reason, []).append(name)
    return tuple(
        PassedOver(reason, len(those), tuple(those[:EXAMPLES_NAMED]))
        for reason, those in sorted(names.items(), key=lambda one: -len(one[1]))
    )
