"""Why an example is suspected, in words that a person can check against the picture."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aleator.html import percent


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
    """One to three short sentences."""
    sentences = [_network(found, class_names)]
    if found.neighbour_labels:
        sentences.append(_neighbours(found, class_names))
    if found.area_under_margin is not None and found.area_under_margin < -0.5:
        sentences.append("All through training the given label lost against another.")
    if found.verdict == "unfamiliar":
        sentences.append("Little in the data set looks like it, so the answer is a guess.")
    return sentences


def _network(found: Findings, class_names: Sequence[str]) -> str:
    ranked = sorted(range(len(class_names)), key=lambda label: -found.distribution[label])[:2]
    said = " and ".join(f"{class_names[label]} with {percent(found.distribution[label])}" for label in ranked)
    sentence = f"All sources together say {said}"
    if found.given is not None and found.given not in ranked:
        sentence += f", {class_names[found.given]} with {percent(found.distribution[found.given])}"
    return sentence + "."


def _neighbours(found: Findings, class_names: Sequence[str]) -> str:
    label, count = Counter(found.neighbour_labels).most_common(1)[0]
    total = len(found.neighbour_labels)
    if label == found.given:
        return f"{count} of its {total} nearest neighbours carry the same label."
    same = sum(neighbour == found.given for neighbour in found.neighbour_labels)
    return f"{count} of its {total} nearest neighbours are labelled {class_names[label]}, {same} as this one is."
