"""The model's card for people: what it was made from, how good it is, and what it must not be used for."""

from typing import Any

JUDGED_BY = {
    "given": "the labels as they were given, some of which are wrong: the accuracy counts a right answer to a wrong "
    "label as an error",
    "judged": "labels drawn from the audit's label distributions: as uncertain as the audit is",
    "votes": "the majority of the voters, where there is one",
    "reviewed": "the reviewers' decisions where there are some, else labels drawn from the audit's distributions",
}


def card_text(card: dict[str, Any]) -> str:
    """Markdown, to be read beside the weights."""
    data, figures, settings, decision, model = (
        card[name] for name in ("data", "figures", "settings", "decision", "model")
    )
    size = (
        f"{data['width']}x{data['height']} pixels, {'colour' if data['channels'] == 3 else 'grey'}"
        if data["kind"] == "images"
        else f"{data['features']} features"
    )
    classes = "\n".join(
        f"| {_cell(name)} | {count:,} |" for name, count in zip(card["class_names"], data["per_class"], strict=True)
    )
    training = settings["training"]
    unfamiliarity = (
        "its embedding's distance from the training examples, for its length"
        if data["kind"] == "images"
        else "how much its networks disagree, in nats"
    )
    sets = f"hold the label in {figures['conformal_coverage']:.3f}, {figures['conformal_size']:.2f} classes each"
    return f"""# {_line(data["name"])}: a classifier that says when it is not sure

Trained by Aleator {card["aleator_version"]} on {card["created"]}. Read it with `aleator predict`, or
`aleator.load_model(folder)`. The weights are safetensors; nothing here is unpickled.

## Data

{data["examples"]:,} examples ({size}): {data["trained_on"]:,} to train on, {data["held_out"]:,} held out.
Copies and groups are all on one side. Labels: **{settings["labels"]}**{_policy(settings)}. The order of the classes:

| class | examples |
|---|---|
{classes}

## Figures

On the held-out part. Temperature and thresholds were set on the same examples: on new data expect a little less.
Scored by {JUDGED_BY[settings["labels"]]}.

| | |
|---|---|
| examples scored | {figures["examples"]:,} |
| accuracy | {figures["accuracy"]:.3f} |
| accuracy of the surest 80 % | {figures["accuracy_of_surest_80%"]:.3f} |
| log loss (nats) | {figures["log_loss"]:.3f} |
| calibration error | {figures["calibration_error"]:.3f} |
| conformal sets (level .90) | {sets} |
| routed | {", ".join(f"{count:,} {name}" for name, count in figures["routes"].items())} |
{_noise(card["label_noise"])}
## How it decides

{settings["members"]} networks ({model["backbone"]}, {model["parameters"]:,} parameters each) predict a mean and a
spread for each class's logit. The prediction is the mean of their expected softmaxes at the temperature
{decision["temperature"]:.3f}. An input whose unfamiliarity ({unfamiliarity}) is above
{decision["unfamiliar_above"]:.4g} is *unfamiliar* and gets no answer. Where the entropy of the prediction is above
{decision["ambiguous_above"]:.3f} nats it is *ambiguous* and two classes are named.
Trained for {training["epochs"]} epochs with {training["objective"].replace("_", " ")}, seed {settings["seed"]}.
{_second_pass(settings)}{_voters(training)}
## Limits

- It knows the classes above and no others; an input of none of them is refused only where it is unfamiliar.
- Its probabilities are those of the labels it was trained on, on data like these; other cameras, ages, cultures or
  croppings need their own check.
- A face tells what people would call its expression, not what the person feels. Do not decide about a person by it.
"""


def _noise(noise: dict[str, Any] | None) -> str:
    return "" if noise is None else f"| labels that are wrong, by its estimate | {noise['share_wrong']:.1%} |\n"


def _second_pass(settings: dict[str, Any]) -> str:
    if not settings["second_pass"]:
        return ""
    return "Then trained on, by what the networks believed of their labels.\n"


def _voters(training: dict[str, Any]) -> str:
    if training["objective"] != "votes":
        return ""
    return (
        "Its probabilities are those of the majority's label, its uncertainties those of one voter's answer:\n"
        "aleatoric is how much people would differ, epistemic what the networks cannot tell of how they would vote.\n"
    )


def _policy(settings: dict[str, Any]) -> str:
    return f" (policy: {settings['policy']})" if settings["labels"] in ("judged", "reviewed") else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
