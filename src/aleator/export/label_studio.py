"""Label Studio's tasks: the audit as predictions, what people decided as annotations, and how pictures are served."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from aleator.data.sources import TableRows, TextArray
from aleator.decisions.label_studio import ID, KNOWN, SHOWN, annotation, choice, known_as_text, labelling_page
from aleator.errors import DataError
from aleator.export.corrected import Corrected
from aleator.export.pictures import copy_picture, whole_folder
from aleator.files import write_json


def export_label_studio(corrected: Corrected, output: Path) -> None:
    """Label Studio: `tasks.json` with predictions (the audit) and annotations (people), `config.xml` for the
    project's labelling page, and a `README.txt` that says how they are imported. Pictures are in `pictures/`, to be
    served as local files from the folder that holds `output`; texts and rows of tables are in the tasks."""
    kind = corrected.examples.source.kind
    if kind not in SHOWN:
        raise DataError(f"These examples are {kind}, and no pictures that people could label; export them as csv.")

    def write(folder: Path) -> None:
        (folder / "config.xml").write_text(labelling_page(corrected.examples.class_names, kind), encoding="utf-8")
        how = HOW_TO_IMPORT_PICTURES if kind == "images" else HOW_TO_IMPORT
        text = (how + HOW_TO_BRING_BACK).format(name=output.name, root=output.absolute().parent)
        (folder / "README.txt").write_text(text, encoding="utf-8")
        tasks = [
            _task(corrected, row, {SHOWN[kind][1]: _shown(corrected, row, folder, output.name)})
            for row in range(len(corrected))
        ]
        write_json(folder / "tasks.json", tasks)

    whole_folder(output, write)


def _shown(corrected: Corrected, row: int, folder: Path, name: str) -> Any:
    """What the page shows: a picture's address, a text, or a row's cells."""
    source, place = corrected.examples.source, int(corrected.examples.source_row[row])
    if isinstance(source, TextArray):
        return source.load(place)
    if isinstance(source, TableRows):
        return source.cells(place)
    picture = copy_picture(corrected, row, folder / "pictures")
    # Quoted: in an address a plus is a space, and an ampersand ends the name.
    return f"/data/local-files/?d={quote(f'{name}/pictures/{picture}')}"


HOW_TO_IMPORT_PICTURES = """\
For Label Studio 1.8 or newer.

1. Pictures are served from this folder where it is. Start Label Studio with
     LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true
     LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={root}
2. Create a project. Settings, Labeling Interface, Code: paste config.xml.
3. Settings, Cloud Storage, Add Source Storage, Local Files, with the absolute local path
     {root}/{name}/pictures
   Add it, but do not sync: it only permits the project to show these pictures.
4. Import tasks.json.
"""
HOW_TO_IMPORT = """\
For Label Studio 1.8 or newer.

1. Create a project. Settings, Labeling Interface, Code: paste config.xml.
2. Import tasks.json.
"""
HOW_TO_BRING_BACK = """
To bring decisions back, export as JSON, JSON-MIN or CSV, and give Aleator the file: --import or --reviewed.
Exports hold reviewers as numbers. With what /api/users answers in a file users.json beside the export they are e-mails:
  curl -H "Authorization: Token YOUR_TOKEN" ADDRESS/api/users > users.json
What people had decided before is in each task's aleator_decisions; it comes back as what it was, and counts once.
"""


def _task(corrected: Corrected, row: int, shown: dict[str, Any]) -> dict[str, Any]:
    examples, id, kind = corrected.examples, corrected.examples.id(row), corrected.examples.source.kind
    known = [decision for _, decision in sorted(corrected.log.standing(id).items())]
    data: dict[str, Any] = {
        **shown,
        ID: id,
        "source": examples.source_name(row),
        "given_label": corrected.name_of(int(examples.given[row])),
        KNOWN: known_as_text(known),
    }
    predictions = []
    if examples.audit is not None:
        said = {name: examples.audit.labels[name][row].as_py() for name in SAID}
        data |= {name: said[name] for name in ("verdict", "p_mislabelled", "suggested_label")}
        prediction = {
            "model_version": f"aleator {examples.audit.info.aleator_version}",
            "result": [choice([said["suggested_label"]], kind)],
        }
        # Label Studio sorts by it, lowest confidence first: so the least trusted labels come first.
        predictions.append(prediction | ({} if said["label_quality"] is None else {"score": said["label_quality"]}))
    return {"data": data, "predictions": predictions, "annotations": [annotation(decision, kind) for decision in known]}


SAID = ("verdict", "p_mislabelled", "suggested_label", "label_quality")
