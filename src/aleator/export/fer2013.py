"""Kaggle's `fer2013.csv` again, with the column `emotion` put right and everything else as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.options import NOTHING_ASKED
from aleator.data.sources import ImageArray
from aleator.errors import DataError
from aleator.export.corrected import Corrected
from aleator.files import write_whole


def export_fer2013(corrected: Corrected, output: Path) -> None:
    """Write `emotion,pixels,Usage` for every row of the original, also those of splits that were not audited.

    Rows stay where they are, so that FER+'s votes still line up; what is "not usable" keeps its emotion.
    """
    whole = _whole(corrected)
    source = whole.source
    if not isinstance(source, ImageArray) or source.pixels.ndim != 3:
        raise DataError("fer2013.csv holds grey pictures of one size; export these data as csv or imagefolder.")
    if (whole.given_labels < 0).any():
        raise DataError("Every row of fer2013.csv has an emotion, and these data have rows without a label.")
    labels = whole.given_labels.copy()
    row_of = {str(example): row for row, example in enumerate(whole.ids.tolist())}
    for row in np.flatnonzero(corrected.label != corrected.examples.given).tolist():
        labels[row_of[corrected.examples.id(row)]] = corrected.label[row]
    # Emotions are numbers there: those that classes were read from, which are names only if these are numbers.
    written = (
        whole.class_names if all(name.isdecimal() for name in whole.class_names) else range(len(whole.class_names))
    )
    number = np.array([str(value) for value in range(256)], dtype=object)

    def write(path: Path) -> None:
        with path.open("w", encoding="ascii", newline="") as file:
            file.write("emotion,pixels,Usage\n")
            for row, label in enumerate(labels.tolist()):
                usage = "" if whole.split is None else whole.split[row]
                file.write(f"{written[label]},{' '.join(number[source.pixels[row].ravel()])},{usage}\n")

    write_whole(output, write)


def _whole(corrected: Corrected) -> LabelledDataset:
    """The original with all its splits."""
    reading = corrected.examples.reading or NOTHING_ASKED
    return read_dataset(corrected.examples.path, replace(reading, split=None, votes=None))
