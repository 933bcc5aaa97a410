"""FiftyOne's image classification folder: `data/` and `labels.json` (`classes`, and `labels` by file stem)."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.table import dataset_of_table
from aleator.errors import DataError

FORM = "FiftyOne's classification folder (data/ and labels.json)"


def knows(path: Path) -> bool:
    """A folder with both."""
    return path.is_dir() and (path / "labels.json").is_file() and (path / "data").is_dir()


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the pictures' paths, or those that `aleator export` wrote. Raises DataError where `labels.json`
    is of another form."""
    file = path / "labels.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}") from error
    labels = content.get("labels") if isinstance(content, dict) else None
    if not isinstance(labels, dict) or not labels:
        raise DataError(f"{file} has no 'labels' by the pictures' names; FiftyOne writes classes and labels.")
    classes = content.get("classes")
    names = tuple(map(str, classes)) if isinstance(classes, list) and classes else None
    values = [_name(label, names, example, file) for example, label in labels.items()]
    file_of = {one.stem: one.name for one in sorted((path / "data").iterdir())}
    files = [f"data/{file_of.get(example, example)}" for example in labels]
    table = pa.table({"path": files, "label": pa.array(values, pa.string())})
    ids = _exported_ids(path)
    if set(files) <= set(ids):
        table = table.append_column("id", pa.array([ids[one] for one in files], pa.string()))
    # Names that occur nowhere keep their place.
    asked = options if options.names is not None or names is None else options.but(ReadOptions(class_names=names))
    return dataset_of_table(table, path, path, asked, HowRead(FORM))


def _exported_ids(path: Path) -> dict[str, str]:
    """The ids that `aleator export` wrote beside, by file; empty where there are none."""
    try:
        lines = (path / "samples.jsonl").read_text(encoding="utf-8").splitlines()
        samples = [json.loads(line) for line in lines]
        return {str(one["file"]): str(one["aleator_id"]) for one in samples}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _name(label: Any, names: tuple[str, ...] | None, example: str, file: Path) -> str | None:
    if isinstance(label, dict):
        label = label.get("label")
    if label is None or (names is None and isinstance(label, str)):
        return label
    if isinstance(label, str) and names is not None and label in names:
        return label
    if isinstance(label, int) and not isinstance(label, bool) and names is not None and 0 <= label < len(names):
        return names[label]
    raise DataError(f"{file}: the label {label!r} of {example!r} is none of its classes.")
