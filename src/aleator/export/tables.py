"""Old and new labels as a table: CSV, Parquet, and cleanlab's columns."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aleator.data.cells import safe_cell
from aleator.data.readers.column_names import EXPORTED_OF_GROUPS
from aleator.data.sources import TableRows, TextArray
from aleator.data.texts import Texts
from aleator.decisions.tables import write_table
from aleator.export.corrected import Corrected
from aleator.files import write_whole


def labels_table(corrected: Corrected) -> pa.Table:
    """One row per example: `id`, `source`, `given_label`, `label` (the new one), `label_from`, `changed`, `decision`,
    `choices` (joined by `|`), `reviewers`, the audit's `suggested_label`, `p_mislabelled` and `verdict`, and what
    belongs together; then the text itself as `text`, or the row's own columns."""
    examples = corrected.examples
    columns: dict[str, object] = {
        "id": examples.ids,
        "source": examples.source_names,
        "given_label": _names(corrected, examples.given),
        "label": _names(corrected, corrected.label),
        "label_from": pa.array(corrected.label_from),
        "changed": pa.array(corrected.label != examples.given),
        "decision": pa.array(corrected.decision, mask=corrected.decision == ""),
        "choices": _sparse(len(corrected), {row: "|".join(names) for row, names in corrected.choices.items()}),
        "reviewers": _sparse(
            len(corrected),
            {row: "|".join(sorted(answers)) for row, answers in corrected.log.answered(examples.row_of)},
        ),
    }
    if examples.audit is not None:
        table = examples.audit.labels
        columns |= {
            "suggested_label": table["suggested_label"].combine_chunks().dictionary_decode(),
            "p_mislabelled": table["p_mislabelled"],
            "verdict": table["verdict"],
        }
    columns |= corrected.groups()
    source = examples.source
    if isinstance(source, TextArray):
        columns["text"] = Texts(source.take(examples.source_row.astype(np.int64)).texts).array
    elif isinstance(source, TableRows):
        own = source.take(examples.source_row.astype(np.int64)).table
        taken = {*columns, *EXPORTED_OF_GROUPS}
        columns |= {f"own {name}" if name in taken else name: own[name] for name in own.column_names}
    return pa.table(columns)


def cleanlab_table(corrected: Corrected) -> pa.Table:
    """cleanlab's columns, in the data's order: `is_label_issue`, `label_quality` (0 bad, 1 fine), `given_label`,
    `predicted_label`. What people decided is certain: quality 0 or 1."""
    examples = corrected.examples
    quality = np.ones(len(corrected))
    issue = np.zeros(len(corrected), dtype=bool)
    predicted = corrected.label.copy()
    if examples.audit is not None:
        quality = np.nan_to_num(1 - examples.audit.column("p_mislabelled").astype(np.float64), nan=1.0)
        issue = examples.audit.column("verdict") == "mistake"
        nobody = corrected.decision == ""
        predicted = np.where(nobody, examples.audit.column("suggested_label"), corrected.label).astype(np.int32)
    decided = corrected.decision != ""
    wrong = (corrected.label != examples.given) | ~corrected.usable
    quality, issue = np.where(decided, ~wrong, quality), np.where(decided, wrong, issue)
    return pa.table(
        {
            "id": examples.ids,
            "is_label_issue": pa.array(issue),
            "label_quality": pa.array(quality),
            "given_label": _names(corrected, examples.given),
            "predicted_label": _names(corrected, predicted),
        }
    )


def write_csv(table: pa.Table, output: Path) -> None:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.column_names)
            for batch in table.to_batches(max_chunksize=10_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    writer.writerow([safe_cell(cell) if isinstance(cell, str) else _plain(cell) for cell in row])

    write_whole(output, write)


def export_csv(corrected: Corrected, output: Path) -> None:
    write_csv(labels_table(corrected), output)


def export_parquet(corrected: Corrected, output: Path) -> None:
    write_whole(output, lambda path: pq.write_table(labels_table(corrected), path, compression="zstd"))


def export_cleanlab(corrected: Corrected, output: Path) -> None:
    write_csv(cleanlab_table(corrected), output)


def export_decisions(corrected: Corrected, output: Path) -> None:
    """The answers that stand, as `aleator judge` and `aleator review --import` read them."""

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_table(file, corrected.log.all_standing())

    write_whole(output, write)


def _names(corrected: Corrected, labels: np.ndarray[tuple[int], np.dtype[np.int32]]) -> pa.Array:
    codes = pa.array(labels, mask=labels < 0)
    return pa.array(corrected.examples.class_names, pa.string()).take(codes)


def _sparse(count: int, texts: dict[int, str]) -> pa.Array:
    values = np.full(count, None, dtype=object)
    for row, text in texts.items():
        values[row] = text
    return pa.array(values, pa.string())


def _plain(cell: object) -> object:
    return str(cell).lower() if isinstance(cell, bool) else f"{cell:.6g}" if isinstance(cell, float) else cell
