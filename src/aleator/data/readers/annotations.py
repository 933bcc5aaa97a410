"""Annotations of whole pictures beside them: COCO's JSON (images, annotations, categories), CVAT's XML (tags)."""

import json
import re
from dataclasses import dataclass, replace
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
PARTS = ("images", "annotations", "categories")
"""Of COCO's annotations."""


@dataclass
class _Found:
    """What annotations say of pictures, in order."""

    labels: dict[str, str | None]
    """By picture, as it is written."""
    names: tuple[str, ...]
    """Of the classes."""
    ids: dict[str, str]
    """Those that `aleator export` wrote, by picture."""
    splits: dict[str, str]
    """By picture, where the file says it."""


def knows(path: Path) -> bool:
    """Such a file, or a folder with one, or with one for each split."""
    return any(map(_is_one, _files(path)))


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the pictures' paths, or those that `aleator export` wrote. Raises DataError where a picture has
    several labels."""
    root = path if path.is_dir() else path.parent
    files = [file for file in _files(path) if _is_one(file)]
    parts = [_read(file) for file in files]
    told = [number for number, part in enumerate(parts) if any(label is not None for label in part.labels.values())]
    if told:  # a file of COCO's may name pictures only
        files, parts = [files[number] for number in told], [parts[number] for number in told]
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    rows = []
    for file, part in zip(files, parts, strict=True):
        below = _folder_of_pictures(file, root, next(iter(part.labels)))
        split = _split_of(file, root) if len(files) > 1 else ""
        for picture, label in part.labels.items():
            split_of = part.splits.get(picture, split)
            example = part.ids.get(picture, below + picture)
            rows.append({"path": below + picture, "label": label, "split": split_of, "id": example})
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in ("path", "label", "split", "id")}
    if not any(row["split"] for row in rows):
        del columns["split"]
    ids = [row["id"] for row in rows]
    if len(set(ids)) < len(ids) or not any(part.ids for part in parts):
        del columns["id"]
    asked = options if options.names is not None or not names else options.but(ReadOptions(class_names=names))
    kind = "CVAT's tags" if files[0].suffix.lower() == ".xml" else "COCO's annotations"
    form = f"{kind} in {listed(file.relative_to(root) for file in files)} ({listed(names)})"
    dataset = dataset_of_table(pa.table(columns), files[0], root, asked, HowRead(form))
    return replace(dataset, path=str(path), name=path.stem if path.is_file() else path.resolve().name)


def _read(file: Path) -> _Found:
    try:
        rows, found = _cvat(file) if file.suffix.lower() == ".xml" else _coco(file)
    except (OSError, ValueError, KeyError, TypeError, expat.ExpatError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file} cannot be read as annotations of pictures: {error}") from error
    for picture, label in rows:
        known = found.labels.setdefault(picture, label)
        if label is not None and known is None:
            found.labels[picture] = label
        elif label is not None and known != label:
            raise DataError(
                f"{file}: {short(picture)!r} has the labels {known!r} and {label!r}; one label for an example is what "
                "is audited. Keep one, or leave such pictures out."
            )
    if not found.labels:
        raise DataError(f"{file} names no pictures.")
    return found


def _folder_of_pictures(file: Path, root: Path, first: str) -> str:
    """Where the pictures that a file names lie, relative to the root: beside it, or in `images/` there. What is nowhere
    of these is looked for by its name."""
    for folder in (file.parent, file.parent / "images"):
        if (folder / first).is_file():
            below = folder.relative_to(root).as_posix()
            return "" if below == "." else f"{below}/"
    return ""


def _split_of(file: Path, root: Path) -> str:
    """`train` of `train/_annotations.coco.json` and of `annotations/instances_train2017.json`."""
    if file.name in FILES:
        return "" if file.parent == root else file.parent.name
    return re.sub(r"^(instances|labels|captions|annotations?|image_info)[_-]|\d{4}$", "", file.stem)


def _files(path: Path) -> list[Path]:
    """The files that may be annotations: the path itself, one in the folder, one in each of its folders, those in
    `annotations/`, or any XML in the folder."""
    if not path.is_dir():
        return [path] if path.is_file() and path.suffix.lower() in (".json", ".xml") else []
    for folders in ([path], sorted(one for one in path.iterdir() if one.is_dir())):
        found = [file for folder in folders for name in FILES if (file := folder / name).is_file()]
        if found:
            return found
    found = sorted(file for file in (path / "annotations").glob("*") if file.suffix.lower() in (".json", ".xml"))
    return found or sorted(file for file in path.iterdir() if file.suffix.lower() == ".xml")


def _is_one(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            head = content.read(HEAD).decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    except OSError:
        return False
    if file.suffix.lower() == ".xml":
        return "<annotations" in head
    found = set(re.findall(r'"(images|annotations|categories)"\s*:', head))
    whole = file.stat().st_size <= HEAD
    return head.startswith("{") and (len(found) == len(PARTS) if whole else bool(found))


Rows = list[tuple[str, str | None]]


def _coco(file: Path) -> tuple[Rows, _Found]:
    content: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    pictures = {image["id"]: str(image["file_name"]) for image in content["images"]}
    used = {annotation["category_id"] for annotation in content["annotations"]}
    unknown = sorted(used - names.keys(), key=str)
    if unknown:
        raise DataError(f"{file}: the category {unknown[0]!r} is used, and is none of its categories.")
    rows: Rows = [(name, None) for name in pictures.values()]
    rows += [(pictures[one["image_id"]], names[one["category_id"]]) for one in content["annotations"]]
    # Roboflow's first category is a group of the others, which nothing is labelled with.
    groups = {str(category.get("supercategory")) for category in content["categories"]}
    kept = [name for number, name in names.items() if number in used or name not in groups]
    ids = {str(image["file_name"]): str(image["aleator_id"]) for image in content["images"] if "aleator_id" in image}
    return rows, _Found({}, tuple(dict.fromkeys(kept)), ids, {})


def _cvat(file: Path) -> tuple[Rows, _Found]:
    """By expat, without entities: a file cannot make itself large, nor read others."""
    rows: Rows = []
    names: list[str] = []
    ids: dict[str, str] = {}
    splits: dict[str, str] = {}
    where: list[str] = []
    attribute: list[str] = []
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        where.append(tag)
        text.clear()
        if tag == "image":
            rows.append((attributes["name"], None))
            if "subset" in attributes:
                splits[attributes["name"]] = attributes["subset"]
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
    return rows, _Found({}, tuple(dict.fromkeys(names)), ids, splits)
