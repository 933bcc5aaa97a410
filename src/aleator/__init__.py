"""Aleator finds the wrong labels in a classification data set and tells a mistake from honest ambiguity.

    import aleator

    audit = aleator.audit("fer2013.csv", "audit")     # or a LabelledDataset
    audit.suspects(20)                                # the labels that are most probably wrong
    audit.labels                                      # a table, one row per example
    aleator.review(audit)                             # a page on which people put labels right
    aleator.export(audit, "clean.csv")

Importing the package is quick: torch is loaded when the first name that needs it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aleator import errors as errors

__version__ = "0.1.0"

if TYPE_CHECKING:
    from aleator.auditing import Audit as Audit
    from aleator.auditing import AuditSettings as AuditSettings
    from aleator.auditing import load_audit as load_audit
    from aleator.auditing.audit import audit as audit
    from aleator.auditing.predictions import LabelledPredictions as LabelledPredictions
    from aleator.auditing.predictions import judge_predictions as judge_predictions
    from aleator.data import FeatureArray as FeatureArray
    from aleator.data import ImageArray as ImageArray
    from aleator.data import LabelledDataset as LabelledDataset
    from aleator.data import Votes as Votes
    from aleator.data import read_dataset as read_dataset
    from aleator.data.drawn_faces import drawn_faces as drawn_faces
    from aleator.data.options import ReadOptions as ReadOptions
    from aleator.decisions.gather import DecisionSources as DecisionSources
    from aleator.embedding import Backbone as Backbone
    from aleator.embedding import EmbedSettings as EmbedSettings
    from aleator.embedding import OwnBackbone as OwnBackbone
    from aleator.embedding import Preprocessing as Preprocessing
    from aleator.embedding.embed import embed as embed
    from aleator.errors import AleatorError as AleatorError
    from aleator.errors import AuditFolderError as AuditFolderError
    from aleator.errors import DataError as DataError
    from aleator.errors import ModelError as ModelError
    from aleator.export import ExportSettings as ExportSettings
    from aleator.export import export as export
    from aleator.review.serve import review as review
    from aleator.review.settings import ServerSettings as ServerSettings
    from aleator.training import Model as Model
    from aleator.training import load_model as load_model
    from aleator.training.classifier import AleatorClassifier as AleatorClassifier
    from aleator.training.predict import predict as predict
    from aleator.training.settings import TrainSettings as TrainSettings
    from aleator.training.train import train as train
    from aleator.verdicts.issues import find_label_issues as find_label_issues
    from aleator.verdicts.issues import get_label_quality_scores as get_label_quality_scores
    from aleator.verdicts.issues import label_quality_scores as label_quality_scores
    from aleator.workers import Where as Where

_HOME = {
    "Audit": "aleator.auditing",
    "AuditSettings": "aleator.auditing",
    "audit": "aleator.auditing.audit",
    "load_audit": "aleator.auditing",
    "FeatureArray": "aleator.data",
    "ImageArray": "aleator.data",
    "LabelledDataset": "aleator.data",
    "Votes": "aleator.data",
    "read_dataset": "aleator.data",
    "drawn_faces": "aleator.data.drawn_faces",
    "ReadOptions": "aleator.data.options",
    "Backbone": "aleator.embedding",
    "EmbedSettings": "aleator.embedding",
    "OwnBackbone": "aleator.embedding",
    "Preprocessing": "aleator.embedding",
    "embed": "aleator.embedding.embed",
    "AleatorError": "aleator.errors",
    "AuditFolderError": "aleator.errors",
    "DataError": "aleator.errors",
    "DecisionSources": "aleator.decisions.gather",
    "ExportSettings": "aleator.export",
    "export": "aleator.export",
    "review": "aleator.review.serve",
    "ServerSettings": "aleator.review.settings",
    "find_label_issues": "aleator.verdicts.issues",
    "get_label_quality_scores": "aleator.verdicts.issues",
    "LabelledPredictions": "aleator.auditing.predictions",
    "judge_predictions": "aleator.auditing.predictions",
    "label_quality_scores": "aleator.verdicts.issues",
    "ModelError": "aleator.errors",
    "Model": "aleator.training",
    "load_model": "aleator.training",
    "train": "aleator.training.train",
    "AleatorClassifier": "aleator.training.classifier",
    "predict": "aleator.training.predict",
    "TrainSettings": "aleator.training.settings",
    "Where": "aleator.workers",
}

_VERBS = ("export", "review")
"""Packages too: these are called, so that it does not matter which of the two was imported first."""

__all__ = ["__version__", "errors", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'aleator' has no attribute {name!r}")
    if name in _VERBS:
        return import_module(f"aleator.{name}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
