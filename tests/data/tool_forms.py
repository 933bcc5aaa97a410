"""Exports of labelling tools that nest what they say: Labelbox's and V7's; see `forms.py`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aleator.data.options import ReadOptions
from tests.data.forms import TOOLS, TWO, Form, labels_of, named, pictures_in
from tests.data.text_forms import MANY, SENTENCES, TEXTS

LIGHT = ["day", "day", "night"] * 4
BOX = {"name": "cat", "bounding_box": {"x": 1, "y": 1, "w": 5, "h": 5}}


def label_of(*answers: tuple[str, str], by: str = "ann@x.org", boxes: bool = False) -> dict[str, Any]:
    """What one person said of an example in Labelbox, by question."""
    chosen = [{"name": name, "value": name, "radio_answer": {"name": one, "value": one}} for name, one in answers]
    drawn = [{"name": "box", "annotation_kind": "ImageBoundingBox", "bounding_box": {"top": 1, "left": 1}}]
    return {
        "label_kind": "Default",
        "label_details": {"created_by": by},
        "annotations": {"objects": drawn if boxes else [], "classifications": chosen},
    }


def labelbox(
    labels: Sequence[list[dict[str, Any]]], contents: Sequence[str] = (), projects: Sequence[str] = ("p1",)
) -> Callable[[Path], Path]:
    """An export: the contents are texts, without them there are pictures."""

    def write(root: Path) -> Path:
        rows = []
        if not contents:
            pictures_in(root)
        for number, several in enumerate(labels):
            data = {"id": f"cl{number}", "row_data": contents[number] if contents else f"https://x.org/{number}.png"}
            data |= {} if contents else {"external_id": named()[number]}
            project = projects[number % len(projects)]
            rows.append({"data_row": data, "projects": {project: {"name": "pets", "labels": several}}})
        (root / "export.ndjson").write_text("\n".join(map(json.dumps, rows)) + "\n")
        return root / "export.ndjson"

    return write


def older_labelbox(root: Path) -> Path:
    pictures_in(root)
    rows = [
        {
            "ID": f"l{number}",
            "DataRow ID": f"cl{number}",
            "Labeled Data": f"https://x.org/{name}?token=1",
            "Label": {"objects": [], "classifications": [{"title": "animal", "answer": {"title": label}}]},
            "Created By": "ann@x.org",
            "External ID": name,
        }
        for number, (name, label) in enumerate(zip(named(), labels_of(), strict=True))
    ]
    (root / "export.json").write_text(json.dumps(rows))
    return root / "export.json"


def darwin(*more: dict[str, Any], tags: bool = True, version: int = 2, one: bool = False) -> Callable[[Path], Path]:
    """An export of V7; the first picture has `more` annotations too."""

    def write(root: Path) -> Path:
        pictures_in(root / "images")
        (root / "annotations").mkdir()
        for number, (name, label) in enumerate(zip(named(), labels_of(), strict=True)):
            said = [{"id": f"a{number}", "name": label, "tag": {}}] if tags else []
            slot = {"type": "image", "slot_name": "0", "source_files": [{"file_name": name}]}
            content = {"item": {"name": name, "path": "/", "slots": [slot]}, "version": "2.0"}
            if version == 1:
                content = {"image": {"filename": name, "path": "/"}, "dataset": "pets"}
            content["annotations"] = said + (list(more) if number == 0 else [])
            (root / "annotations" / f"{name[:-4]}.json").write_text(json.dumps(content))
        return root / "annotations" / "p000.json" if one else root

    return write


FORMS = (
    Form(
        TOOLS,
        "Labelbox: an export (NDJSON)",
        labelbox([[label_of(("animal", label))] for label in labels_of()]),
        TWO,
        "Read as a table with paths in 'path'",
    ),
    Form(
        TOOLS,
        "Labelbox: several people's labels",
        labelbox(
            [
                [label_of(("animal", one), by=who) for who, one in zip("xyz", (label, label, "dog"), strict=True)]
                for label in labels_of()
            ]
        ),
        TWO,
        "36 rows are answers of several people .column 'annotator'. for 12 pictures: the given label is the answer",
    ),
    Form(
        TOOLS,
        "Labelbox: pictures that nobody labelled",
        labelbox([[label_of(("animal", label))] if row else [] for row, label in enumerate(labels_of())]),
        TWO | {"cat": 5},
        round_trip="coco",
    ),
    Form(
        TOOLS,
        "Labelbox: several questions",
        labelbox(
            [[label_of(("animal", label), ("light", light))] for label, light in zip(labels_of(), LIGHT, strict=True)]
        ),
        None,
        "no column of labels; it has id, path, animal, light. Name it with --label-column",
    ),
    Form(
        TOOLS,
        "the same, with `--label-column animal`",
        labelbox(
            [[label_of(("animal", label), ("light", light))] for label, light in zip(labels_of(), LIGHT, strict=True)]
        ),
        TWO,
        options=ReadOptions(label_column="animal"),
    ),
    Form(
        TOOLS,
        "Labelbox: boxes",
        labelbox([[label_of(boxes=True)] for _ in labels_of()]),
        None,
        "is a data set of boxes in pictures .Labelbox.",
    ),
    Form(
        TOOLS,
        "Labelbox: several projects",
        labelbox([[label_of(("animal", label))] for label in labels_of()], projects=("p1", "p2")),
        None,
        "several projects of Labelbox .p1, p2., which may ask other questions; export one",
    ),
    Form(TOOLS, "Labelbox: JSON of an older version", older_labelbox, TWO, "Read as a table with paths in 'path'"),
    Form(
        TEXTS,
        "Labelbox: texts",
        labelbox([[label_of(("animal", label))] for label in labels_of(40)], SENTENCES),
        MANY,
        "Read as texts in 'text'",
    ),
    Form(
        TEXTS,
        "Labelbox: texts that are elsewhere",
        labelbox(
            [[label_of(("animal", label))] for label in labels_of()], [f"https://x.org/{n}.txt" for n in range(12)]
        ),
        None,
        "the row 'cl0' of Labelbox is no picture, and its content is not in the file .https://x.org/0.txt.",
    ),
    Form(
        TOOLS,
        "V7: tags (Darwin JSON, `annotations/0.json` and `images/0.png`)",
        darwin(),
        TWO,
        "Read as V7's tags .Darwin JSON. of 12 pictures",
    ),
    Form(TOOLS, "V7: tags of version 1", darwin(version=1), TWO, "Read as V7's tags .Darwin JSON. of 12 pictures"),
    Form(TOOLS, "V7: tags, and a box", darwin(BOX), TWO, "Only tags are labels; boxes and outlines are not used"),
    Form(TOOLS, "V7: boxes", darwin(BOX, tags=False), None, "is a data set of boxes in pictures .V7."),
    Form(
        TOOLS,
        "V7: a picture with two tags",
        darwin({"name": "dog", "tag": {}}),
        None,
        "p000.json: the picture has the tags 'cat', 'dog'; one label for an example",
    ),
    Form(TOOLS, "V7: one of its files", darwin(one=True), None, "name the folder of all such files"),
)
