"""Reviewers' decisions from a table: `id`, `label`, and optionally `decision`, `reviewer`, `time`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.data.cells import plain_cell
from aleator.data.readers.options import find_column
from aleator.data.readers.table import ID_COLUMNS, texts_of
from aleator.data.readers.tables import read_table
from aleator.errors import DataError
from aleator.verdicts.reviews import Reviews

LABEL_COLUMNS = ("label", "decided_label", "answer", "reviewed_label", "class")
REVIEWER_COLUMNS = ("reviewer", "annotator", "completed_by", "user")
UNUSABLE = "unusable"
SEPARATOR = "|"
"""Between the classes that an ambiguous example lies between."""


def read_decisions(path: str | Path, ids: NDArray[np.str_], class_names: tuple[str, ...]) -> Reviews:
    """Read decisions for examples with these ids.

    `label` is a class's name or number; several joined by `|` say that the example lies between them. Where
    `decision` is `unusable`, or the label is empty, the example is not usable. Of several decisions by one reviewer
    on an example the latest `time` stands; without times they must agree.

    Raises DataError naming the row of an unknown id or class, and of a decision that contradicts an earlier one.
    """
    path = Path(path)
    table = read_table(path, (*ID_COLUMNS, *LABEL_COLUMNS, *REVIEWER_COLUMNS, "decision", "time"))
    names = table.column_names
    id_column = find_column(names, ID_COLUMNS, None, str(path))
    label_column = find_column(names, LABEL_COLUMNS, None, str(path))
    if id_column is None or label_column is None:
        raise DataError(f"{path} needs the columns id and label; it has {', '.join(names)}.")

    def texts(column: str | None, otherwise: str = "") -> list[str]:
        if column is None:
            return [otherwise] * table.num_rows
        return [plain_cell(text) for text in texts_of(table[column]).tolist()]

    row_of = {str(example): row for row, example in enumerate(ids)}
    class_of = {name: label for label, name in enumerate(class_names)}
    class_of = {str(label): label for label in range(len(class_names))} | class_of
    reviewers = texts(find_column(names, REVIEWER_COLUMNS, None, str(path)), "reviewer")
    times = texts("time" if "time" in names else None)
    kinds = texts("decision" if "decision" in names else None)
    standing: dict[tuple[str, int], tuple[str, tuple[int, ...], int]] = {}
    columns = zip(texts(id_column), texts(label_column), kinds, reviewers, times, strict=True)
    for number, (example, label, kind, reviewer, time) in enumerate(columns):
        row = row_of.get(example)
        if row is None:
            raise DataError(f"{path}, row {number}: {example!r} is no id of the audit (ids look like {ids[0]!r}).")
        chosen = () if kind.lower() == UNUSABLE or not label else tuple(sorted(_classes(label, class_of, path, number)))
        earlier = standing.get((reviewer, row))
        if earlier is not None and earlier[1] != chosen and (not time or time == earlier[0]):
            raise DataError(
                f"{path}, row {number}: {reviewer!r} decides {example!r} differently than in row {earlier[2]}; keep "
                "one of the two, or add a column 'time', of which the latest stands."
            )
        if earlier is None or time >= earlier[0]:
            standing[reviewer, row] = (time, chosen, number)
    known = sorted({reviewer for reviewer, _ in standing})
    answer = np.zeros((len(standing), len(class_names)))
    for decision, (_, chosen, _) in enumerate(standing.values()):
        answer[decision, list(chosen)] = 1 / max(1, len(chosen))
    return Reviews(
        np.array([row for _, row in standing], dtype=np.int64),
        answer,
        np.array([known.index(reviewer) for reviewer, _ in standing], dtype=np.int64),
        tuple(known),
    )


def _classes(label: str, class_of: dict[str, int], path: Path, number: int) -> set[int]:
    if label in class_of:
        return {class_of[label]}
    parts = [part.strip() for part in label.split(SEPARATOR)]
    unknown = [part for part in parts if part not in class_of]
    if unknown:
        raise DataError(f"{path}, row {number}: {unknown[0]!r} is no class ({', '.join(class_of)}).")
    return {class_of[part] for part in parts}
