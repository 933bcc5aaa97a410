"""A table beside class folders that labels the same pictures otherwise: then the folders may be no classes."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.readers import table
from aleator.data.readers.tables import TABLE_SUFFIXES
from aleator.data.sources import ImageFiles
from aleator.data.wording import listed
from aleator.errors import DataError

HALF = 0.5
"""A table that names so many of the pictures is one of them."""
ALIKE = 0.8
"""Share of pictures that lie in the folder of most with their label, from which on the folders are the labels, too."""


def check_tables_beside(folder: Path, paths: Sequence[str], class_of: Sequence[str], options: ReadOptions) -> None:
    """Raise DataError where a table in the folder labels the pictures at these `paths` by other classes than those of
    the folders that they lie in."""
    of_folders = dict(zip(paths, class_of, strict=True))
    for file in sorted(file for file in folder.iterdir() if file.suffix.lower() in TABLE_SUFFIXES):
        described = _described_by(file, options)
        if described is None:
            continue
        labels, source = described.given_labels.tolist(), described.source
        if not isinstance(source, ImageFiles) or source.root != folder:
            continue
        both = Counter(
            (label, of_folders[path])
            for path, label in zip(source.paths, labels, strict=True)
            if label >= 0 and path in of_folders
        )
        of_most = Counter[int]()
        for (label, _), count in both.items():
            of_most[label] = max(of_most[label], count)
        if both.total() >= HALF * len(paths) and of_most.total() < ALIKE * both.total():
            raise DataError(
                f"{folder} has the class folders {listed(sorted(set(class_of)))}, and {file.name} beside them labels "
                f"the same pictures otherwise ({listed(described.class_names)}). Name the table for its labels: "
                f"{file}; for those of the folders, --split-folders none."
            )


def _described_by(file: Path, options: ReadOptions) -> LabelledDataset | None:
    """The data set of the table; None where it is none."""
    try:
        return table.read(file, options)
    except DataError:
        return None
