"""V7's exports (Darwin JSON): a file for each picture, whose tags are its labels."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.remedies import BOXES
from aleator.data.readers.table import dataset_of_table
from aleator.data.wording import listed
from aleator.errors import DataError

FORM = "V7's tags (Darwin JSON, a file for each picture)"
PLACES = (
    ("*.json",),
    *((f"{place}/*.json", f"{place}/*/*.json") for place in ("annotations", "releases/latest/annotations")),
)
"""Where the files lie in a folder: as they come out of the archive, or as V7's own program lays them down."""
HEAD, LARGEST = 1 << 16, 64 << 20
OF_COCO = (b'"categories"', b'"images"')


def knows(path: Path) -> bool:
    """Such a file, or a folder with them."""
    first = next(_files(path), None) if path.is_dir() else path
    return first is not None and first.suffix.lower() == ".json" and _is_one(first)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the pictures' paths. Raises DataError where a picture has several tags, or none has one."""
    if not path.is_dir():
        raise DataError(f"{path} is what V7 (Darwin) says of one picture; name the folder of all such files.")
    rows: list[dict[str, str]] = []
    other = set[str]()
    for file in _files(path):
        content = _content(file)
        if content is None:
            raise DataError(f"{file} is no Darwin JSON, as the files beside it are; take it out of the folder.")
        tags = sorted({str(one["name"]) for one in content["annotations"] if "tag" in one})
        other |= {
            kind for one in content["annotations"] for kind in ("bounding_box", "polygon", "frames") if kind in one
        }
        if len(tags) > 1:
            raise DataError(
                f"{file}: the picture has the tags {listed(map(repr, tags))}; one label for an example is what is "
                "audited. Keep one, or leave such pictures out."
            )
        rows.append({"path": _picture(content), "label": tags[0] if tags else ""})
    if not any(row["label"] for row in rows):
        raise DataError(f"{path} {BOXES % 'V7'}." if other else f"{path}: no picture has a tag (V7, Darwin JSON).")
    below = "images/" if (path / "images" / rows[0]["path"]).is_file() else ""
    table = pa.table(
        {
            "path": pa.array([below + row["path"] for row in rows], pa.string()),
            "label": pa.array([row["label"] or None for row in rows], pa.string()),
        }
    )
    said = "Only tags are labels; boxes and outlines are not used." if other else ""
    how = HowRead(f"V7's tags (Darwin JSON) of {len(rows):,} pictures").with_said(said)
    dataset = dataset_of_table(table, path, path, options, how)
    return replace(dataset, path=str(path), name=path.resolve().name)


def _files(folder: Path) -> Iterator[Path]:
    """In their order; of the first place that has any."""
    found = (sorted(chain.from_iterable(folder.glob(one) for one in patterns)) for patterns in PLACES)
    return iter(next((files for files in found if files and _is_one(files[0])), []))


def _is_one(file: Path) -> bool:
    if not file.is_file() or file.stat().st_size > LARGEST:
        return False
    with file.open("rb") as content:
        head = content.read(HEAD)
    return not any(name in head for name in OF_COCO) and _content(file) is not None


def _content(file: Path) -> Any:
    """What a file says; None where it is none of these."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        fits = isinstance(content["annotations"], list) and bool(_picture(content))
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return content if fits else None


def _picture(content: Any) -> str:
    """The path of the picture in the data set: of version 2, or of version 1."""
    if "item" in content:
        item, name = content["item"], content["item"]["slots"][0]["source_files"][0]["file_name"]
        name = item.get("name") or name
    else:
        item, name = content["image"], content["image"]["filename"]
    return f"{str(item.get('path') or '/').strip('/')}/{name}".strip("/")
