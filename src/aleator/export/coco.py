"""Pictures with `annotations.json` in COCO's form: images, categories, and an annotation for each image."""

from pathlib import Path
from typing import Any

from aleator.export.corrected import Corrected
from aleator.export.pictures import copy_picture, picture_size, whole_folder
from aleator.files import write_json


def export_coco(corrected: Corrected, output: Path) -> None:
    """`images/` and `annotations.json`. An annotation is of the whole picture: it has no box. Categories count from 1,
    as COCO's do; what was given and decided is in `attributes`."""

    def write(folder: Path) -> None:
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        groups = {name: column.to_pylist() for name, column in corrected.groups().items()}
        for row in range(len(corrected)):
            name = copy_picture(corrected, row, folder / "images")
            width, height = picture_size(corrected, row)
            example = corrected.examples.id(row)
            image = {"id": row + 1, "file_name": name, "width": width, "height": height, "aleator_id": example}
            images.append(image | {name: column[row] for name, column in groups.items()})
            label = int(corrected.label[row])
            if label < 0:
                continue
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": row + 1,
                    "category_id": label + 1,
                    "attributes": {
                        "id": example,
                        "given_label": corrected.name_of(int(corrected.examples.given[row])),
                        "label_from": str(corrected.label_from[row]),
                        "decision": str(corrected.decision[row]),
                    },
                }
            )
        names = corrected.examples.class_names
        categories = [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(names, 1)]
        write_json(
            folder / "annotations.json",
            {
                "info": {"description": corrected.examples.name},
                "licenses": [],
                "images": images,
                "categories": categories,
                "annotations": annotations,
            },
        )

    whole_folder(output, write)
