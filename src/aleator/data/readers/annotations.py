"""Annotations of whole pictures beside them: COCO's JSON (images, annotations, categories), CVAT's XML (tags)."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.table import dataset_of_table
from aleator.data.wording import listed, short
from aleator.errors import DataError

FORM = "COCO's annotations (.json with images, annotations and categories) or CVAT's (.xml), a label for each picture"
FILES = ("annotations.json", "_annotations.coco.json", "annotations.xml")
HEAD = 1 << 16


def knows(path: Path) -> bool:
    """Such a file, or a folder with one."""
    return (file := _file(path)) is not None and _is_one(file)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the pictures' paths, or those that `aleator export` wrote. Raises DataError where a picture has
    several labels."""
    file = _file(path)
    assert file is not None
    try:
        rows, names, ids = _cvat(file) if file.suffix.lower() == ".xml" else _coco(file)
    except (OSError, ValueError, KeyError, TypeError, expat.ExpatError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file} cannot be read as annotations of pictures: {error}") from error
    labels: dict[str, str | None] = {}
    for picture, label in rows:
        known = labels.setdefault(picture, label)
        if label is not None and known is None:
            labels[picture] = label
        elif label is not None and known != label:
            raise DataError(
                f"{file}: {short(picture)!r} has the labels {known!r} and {label!r}; one label for an example is what "
                "is audited. Keep one, or leave such pictures out."
            )
    if not labels:
        raise DataError(f"{file} names no pictures.")
    asked = options if options.names is not None or not names else options.but(ReadOptions(class_names=names))
    first = next(iter(labels))
    below = "images/" if (file.parent / "images" / first).is_file() and not (file.parent / first).is_file() else ""
    table = pa.table({"path": [below + name for name in labels], "label": pa.array(labels.values(), pa.string())})
    if len(set(ids.values())) == len(labels) == len(ids):
        table = table.append_column("id", pa.array([ids[name] for name in labels], pa.string()))
    kind = "CVAT's tags" if file.suffix.lower() == ".xml" else "COCO's annotations"
    form = f"{kind} in {file.name} ({listed(names)})"
    dataset = dataset_of_table(table, file, file.parent, asked, HowRead(form))
    return replace(dataset, path=str(path), name=path.stem if path.is_file() else path.resolve().name)


def _file(path: Path) -> Path | None:
    if path.is_dir():
        return next((path / name for name in FILES if (path / name).is_file()), None)
    return path if path.is_file() and path.suffix.lower() in (".json", ".xml") else None


def _is_one(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            head = content.read(HEAD).decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    except OSError:
        return False
    if file.suffix.lower() == ".xml":
        return "<annotations" in head
    return head.startswith("{") and bool(re.search(r'"(images|annotations|categories)"\s*:', head))


Found = tuple[list[tuple[str, str | None]], tuple[str, ...], dict[str, str]]
"""Picture and label, in order; the classes; and the ids that were exported, by picture."""


def _coco(file: Path) -> Found:
    content: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    pictures = {image["id"]: str(image["file_name"]) for image in content["images"]}
    used = {annotation["category_id"] for annotation in content["annotations"]}
    unknown = sorted(used - names.keys(), key=str)
    if unknown:
        raise DataError(f"{file}: the category {unknown[0]!r} is used, and is none of its categories.")
    rows: list[tuple[str, str | None]] = [(name, None) for name in pictures.values()]
    rows += [(pictures[one["image_id"]], names[one["category_id"]]) for one in content["annotations"]]
    # Roboflow's first category is a group of the others, which nothing is labelled with.
    groups = {str(category.get("supercategory")) for category in content["categories"]}
    kept = [name for number, name in names.items() if number in used or name not in groups]
    ids = {str(image["file_name"]): str(image["aleator_id"]) for image in content["images"] if "aleator_id" in image}
    return rows, tuple(dict.fromkeys(kept)), ids


def _cvat(file: Path) -> Found:
    """By expat, without entities: a file cannot make itself large, nor read others."""
    rows: list[tuple[str, str | None]] = []
    names: list[str] = []
    ids: dict[str, str] = {}
    where: list[str] = []
    attribute: list[str] = []
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        where.append(tag)
        text.clear()
        if tag == "image":
            rows.append((attributes["name"], None))
        elif tag == "tag" and rows:
            rows.append((rows[-1][0], attributes["label"]))
        elif tag == "attribute":
            attribute.append(attributes.get("name", ""))

    def end(tag: str) -> None:
        if where[-3:] == ["image", "tag", "attribute"] and attribute[-1] == "id":
            ids[rows[-1][0]] = "".join(text).strip()
        if where[-3:] == ["labels", "label", "name"]:
            names.append("".join(text).strip())
        where.pop()

    def refuse(*_: object) -> None:
        raise DataError(f"{file} declares entities, which are not read.")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    parser.EntityDeclHandler = refuse
    with file.open("rb") as content:
        parser.ParseFile(content)
    return rows, tuple(dict.fromkeys(names)), ids
