"""`audit.json` as dataclasses: what was audited, how, and what came out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aleator import __version__
from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.examples import ExamplesShape
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.embedding.options import FinetuneOptions
from aleator.learning.settings import TrainingSettings
from aleator.records import from_json
from aleator.verdicts.estimates import Estimates

SCHEMA_VERSION = 2
NO_EFFORT = "none"
"""The effort of an audit of brought probabilities: nothing was trained."""


@dataclass(frozen=True)
class Identity:
    """What has to be equal for an interrupted audit to go on."""

    fingerprint: str
    """Of the data."""
    path: str
    settings: dict[str, Any]
    """As they were asked for; they are compared as a whole, and read nowhere."""
    aleator_version: str


@dataclass(frozen=True)
class SettingsUsed(FinetuneOptions):
    """How the audit was run; see `AuditSettings`. Of brought probabilities only the first three have a meaning. The
    backbone is the one that was taken, also where `auto` was asked for."""

    effort: str
    seed: int = 0
    use_votes: bool = False
    device: str = "auto"
    members: int | None = None
    posterior: str = ""
    flip: bool = True
    features: Path | None = None
    learner: str = "auto"
    training: TrainingSettings | None = None


@dataclass(frozen=True, kw_only=True)
class AuditedData(ExamplesShape):
    """What was audited."""

    name: str
    path: str
    fingerprint: str
    examples: int
    kind: str
    """`images` or `features`."""
    reading: ReadOptions | None = None
    """How the data were read from the path; None where they were made in memory or only their labels were brought."""
    how_read: HowRead = HowRead()
    """What they were taken for, on what evidence, and what was passed over."""


@dataclass(frozen=True)
class ModelInfo:
    """What predicted the labels."""

    backbone: str
    reason: str
    members: int
    parameters: int
    posterior: str = ""
    draws: int = 1
    unseen_draws: int = 0
    """The first so many draws of an example are of networks that have not seen its label; 0 where all have."""


@dataclass(frozen=True)
class DuplicateCounts:
    """Copies among the examples."""

    groups: int = 0
    extra_copies: int = 0
    """Copies beyond the first of each group."""
    exact_groups: int = 0
    conflicting_groups: int = 0
    """Groups whose labels differ."""


@dataclass(frozen=True)
class DetectionScores:
    """How well a score ranks wrong labels before right ones; None where there are none of either."""

    auroc: float | None
    auroc_within_label: float | None
    """Mean over the given labels."""
    average_precision: float | None


@dataclass(frozen=True, kw_only=True)
class RefereeScores(DetectionScores):
    """How an audit agrees with somebody it did not listen to."""

    name: str
    rule: str
    examples: int
    wrong: int
    share_wrong: float
    best_f1: float
    flags_precision: float
    flags_recall: float
    flags_f1: float
    calibration_error: float
    given_label_accuracy: float
    suggested_label_accuracy: float
    spearman_aleatoric_vote_entropy: float | None
    spearman_distribution_vote_entropy: float | None
    baselines: dict[str, DetectionScores]
    """Of the plain detectors that come out of the same run."""
    precision_at: tuple[tuple[int, float], ...]
    """Share of wrong labels among the most suspicious so many."""
    confusion: list[list[int]]
    """Examples `(given, referee's)`."""


@dataclass(frozen=True, kw_only=True)
class AuditInfo:
    """The content of `audit.json`."""

    identity: Identity
    settings: SettingsUsed
    data: AuditedData
    class_names: tuple[str, ...]
    model: ModelInfo
    out_of_sample: bool
    """The predictions are of networks that have not seen the given labels."""
    estimates: Estimates
    duplicates: DuplicateCounts = DuplicateCounts()
    skipped: tuple[Skipped, ...] = ()
    """Examples that could not be read."""
    referee: RefereeScores | None = None
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds of each stage."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of Python and the libraries that computed."""
    schema_version: int = SCHEMA_VERSION
    aleator_version: str = __version__
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def only_labels_known(self) -> bool:
        """Labels and probabilities were brought: of the data nothing is known but ids and labels."""
        return self.settings.effort == NO_EFFORT


def identity_of(dataset: LabelledDataset, settings: dict[str, Any]) -> Identity:
    """The identity of an audit of these data with these settings, by this version of Aleator."""
    return Identity(dataset.fingerprint(), dataset.path, settings, __version__)


def audited_data(dataset: LabelledDataset, fingerprint: str, shape: ExamplesShape) -> AuditedData:
    """What `audit.json` says of the data; the fingerprint is of them as they were before any could not be read."""
    return AuditedData(
        name=dataset.name,
        path=dataset.path,
        fingerprint=fingerprint,
        examples=len(dataset),
        kind=dataset.source.kind,
        reading=dataset.reading,
        how_read=dataset.how_read,
        **vars(shape),
    )


def read_info(content: Any) -> AuditInfo:
    """The content of an `audit.json` of this or an earlier schema.

    Raises ValueError naming the field that is missing or wrong.
    """
    return from_json(AuditInfo, _upgraded(content))


def _upgraded(content: Any) -> Any:
    """A content of schema 1 as one of schema 2, in which no key is a word that Python keeps for itself, and the file
    of labels is called as its flag."""
    if not isinstance(content, dict) or content.get("schema_version") != 1:
        return content
    estimates, data = dict(content["estimates"]), dict(content["data"])
    estimates["per_class"] = [
        {**{key: value for key, value in one.items() if key != "class"}, "class_name": one["class"]}
        for one in estimates["per_class"]
    ]
    if data["reading"] is not None:
        reading = dict(data["reading"])
        data["reading"] = reading | ({"label_file": reading.pop("labels")} if "labels" in reading else {})
    return {**content, "estimates": estimates, "data": data, "schema_version": SCHEMA_VERSION}
