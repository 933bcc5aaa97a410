"""Why an example is suspected, in words that a person can check against the picture."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aleator.html import percent

DOUBTED = ("mistake", "ambiguous", "conflict")
"""Verdicts that doubt the given label: only beside them is it a reason that the label was hard to learn."""
HARD_TO_LEARN = -0.5
"""A mean margin while training, in logits, below which another label was clearly preferred."""


@dataclass(frozen=True)
class Findings:
    """What an audit found about one example, as far as the reasons speak of it."""

    given: int | None
    """None where there is no given label, or where it is hidden."""
    verdict: str
    distribution: Sequence[float]
    """The label distribution, `(class,)`."""
    area_under_margin: float | None
    neighbour_labels: Sequence[int]
    """The given labels of the nearest neighbours that have one; empty says nothing of them."""


def reasons(found: Findings, class_names: Sequence[str]) -> list[str]:
    """One to three short sentences, none that speaks against the verdict without saying so."""
    sentences = [_belief(found, class_names)]
    if found.neighbour_labels:
        sentences.append(_neighbours(found, class_names))
    margin = found.area_under_margin
    if found.verdict in DOUBTED and margin is not None and margin < HARD_TO_LEARN:
        sentences.append("In training the networks preferred another label to the given one, on average.")
    if found.verdict == "unfamiliar":
        sentences.append("Little in the data set looks like it, so the answer is a guess.")
    return sentences


def _belief(found: Findings, class_names: Sequence[str]) -> str:
    first, *others = sorted(range(len(class_names)), key=lambda label: -found.distribution[label])[:2]
    said = f"Most likely {class_names[first]} ({percent(found.distribution[first])})"
    for label in (one for one in others if found.distribution[one] > 0):
        said += f", then {class_names[label]} ({percent(found.distribution[label])})"
    if found.given is not None and found.given not in (first, *others):
        said += f"; the given {class_names[found.given]} has {percent(found.distribution[found.given])}"
    return said + "."


def _neighbours(found: Findings, class_names: Sequence[str]) -> str:
    label, count = Counter(found.neighbour_labels).most_common(1)[0]
    total = len(found.neighbour_labels)
    if label == found.given:
        sentence = f"{count} of its {total} nearest neighbours carry the same label."
        return f"Against that, {sentence}" if found.verdict == "mistake" else sentence
    same = sum(neighbour == found.given for neighbour in found.neighbour_labels)
    if found.verdict == "ok":
        return f"Yet only {same} of its {total} nearest neighbours carry the same label."
    labelled = f"{count} of its {total} nearest neighbours are labelled {class_names[label]}, {same} as this one is."
    likeliest = max(range(len(class_names)), key=lambda one: found.distribution[one])
    return labelled if label == likeliest else f"The neighbours do not settle it: {labelled}"
