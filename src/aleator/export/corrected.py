"""The data set with the labels that people put right: what every export starts from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits.labels import clear_mistakes, dense_rows
from aleator.data.groups import numbered, units
from aleator.decisions.decision import AMBIGUOUS, LABEL, UNUSABLE
from aleator.decisions.gather import DecisionSources, gather_decisions
from aleator.decisions.log import DecisionLog
from aleator.decisions.reviews import reviews_of_decisions
from aleator.decisions.settle import settle
from aleator.errors import DataError
from aleator.review.examples import Examples

GIVEN, REVIEW, AUDIT = "given", "review", "audit"
"""Where a label comes from."""


@dataclass(frozen=True)
class Corrected:
    """All examples with old and new labels, in the data's order."""

    examples: Examples
    label: NDArray[np.int32]
    """The new label, `(example,)`; -1 where there is none."""
    label_from: NDArray[np.str_]
    """`given`, `review` (people said so, even if they kept it) or `audit`."""
    decision: NDArray[np.str_]
    """What people said: `label`, `ambiguous`, `unusable`, or empty."""
    choices: dict[int, tuple[str, ...]]
    """The classes that people were torn between, by row."""
    log: DecisionLog
    """All that people decided."""

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def usable(self) -> NDArray[np.bool_]:
        return np.asarray(self.decision != UNUSABLE)

    def take(self, keep: NDArray[np.bool_]) -> "Corrected":
        """The examples to keep only."""
        rows = np.flatnonzero(keep)
        place = {int(row): number for number, row in enumerate(rows.tolist())}
        return replace(
            self,
            examples=self.examples.take(rows),
            label=self.label[rows],
            label_from=self.label_from[rows],
            decision=self.decision[rows],
            choices={place[row]: names for row, names in self.choices.items() if row in place},
        )

    def groups(self) -> dict[str, pa.Array]:
        """Columns for whoever splits the examples: `group`, as the data call it (a patient), and `keep_together`, a
        number that examples share which are of one group or copies of each other. Empty where neither is known."""
        given, audit = self.examples.group, self.examples.audit
        if given is None and audit is None:
            return {}
        kinds = [] if audit is None else [audit.column("duplicate_group")]
        kinds += [] if given is None else [numbered(given)]
        named = {} if given is None else {"group": pa.array(given, pa.string(), mask=given == "")}
        return named | {"keep_together": pa.array(units(len(self), kinds))}

    def name_of(self, label: int) -> str:
        return self.examples.class_names[label] if label >= 0 else ""


def correct(examples: Examples, path: Path, sources: DecisionSources, relabel_above: float | None = None) -> Corrected:
    """Put the labels right: of an audit (or of data with labels) at this path, by what people decided.

    People's answers come first, as `settle` settles them. Where they were torn between classes the given label stays
    if it is one of them, else the first in the audit's eyes is taken. "Not usable" keeps the given label and says so.
    Where nobody decided, the given label stays, unless the audit is surer than `relabel_above` that it is wrong: then
    its suggestion is taken.
    """
    if relabel_above is not None and not 0.5 <= relabel_above <= 1:
        raise DataError(f"--relabel-above is a probability from 0.5 to 1, not {relabel_above}.")
    names = examples.class_names
    log = gather_decisions(path, sources, examples.fingerprint, examples.row_of, names)
    label = examples.given.copy()
    label_from = np.full(len(examples), GIVEN, dtype="<U6")
    if relabel_above is not None:
        _relabel(examples, relabel_above, label, label_from)
    settled = settle(reviews_of_decisions(log.answered(examples.row_of), names))
    decision = np.full(len(examples), "", dtype="<U9")
    decision[settled.row], label_from[settled.row] = settled.kind, REVIEW
    label[settled.row] = np.where(settled.kind == LABEL, settled.label, examples.given[settled.row])
    choices: dict[int, tuple[str, ...]] = {}
    believed = None if examples.audit is None else examples.audit.column("label_distribution")
    for place in np.flatnonzero(settled.kind == AMBIGUOUS).tolist():
        row, torn = int(settled.row[place]), settled.choices(place)
        choices[row] = tuple(names[one] for one in torn)
        if int(examples.given[row]) not in torn:
            label[row] = torn[0] if believed is None else max(torn, key=dense_rows(believed, [row])[0].__getitem__)
    return Corrected(examples, label, label_from, decision, choices, log)


def _relabel(examples: Examples, threshold: float, label: NDArray[np.int32], label_from: NDArray[np.str_]) -> None:
    if examples.audit is None:
        raise DataError("There is no audit of these data whose suggestions could be taken; leave --relabel-above out.")
    taken = clear_mistakes(examples.audit.labels, threshold)
    label[taken], label_from[taken] = examples.audit.column("suggested_label")[taken], AUDIT
