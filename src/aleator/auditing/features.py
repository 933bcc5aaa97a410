"""Features of the examples that the user brings, or that a pretrained network makes, once."""

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.choosing import TRIED
from aleator.auditing.settings import AuditSettings
from aleator.audits.folder import Files
from aleator.data.dataset import LabelledDataset
from aleator.data.predictions import read_features
from aleator.embedding import EmbedSettings
from aleator.progress import Progress
from aleator.workers import Workers

FEATURES = "features"
"""Sub-folder of an audit with what its pretrained network made of each example."""


def features_of(
    dataset: LabelledDataset, settings: AuditSettings, folder: Path, unfinished: Path, on: Workers, progress: Progress
) -> tuple[LabelledDataset, NDArray[np.float32] | None]:
    """Features `(example, feature)`, None where none are asked for; and the data set without what cannot be read.

    Those that a network makes are kept in `unfinished`, so that interrupted work goes on after the last batch; what an
    audit in `folder`, which is being replaced, has of them is taken over.
    """
    if settings.features is not None:
        return dataset, read_features(settings.features, dataset.ids)
    if settings.pretrained is None or settings.finetune:
        return dataset, None
    from aleator.embedding.embed import embed

    made = embed(
        dataset, settings.pretrained, unfinished / FEATURES, EmbedSettings(device=settings.device),
        known=[folder / FEATURES, unfinished / TRIED], on=on, progress=progress,
    )  # fmt: skip
    return made.dataset, made.features


def features_kept(unfinished: Path) -> Files:
    """The folder of features to copy into a finished audit, by name; none where no network made any. Copied, not moved:
    an audit that is killed then goes on with them."""
    made = unfinished / FEATURES
    return {FEATURES: lambda path: shutil.copytree(made, path)} if made.is_dir() else {}


def those_of(
    features: NDArray[np.float32] | None, before: LabelledDataset, after: LabelledDataset
) -> NDArray[np.float32] | None:
    """The features of the examples that are left of a data set."""
    if features is None or len(before) == len(after):
        return features
    return features[np.isin(before.ids, after.ids)]
