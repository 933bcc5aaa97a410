"""The data set with the labels that people put right: what every export starts from."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.errors import DataError
from aleator.review.decisions import AMBIGUOUS, LABEL, UNUSABLE, Decision, Ledger, settle
from aleator.review.examples import Examples, open_examples
from aleator.review.heard import read_log

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
    ledger: Ledger
    log: list[Decision]
    """Every decision ever made, oldest first, undone ones too."""

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

    def name_of(self, label: int) -> str:
        return self.examples.class_names[label] if label >= 0 else ""

    def standing(self) -> list[Decision]:
        """The answers that stand, oldest first."""
        found = [one for answers in self.ledger.reviewers_of.values() for one in answers.values()]
        return sorted(found, key=lambda one: (one.time, one.uuid))


def correct(
    path: Path,
    *,
    data: Path | None = None,
    database: str | None = None,
    relabel_above: float | None = None,
    **read_options: Any,
) -> Corrected:
    """Read an audit folder (or data with labels) and its decisions, and put the labels right.

    People's answers come first. Where they were torn between classes the given label stays if it is one of them, else
    the first in the audit's eyes is taken. "Not usable" keeps the given label and says so. Where nobody decided, the
    given label stays, unless the audit is surer than `relabel_above` that it is wrong: then its suggestion is taken.
    """
    if relabel_above is not None and not 0.5 <= relabel_above <= 1:
        raise DataError(f"--relabel-above is a probability from 0.5 to 1, not {relabel_above}.")
    examples = open_examples(path, data, **read_options)
    ledger, log = Ledger(), read_log(path, database, examples.fingerprint)
    for row_of_log in log:
        ledger.add(row_of_log)
    label = examples.given.copy()
    label_from = np.full(len(examples), GIVEN, dtype="<U6")
    if relabel_above is not None:
        _relabel(examples, relabel_above, label, label_from)
    decision = np.full(len(examples), "", dtype="<U9")
    choices: dict[int, tuple[str, ...]] = {}
    number_of = {name: number for number, name in enumerate(examples.class_names)}
    for example, answers in ledger.reviewers_of.items():
        row, settled = examples.row_of.get(example), settle(answers.values())
        if row is None or settled is None:
            continue
        kind, labels = settled
        decision[row], label_from[row] = kind, REVIEW
        given = int(examples.given[row])
        if kind == LABEL:
            label[row] = number_of[labels[0]]
        elif kind == AMBIGUOUS:
            choices[row] = labels
            torn = [number_of[name] for name in labels]
            label[row] = given if given in torn else max(torn, key=lambda one: _share(examples, row, one))
        else:
            label[row] = given
    return Corrected(examples, label, label_from, decision, choices, ledger, log)


def _share(examples: Examples, row: int, label: int) -> float:
    if examples.audit is None:
        return 0.0
    return float(examples.audit.labels["label_distribution"][row].as_py()[label])


def _relabel(examples: Examples, threshold: float, label: NDArray[np.int32], label_from: NDArray[np.str_]) -> None:
    if examples.audit is None:
        raise DataError("There is no audit of these data whose suggestions could be taken; leave --relabel-above out.")
    suspected = np.nan_to_num(examples.audit.column("p_mislabelled").astype(np.float64)) >= threshold
    suggested = examples.audit.column("suggested_label")
    taken = suspected & (suggested >= 0) & (suggested != examples.given)
    label[taken], label_from[taken] = suggested[taken], AUDIT
