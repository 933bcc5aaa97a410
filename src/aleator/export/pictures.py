"""Data sets of picture files: an ImageFolder with metadata, FiftyOne's folder, Label Studio's tasks."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from aleator.data.cells import safe_cell
from aleator.data.sources import FeatureArray, ImageFiles
from aleator.decisions.label_studio import annotation, choice, labelling_page
from aleator.errors import DataError
from aleator.export.corrected import Corrected
from aleator.files import sync, sync_all, unfinished_beside, write_json


def export_image_folder(corrected: Corrected, output: Path) -> None:
    """Hugging Face's ImageFolder: `class/picture` and `metadata.csv`, which always has a `label` column: without
    one, a metadata file makes the readers drop the folders' names."""

    def write(folder: Path) -> None:
        with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file_name", "label", "given_label", "label_from", "decision", "id"])
            for row in np.flatnonzero(corrected.label >= 0).tolist():
                label = corrected.name_of(int(corrected.label[row]))
                name = f"{plain_name(label)}/{_copy(corrected, row, folder / plain_name(label))}"
                given = corrected.name_of(int(corrected.examples.given[row]))
                cells = [label, given, str(corrected.label_from[row]), str(corrected.decision[row])]
                # The name is a path that readers open, so it is made harmless, not escaped.
                writer.writerow([name, *map(safe_cell, [*cells, corrected.examples.id(row)])])

    _whole_folder(output, write)


def export_fiftyone(corrected: Corrected, output: Path) -> None:
    """FiftyOne's image classification data set: `data/` and `labels.json` (`classes`, and `labels` by file stem)."""

    def write(folder: Path) -> None:
        labels = {}
        for row in range(len(corrected)):
            name = _copy(corrected, row, folder / "data")
            label = int(corrected.label[row])
            labels[Path(name).stem] = label if label >= 0 else None
        write_json(folder / "labels.json", {"classes": list(corrected.examples.class_names), "labels": labels})

    _whole_folder(output, write)


def export_label_studio(corrected: Corrected, output: Path) -> None:
    """Label Studio: `tasks.json` with predictions (the audit) and annotations (people), `config.xml` for the
    project's labelling page, and `pictures/`, to be served as local files from the folder that holds `output`."""

    def write(folder: Path) -> None:
        (folder / "config.xml").write_text(labelling_page(corrected.examples.class_names), encoding="utf-8")
        tasks = []
        for row in range(len(corrected)):
            picture = _copy(corrected, row, folder / "pictures")
            tasks.append(_task(corrected, row, f"/data/local-files/?d={output.name}/pictures/{picture}"))
        write_json(folder / "tasks.json", tasks)

    _whole_folder(output, write)


def _task(corrected: Corrected, row: int, address: str) -> dict[str, Any]:
    examples, id = corrected.examples, corrected.examples.id(row)
    task: dict[str, Any] = {
        "data": {
            "image": address,
            "id": id,
            "source": examples.source_name(row),
            "given_label": corrected.name_of(int(examples.given[row])),
        },
        "predictions": [],
        "annotations": [],
    }
    if examples.audit is not None:
        task["predictions"].append(
            {
                "model_version": f"aleator {examples.audit.info.aleator_version}",
                # Label Studio sorts by it, lowest confidence first: so the least trusted labels come first.
                "score": examples.audit.labels["label_quality"][row].as_py(),
                "result": [choice([examples.audit.labels["suggested_label"][row].as_py()])],
            }
        )
    task["annotations"] += [annotation(decision) for _, decision in sorted(corrected.log.standing(id).items())]
    return task


def plain_name(text: str) -> str:
    """A name for a file or a folder, whatever the text says: no separators, no dots in front, never empty."""
    plain = re.sub(r"[^\w .+()-]", "_", text).strip(" .")
    return plain[:100] or "_"


def _copy(corrected: Corrected, row: int, folder: Path) -> str:
    """Put the example's picture into the folder, under its row and its own name. Returns the file's name."""
    examples = corrected.examples
    source, place = examples.source, int(examples.source_row[row])
    if isinstance(source, FeatureArray):
        raise DataError("These examples are feature vectors, not pictures; export them as csv or parquet.")
    folder.mkdir(exist_ok=True)
    if isinstance(source, ImageFiles):
        original = source.root / source.paths[place]
        name = f"{row:07}-{plain_name(original.name)}"
        shutil.copyfile(original, folder / name)
        return name
    name = f"{row:07}.png"
    source.load(place).save(folder / name)
    return name


def _whole_folder(output: Path, write: Callable[[Path], object]) -> None:
    """A folder that appears whole or not at all."""
    beside = unfinished_beside(output)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        write(beside)
        sync_all(beside)
        beside.rename(output)
        sync(output.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
