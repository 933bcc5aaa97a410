"""An audit as cleanlab's Datalab, and cleanlab's table of label issues beside an audit."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.audits import AuditFolder
from aleator.data.readers.column_names import find_column
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.tables import read_table
from aleator.errors import DataError, MissingExtraError, while_reading

if TYPE_CHECKING:
    from cleanlab import Datalab

FLAG, SCORES, GIVEN, PREDICTED = "is_label_issue", ("label_score", "label_quality"), "given_label", "predicted_label"
TEXTS = ("id", "example_id", GIVEN, PREDICTED)
FEWEST_ALIKE = 0.99
"""A table without ids is of the audited data, row by row, where so many given labels are the same."""


def as_datalab(audit: AuditFolder) -> "Datalab":
    """The audit as a Datalab, whose `report()`, `get_issues()` and `get_issue_summary()` say what Aleator found.

    Its examples are those that have a label, with their `id` in `datalab.data`. Issues are `label` (the verdict
    mistake; the score is the probability that the label is right), `outlier` (unfamiliar; exp of minus the epistemic
    uncertainty in nats), `near_duplicate` (copies, exact and near) and `ambiguous` (one minus the aleatoric uncertainty
    as a share of the largest). `find_issues()` can add issues of cleanlab's own to them.

    Raises MissingExtraError without cleanlab's Datalab.
    """
    try:
        from cleanlab.datalab.datalab import Datalab  # cleanlab.Datalab stands there also where it cannot be used
        from cleanlab.datalab.internal.issue_manager import IssueManager
        from cleanlab.datalab.internal.issue_manager_factory import register
    except ImportError as error:
        raise MissingExtraError("A Datalab needs cleanlab: pip install 'aleator[cleanlab]'.") from error
    import pandas as pd

    class Ambiguous(IssueManager):  # type: ignore[misc]
        """Registered, so that Datalab's report knows what to say of it."""

        issue_name = "ambiguous"
        description = "Careful people would give these examples different labels; no relabelling removes that."

        def find_issues(self, **_: Any) -> None:
            raise DataError("Which examples are ambiguous is known from the audit that this Datalab was made of.")

        def collect_info(self, **_: Any) -> dict[str, Any]:
            return {}

    register(Ambiguous)
    rows = np.flatnonzero(audit.column(GIVEN) >= 0)
    names = np.array(audit.info.class_names)
    given, verdict = audit.column(GIVEN)[rows], audit.column("verdict")[rows]
    datalab = Datalab({"id": audit.column("id")[rows], GIVEN: names[given]}, label_name=GIVEN, verbosity=0)
    code = {name: number for number, name in datalab._label_map.items()}
    suggested = np.array([code.get(name, -1) for name in names[audit.column("suggested_label")[rows]]])
    right = 1 - np.nan_to_num(audit.column("p_mislabelled")[rows].astype(np.float64))
    group = audit.column("duplicate_group")[rows]
    classes = max(len(names), 2)
    found: dict[str, tuple[NDArray[np.bool_], NDArray[np.float64], dict[str, Any]]] = {
        "label": (
            verdict == "mistake",
            right,
            {GIVEN: datalab.labels, PREDICTED: suggested, "average_label_quality": float(right.mean())},
        ),
        "outlier": (verdict == "unfamiliar", np.exp(-audit.column("epistemic")[rows]), {}),
        "near_duplicate": (group >= 0, np.where(group >= 0, 0.0, 1.0), {"near_duplicate_sets": _others(group)}),
        "ambiguous": (verdict == "ambiguous", 1 - audit.column("aleatoric")[rows] / np.log(classes), {}),
    }
    for name, (flags, scores, info) in found.items():
        scores = np.clip(np.nan_to_num(scores, nan=1.0), 0, 1)
        datalab.data_issues.collect_issues_from_issue_manager(
            SimpleNamespace(
                issue_name=name,
                issues=pd.DataFrame({f"is_{name}_issue": flags, f"{name}_score": scores}),
                summary=pd.DataFrame({"issue_type": [name], "score": [float(1 - flags.mean())]}),
                info=info,
            )
        )
    return datalab


def _others(group: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The other copies of each example, by row."""
    members = {int(one): np.flatnonzero(group == one) for one in np.unique(group[group >= 0])}
    nobody = np.zeros(0, dtype=np.int64)
    return [
        members[int(one)][members[int(one)] != row] if one >= 0 else nobody for row, one in enumerate(group.tolist())
    ]


@dataclass(frozen=True)
class SecondOpinion:
    """What cleanlab said of the labels, beside what the audit says: what a program found, and nobody's decision."""

    table: pa.Table
    """A row for each example that cleanlab judged: `id`, `given_label`, the audit's `verdict`, `p_mislabelled` and
    `suggested_label`, and cleanlab's `is_label_issue`, `label_score` and `predicted_label`."""

    @property
    def ours(self) -> NDArray[np.bool_]:
        """Which labels the audit calls mistakes, `(row,)`."""
        return np.asarray(pc.fill_null(pc.equal(self.table["verdict"], "mistake"), False))

    @property
    def theirs(self) -> NDArray[np.bool_]:
        """Which labels cleanlab calls issues, `(row,)`."""
        return np.asarray(self.table[FLAG])

    def only_theirs(self) -> pa.Table:
        """The rows that cleanlab alone calls wrong, the least trusted first."""
        return self.table.filter(pa.array(self.theirs & ~self.ours)).sort_by("label_score")

    def __str__(self) -> str:
        both = self.ours & self.theirs
        same = np.asarray(pc.fill_null(pc.equal(self.table["suggested_label"], self.table[PREDICTED]), False))
        return (
            f"Of {len(self.table):,} labels both call {both.sum():,} wrong, and suggest the same class for "
            f"{(same & both).sum():,} of them; {(self.ours & ~self.theirs).sum():,} are wrong by the audit alone, "
            f"{(self.theirs & ~self.ours).sum():,} by cleanlab alone."
        )


def second_opinion(audit: AuditFolder, issues: Any) -> SecondOpinion:
    """cleanlab's label issues beside the audit's verdicts, example by example.

    Args:
        audit: a finished audit.
        issues: what `Datalab.get_issues("label")` or `CleanLearning.find_label_issues` returned, or a file of it (CSV,
            Parquet), or what `aleator export --format cleanlab` wrote. With a column `id` (or an index of that name)
            rows are joined by it; without one they must be the audit's, in its order, with the same given labels.

    Raises DataError where it is no such table, or not of these data.
    """
    where = str(issues) if isinstance(issues, str | Path) else "the table of label issues"
    with while_reading(where, "cleanlab's label issues"):
        table = read_table(Path(issues), TEXTS) if isinstance(issues, str | Path) else _of_frame(issues)
        return _beside(audit, table, where)


def _beside(audit: AuditFolder, table: pa.Table, where: str) -> SecondOpinion:
    score = find_column(table.column_names, SCORES)
    if FLAG not in table.column_names or score is None:
        raise DataError(
            f"{where} has no columns {FLAG} and {SCORES[0]} (or {SCORES[1]}); it has {', '.join(table.column_names)}. "
            'Wanted is what Datalab.get_issues("label") returns.'
        )
    ids, names = audit.column("id"), np.array([*audit.info.class_names, ""])
    given = names[audit.column(GIVEN)]
    theirs = _names(table, GIVEN, audit.info.class_names)
    rows = _rows(table, ids, given, theirs, where)
    return SecondOpinion(
        pa.table(
            {
                "id": ids[rows],
                GIVEN: given[rows],
                **{name: audit.labels[name].take(pa.array(rows)) for name in ("verdict", "p_mislabelled")},
                "suggested_label": names[audit.column("suggested_label")][rows],
                FLAG: _flags(table[FLAG], where),
                "label_score": table[score].cast(pa.float64()),
                PREDICTED: _names(table, PREDICTED, audit.info.class_names),
            }
        )
    )


def _of_frame(frame: Any) -> pa.Table:
    """A pandas data frame as a table, with its index where that is called `id`."""
    if not hasattr(frame, "columns") or not hasattr(frame, "index"):
        raise DataError(f"{type(frame).__name__} is no table of label issues; wanted is a data frame or a file.")
    return pa.Table.from_pandas(frame, preserve_index=frame.index.name == "id")


def _names(table: pa.Table, name: str, class_names: tuple[str, ...]) -> "NDArray[np.str_] | None":
    """A column of classes as their names; numbers count the classes. All empty where there is none."""
    if name not in table.column_names:
        return np.full(len(table), "")
    texts = texts_of(table[name])
    known = set(class_names)
    if set(texts.tolist()) <= known | {""}:
        return texts
    numbers = [int(text.removesuffix(".0")) if text.removesuffix(".0").isdecimal() else -1 for text in texts.tolist()]
    return np.array(
        [class_names[one] if 0 <= one < len(class_names) else text for one, text in zip(numbers, texts, strict=True)]
    )


def _rows(
    table: pa.Table, ids: NDArray[np.str_], given: NDArray[np.str_], theirs: "NDArray[np.str_] | None", where: str
) -> NDArray[np.int64]:
    """The audit's row of each row of the table."""
    assert theirs is not None
    if "id" in table.column_names:
        row_of = {example: row for row, example in enumerate(ids.tolist())}
        wanted = texts_of(table["id"]).tolist()
        unknown = [example for example in wanted if example not in row_of]
        if not unknown:
            return np.array([row_of[example] for example in wanted], dtype=np.int64)
        raise DataError(
            f"{where}: {unknown[0]!r} is no id of the audit ({len(unknown):,} such rows; ids there look like "
            f"{ids[0]!r})."
        )
    labelled = np.flatnonzero(given != "")
    for rows in (np.arange(len(ids)), labelled):
        if len(rows) == len(table) and np.mean(theirs == given[rows]) >= FEWEST_ALIKE:
            return rows
    raise DataError(
        f"{where} has no ids, and its {len(table):,} given labels are not those of the audit's {len(ids):,} examples "
        "in their order. Give it a column 'id', or judge the same data."
    )


def _flags(column: pa.ChunkedArray, where: str) -> pa.Array:
    if column.null_count:
        row = int(pc.index(column.is_null(), True).as_py())
        raise DataError(f"{where}: row {row} does not say whether it is a label issue ({FLAG} is empty).")
    if pa.types.is_boolean(column.type):
        return column.combine_chunks()
    texts = [text.lower() for text in texts_of(column).tolist()]
    if not set(texts) <= {"true", "false", "1", "0", "1.0", "0.0"}:
        raise DataError(f"{where}: {FLAG} holds something else than true and false.")
    return pa.array([text in ("true", "1", "1.0") for text in texts])
