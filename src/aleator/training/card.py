"""The model's card: `model.json` as dataclasses, and in words what the model was made from, how good it is, and what
it must not be used for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aleator import __version__
from aleator.data.dataset import Skipped
from aleator.data.examples import ExamplesShape
from aleator.embedding.finetuning import FinetunedNetwork
from aleator.learning.settings import TrainingSettings
from aleator.records import from_json
from aleator.training.abstention import AbstentionRule, how_rough
from aleator.training.pretrained import PretrainedNetwork
from aleator.training.settings import TrainSettings
from aleator.verdicts.estimates import Matrix, WrongLabels

SCHEMA_VERSION = 4


@dataclass(frozen=True, kw_only=True)
class TrainedData(ExamplesShape):
    """What the model was trained on."""

    name: str
    path: str
    fingerprint: str
    audit: str | None
    """The folder of the audit whose labels it follows."""
    examples: int
    trained_on: int
    held_out: int
    per_class: tuple[int, ...]
    kind: str
    """`images`, `features`, `texts` or `table`."""


@dataclass(frozen=True)
class Figures:
    """How good it is on the held-out part."""

    examples: int
    accuracy: float
    accuracy_of_answers: float | None
    """None where no answer was given."""
    accuracy_of_surest: float
    """Of the surest 80%."""
    log_loss: float
    """In nats."""
    calibration_error: float
    conformal_coverage: float
    conformal_size: float
    routes: dict[str, int]
    """Examples of each answer."""


@dataclass(frozen=True)
class NetworkInfo:
    """The networks."""

    backbone: str
    parameters: int
    """Of each."""


@dataclass(frozen=True)
class LearnedConfusion:
    """How the labels err by the networks while they learned: what the objective corrected for. It is no estimate of
    how many labels are wrong, which an audit makes; see `aleator.noise`."""

    confusion: Matrix
    """The transition matrix, `(true, given)`."""


@dataclass(frozen=True)
class StoredFile:
    """A file of the model, and the digest by which a change is noticed."""

    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The content of `model.json`."""

    class_names: tuple[str, ...]
    data: TrainedData
    settings: TrainSettings
    training: TrainingSettings | None
    """Of networks; None where regressions were fitted."""
    model: NetworkInfo
    decision: AbstentionRule
    figures: Figures
    label_noise: LearnedConfusion | None
    wrong_labels: WrongLabels | None
    """What the audit says that the model follows, or None without one."""
    members: tuple[StoredFile, ...]
    familiarity: StoredFile | None
    vectors: StoredFile | None = None
    """How texts or rows of a table become vectors; None for pictures and features."""
    pretrained: PretrainedNetwork | None = None
    """What makes vectors of examples where the model was trained on its features."""
    finetuned: FinetunedNetwork | None = None
    """What the networks were trained from, where that was a pretrained one; their weights are the model's own."""
    skipped: tuple[Skipped, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    aleator_version: str = __version__
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def read_card(content: Any) -> ModelCard:
    """The content of a `model.json` of this or an earlier schema.

    Raises ValueError naming the field that is missing or wrong.
    """
    return from_json(ModelCard, _upgraded(content))


def _upgraded(content: Any) -> Any:
    """A content of schema 3 as one of schema 4: the training's own settings stand beside what was asked for, and the
    share of wrong labels that the model claimed, which contradicted the audit's, is gone."""
    if not isinstance(content, dict) or content.get("schema_version") != 3:
        return content
    settings, figures, noise = dict(content["settings"]), dict(content["figures"]), content["label_noise"]
    training = settings.pop("training")
    figures["accuracy_of_surest"] = figures.pop("accuracy_of_surest_80%")
    return {
        **content,
        "settings": settings,
        "training": training,
        "figures": figures,
        "label_noise": None if noise is None else {"confusion": noise["confusion"]},
        "wrong_labels": None,
        "schema_version": SCHEMA_VERSION,
    }


JUDGED_BY = {
    "given": "the labels as they were given, some of which are wrong: the accuracy counts a right answer to a wrong "
    "label as an error",
    "judged": "labels drawn from the audit's label distributions: as uncertain as the audit is",
    "votes": "the majority of the voters, where there is one",
    "reviewed": "the reviewers' decisions where there are some, else labels drawn from the audit's distributions",
}


def card_text(card: ModelCard) -> str:  # one page of text, longer than a function is otherwise
    """Markdown, to be read beside the weights."""
    data, figures, settings, rule = card.data, card.figures, card.settings, card.decision
    size = (
        f"{data.width}x{data.height} pixels, {'colour' if data.channels == 3 else 'grey'}"
        if data.height is not None
        else {"images": "pictures", "texts": "texts", "table": "rows of a table"}.get(
            data.kind, f"{data.features} features"
        )
    )
    classes = "\n".join(
        f"| {_cell(name)} | {count:,} |" for name, count in zip(card.class_names, data.per_class, strict=True)
    )
    if data.kind == "images" or card.pretrained is not None:
        what = "features'" if card.pretrained is not None else "embedding's"
        unfamiliarity = f"its {what} distance from the training examples, for their length"
    else:
        unfamiliarity = "how much its networks disagree, in nats"
    sets = f"hold the label in {figures.conformal_coverage:.3f}, {figures.conformal_size:.2f} classes each"
    return f"""# {_line(data.name)}: a classifier that says when it is not sure

Trained by Aleator {card.aleator_version} on {card.created}. Read it with `aleator predict`, or
`aleator.load_model(folder)`. The weights are safetensors; nothing here is unpickled.

## Data

{data.examples:,} examples ({size}): {data.trained_on:,} to train on, {data.held_out:,} held out.
Copies and groups are all on one side. Labels: **{settings.kind_of_labels}**{_policy(settings)}.
The order of the classes:

| class | examples |
|---|---|
{classes}

## Figures

On the held-out part. Temperature and thresholds were set on the same examples: on new data expect a little less.
Scored by {JUDGED_BY[settings.kind_of_labels]}.

| | |
|---|---|
| examples scored | {figures.examples:,} |
| accuracy | {figures.accuracy:.3f} |
| accuracy of the surest 80% | {figures.accuracy_of_surest:.3f} |
| log loss (nats) | {figures.log_loss:.3f} |
| calibration error | {figures.calibration_error:.3f} |
| conformal sets (level .90) | {sets} |
| routed | {", ".join(f"{count:,} {name}" for name, count in figures.routes.items())} |
{_noise(card.wrong_labels)}
## How it decides

{_learners(card)} The prediction is the mean of their expected softmaxes at the temperature
{rule.temperature:.3f}. An input whose unfamiliarity ({unfamiliarity}) is above
{rule.unfamiliar_above:.4g} is *unfamiliar* and gets no answer. Where the entropy of the prediction is above
{rule.ambiguous_above:.3f} nats it is *ambiguous* and two classes are named.
{_rough(data)}{_training(card)}{_second_pass(settings)}{_voters(card.training)}
## Limits

- It knows the classes above and no others; an input of none of them is refused only where it is unfamiliar.
- Its probabilities are those of the labels it was trained on, on data like these; other cameras, ages, cultures or
  croppings need their own check.
- A face tells what people would call its expression, not what the person feels. Do not decide about a person by it.
"""


def _learners(card: ModelCard) -> str:
    model, count = card.model, card.settings.members
    seen = (
        ""
        if card.pretrained is None
        else f"{_line(card.pretrained.name)} makes {card.data.features} features of each.\n"
    )
    if card.training is None:
        return (
            f"{seen}{count} draws from the posterior of softmax regressions, linear and by similarities to some\n"
            f"examples ({model.parameters:,} weights each)."
        )
    begun = "" if card.finetuned is None else ", trained on from its pretrained weights"
    return (
        f"{seen}{count} networks ({model.backbone}, {model.parameters:,} parameters each{begun}) predict a mean and a\n"
        "spread for each class's logit."
    )


def _rough(data: TrainedData) -> str:
    said = how_rough(data.held_out)
    return f"{said}\n" if said else ""


def _training(card: ModelCard) -> str:
    if card.training is None:
        if card.label_noise is None:
            return f"Fitted with seed {card.settings.seed}.\n"
        return f"Fitted to what is believed of the true labels, with seed {card.settings.seed}.\n"
    epochs, objective = card.training.epochs, card.training.objective.replace("_", " ")
    return f"Trained for {epochs} epochs with {objective}, seed {card.settings.seed}.\n"


def _noise(wrong: WrongLabels | None) -> str:
    return "" if wrong is None else f"| labels that are wrong, by the audit | {wrong.share:.1%} |\n"


def _second_pass(settings: TrainSettings) -> str:
    if not settings.second_pass:
        return ""
    return "Then trained on, by what the networks believed of their labels.\n"


def _voters(training: TrainingSettings | None) -> str:
    if training is None or training.objective != "votes":
        return ""
    return (
        "Its probabilities are those of the majority's label, its uncertainties those of one voter's answer:\n"
        "aleatoric is how much people would differ, epistemic what the networks cannot tell of how they would vote.\n"
    )


def _policy(settings: TrainSettings) -> str:
    return f" (policy: {settings.policy})" if settings.labels in ("judged", "reviewed") else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
