"""Hugging Face's ImageFolder: a folder for each class and a table beside them."""

import json
from pathlib import Path

import numpy as np

from aleator.export.corrected import Corrected
from aleator.export.pictures import copy_picture, folder_names, whole_folder


def export_image_folder(corrected: Corrected, output: Path) -> None:
    """`class/picture` and `metadata.jsonl`, with the classes' own names in `label`: not each can be a folder's name,
    and beside a table without it readers drop the folders' names. JSON lines, in which text needs no escaping."""

    def write(folder: Path) -> None:
        names = folder_names(corrected.examples.class_names)
        groups = {name: column.to_pylist() for name, column in corrected.groups().items()}
        with (folder / "metadata.jsonl").open("w", encoding="utf-8") as file:
            for row in np.flatnonzero(corrected.label >= 0).tolist():
                label = corrected.name_of(int(corrected.label[row]))
                line = {
                    "file_name": f"{names[label]}/{copy_picture(corrected, row, folder / names[label])}",
                    "label": label,
                    "given_label": corrected.name_of(int(corrected.examples.given[row])),
                    "label_from": str(corrected.label_from[row]),
                    "decision": str(corrected.decision[row]),
                    "id": corrected.examples.id(row),
                    **{name: column[row] for name, column in groups.items()},
                }
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    whole_folder(output, write)
