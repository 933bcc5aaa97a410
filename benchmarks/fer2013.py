"""FER2013, whose labels ten voters of FER+ judged: the referee of most benchmarks."""

from pathlib import Path

from aleator.data import LabelledDataset, read_dataset
from aleator.data.options import ReadOptions
from aleator.errors import DataError


def fer2013(data: Path, split: str = "Training") -> LabelledDataset:
    """A split of FER2013 with FER+'s votes."""
    votes = data / "fer2013new.csv"
    if not votes.is_file():
        raise DataError(f"{data} has no fer2013new.csv (FER+'s votes); name the folder that holds it and fer2013.csv.")
    return read_dataset(data, ReadOptions(split=split, votes=votes))
