"""From a data set to what a model is trained on: arrays of pictures or vectors, and how they came to be."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.choosing import TRIED
from aleator.auditing.features import FEATURES, those_of
from aleator.audits import AuditFolder
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import find_duplicates
from aleator.data.examples import ExamplesShape, load_examples
from aleator.data.groups import numbered
from aleator.data.sources import ImageSource
from aleator.embedding import EmbedSettings
from aleator.embedding.embed import embed
from aleator.embedding.finetuning import Finetuning, begin_finetuning, check_finetunable
from aleator.errors import AleatorError
from aleator.progress import Progress
from aleator.training.pretrained import PretrainedNetwork, network_of
from aleator.training.settings import TrainSettings
from aleator.vectors.vectoriser import Vectoriser, fit_vectoriser


@dataclass(frozen=True)
class TrainingExamples:
    """What a model is trained on."""

    dataset: LabelledDataset
    """Without the examples that cannot be read."""
    audit: AuditFolder | None
    """Its rows are those of the data set."""
    values: NDArray[np.generic]
    """Pictures `(example, channel, height, width)`, or vectors `(example, feature)`."""
    shape: ExamplesShape
    groups: list[NDArray[np.int64]]
    """Numbers of the groups of each kind, `(example,)` each: copies, and what belongs together."""
    vectoriser: Vectoriser | None = None
    """How texts or rows became vectors."""
    pretrained: PretrainedNetwork | None = None
    """What made vectors of pictures or texts."""
    begun: Finetuning | None = None
    """The pretrained network that is trained on, on pictures as it takes them."""


def examples_of(
    dataset: LabelledDataset,
    audit: AuditFolder | None,
    settings: TrainSettings,
    folder: Path,
    work: Path,
    progress: Progress,
) -> TrainingExamples:
    """The examples in the form that is trained on.

    What a pretrained network makes of them is kept in `work`, and taken from the audit, or from the model in `folder`
    that is being replaced, where these have it.
    """
    features, pretrained = None, None
    backbone = settings.pretrained
    if settings.finetune:
        check_finetunable(dataset.source.kind)
    elif backbone is not None:
        places = [folder / FEATURES, work / TRIED, *([] if audit is None else [audit.folder / FEATURES])]
        made = embed(
            dataset, backbone, work / FEATURES, EmbedSettings(device=settings.device), known=places, progress=progress
        )
        dataset, features, pretrained = made.dataset, made.features, network_of(backbone, made.network)
    judged = audit is not None and not audit.info.only_labels_known
    if features is None or not judged:  # copies are found in the examples themselves
        embedded = dataset
        dataset, examples, shape = load_examples(
            dataset, settings.max_side, cache=work / "pixels.npy", progress=progress
        )
        features = those_of(features, embedded, dataset)
    audit = _rows_of(audit, dataset)
    vectoriser, begun = None, None
    if settings.finetune and backbone is not None and isinstance(dataset.source, ImageSource):
        begun = begin_finetuning(
            dataset.source, backbone, values=shape.values, cache=work / "pictures.npy", device=settings.device,
            progress=progress,
        )  # fmt: skip
        channels, height, width = begun.network.shape
        values: NDArray[np.generic] = begun.pictures
        shape = replace(shape, channels=channels, height=height, width=width, geometry_reason=begun.geometry.reason)
    elif features is not None:
        values = features
    elif isinstance(examples, np.ndarray):
        values = examples
    else:
        vectoriser = fit_vectoriser(examples, settings.seed)
        values = vectoriser.vectors(examples)
    if features is not None or vectoriser is not None:
        shape = ExamplesShape(features=values.shape[1])
    if audit is not None and judged:
        groups = [audit.column("duplicate_group")]
    else:
        found = find_duplicates(examples, on_block=lambda done, total: progress("finding copies", done, total))
        groups = [found.group]
    if dataset.group is not None:
        groups.append(numbered(dataset.group))
    return TrainingExamples(dataset, audit, values, shape, groups, vectoriser, pretrained, begun)


def _rows_of(audit: AuditFolder | None, dataset: LabelledDataset) -> AuditFolder | None:
    """The audit with its rows in the data set's order (pictures that can no longer be read have none)."""
    if audit is None:
        return None
    ids = audit.labels["id"].to_pylist()
    if ids == dataset.ids.tolist():
        return audit
    row_of = {name: row for row, name in enumerate(ids)}
    missing = [name for name in dataset.ids.tolist() if name not in row_of]
    if missing:
        raise AleatorError(f"{audit.folder} has no row for {missing[0]!r}; audit the data again with --force.")
    rows = [row_of[name] for name in dataset.ids.tolist()]
    return replace(audit, labels=audit.labels.take(rows), dataset=dataset)
