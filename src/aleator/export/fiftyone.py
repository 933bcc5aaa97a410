"""FiftyOne's folder: what its own importer reads, all that an audit knows beside it, and a program that joins both."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from aleator.audits.labels import COLUMNS, Column, Kind
from aleator.export.corrected import Corrected
from aleator.export.pictures import copy_picture, whole_folder
from aleator.files import write_array, write_json

PROGRAM, ITS_SOURCE = "load.py", Path(__file__).with_name("fiftyone_program.py")
NOT_FIELDS = ("id", "source", "given_label", "suggested_label", "neighbours")
"""Columns of an audit that are written under other names, or hold row numbers."""


def export_fiftyone(corrected: Corrected, output: Path) -> None:
    """`data/` and `labels.json` (`classes`, and `labels` by file stem) are FiftyOne's image classification data set.
    `samples.jsonl`, a line for each picture, and `embeddings.npy` hold the rest, and `load.py` makes sample fields and
    saved views of it, and brings decisions back."""

    def write(folder: Path) -> None:
        labels: dict[str, int | None] = {}
        columns = _audit_columns(corrected)
        columns |= {name: column.to_pylist() for name, column in corrected.groups().items()}
        with (folder / "samples.jsonl").open("w", encoding="utf-8") as file:
            for row in range(len(corrected)):
                name = copy_picture(corrected, row, folder / "data")
                label = int(corrected.label[row])
                labels[Path(name).stem] = label if label >= 0 else None
                sample = {"file": f"data/{name}", **_own_fields(corrected, row)}
                sample |= {column: values[row] for column, values in columns.items()}
                file.write(json.dumps(sample, ensure_ascii=False) + "\n")
        write_json(folder / "labels.json", {"classes": list(corrected.examples.class_names), "labels": labels})
        audit, rows = corrected.examples.audit, corrected.examples.audit_row
        if audit is not None and rows is not None and audit.embeddings.shape[1]:
            write_array(folder / "embeddings.npy", np.asarray(audit.embeddings[rows]))
        shutil.copyfile(ITS_SOURCE, folder / PROGRAM)

    whole_folder(output, write)


def _own_fields(corrected: Corrected, row: int) -> dict[str, Any]:
    examples = corrected.examples
    return {
        "aleator_id": examples.id(row),
        "source": examples.source_name(row),
        "ground_truth": corrected.name_of(int(corrected.label[row])) or None,
        "given_label": corrected.name_of(int(examples.given[row])) or None,
        "label_from": str(corrected.label_from[row]),
        "decision": str(corrected.decision[row]) or None,
        "choices": list(corrected.choices.get(row, ())),
        "reviewers": sorted(corrected.log.standing(examples.id(row))),
    }


def _audit_columns(corrected: Corrected) -> dict[str, list[Any]]:
    """Everything an audit knows of each example, as plain values."""
    audit = corrected.examples.audit
    if audit is None:
        return {}
    columns = {name: audit.labels[name].to_pylist() for name in audit.labels.column_names if name not in NOT_FIELDS}
    scores = [name for name in columns if COLUMNS.get(name, Column(Kind.SCORE)).kind is Kind.SCORE]
    for name in scores:
        columns[name] = [None if value is None else float(f"{value:.7g}") for value in columns[name]]
    suggested = audit.column("suggested_label")
    believed = audit.column("label_distribution")
    confidence = np.asarray(believed[np.arange(len(suggested)), np.maximum(suggested, 0)])
    columns["suggested_label"] = audit.labels["suggested_label"].to_pylist()
    columns["suggested_confidence"] = [float(f"{value:.7g}") for value in confidence]
    return columns
