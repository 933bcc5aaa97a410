"""`aleator inspect`."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import READING, Json, app
from aleator.cli.audit import DATA
from aleator.console import print_overview
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.progress import display


@app.command
def inspect(
    data: Annotated[Path, Parameter(help=DATA)],
    /,
    *,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    pictures: Path | None = None,
    force: Annotated[bool, Parameter(help="Replace a file of pictures that is there already.")] = False,
    json_output: Json = False,
) -> None:
    """Show how DATA are read, and compute nothing: the form, classes, splits, some rows, and what is passed over.

    Parameters
    ----------
    pictures
        Write a contact sheet to this file: as .html a page with all that is told here and some examples of each class,
        of any kind; as .png, .jpg or .webp a line of pictures for each class.
    """
    with display(log=True) as progress:
        from aleator.data import read_dataset
        from aleator.data.overview import overview_of, write_contact_sheet
        from aleator.records import to_json
        from aleator.report.inspection import write_inspection

        dataset = read_dataset(data, reading, learnable=False, progress=progress)
        overview = overview_of(dataset)
        if pictures is not None and pictures.suffix.lower() in (".html", ".htm"):
            write_inspection(dataset, overview, pictures, force=force)
        elif pictures is not None:
            write_contact_sheet(dataset, pictures, force=force)
    if json_output:
        print(json.dumps(to_json(overview), ensure_ascii=False))
    else:
        print_overview(overview, pictures)
