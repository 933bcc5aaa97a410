"""Labelled data in: readers, pictures, copies, and the drawn faces. Nothing here knows a model."""

from aleator.data.dataset import LabelledDataset, Skipped, Votes
from aleator.data.read import read_dataset
from aleator.data.sources import ExampleSource, FeatureArray, ImageArray, ImageBytes, ImageFiles, TableRows, TextArray

__all__ = [
    "ExampleSource",
    "FeatureArray",
    "ImageArray",
    "ImageBytes",
    "ImageFiles",
    "LabelledDataset",
    "Skipped",
    "TableRows",
    "TextArray",
    "Votes",
    "read_dataset",
]
