"""Why an example is suspected, in words that a person can check against the picture."""

from collections import Counter
from collections.abc import Sequence

from aleator.html import percent
from aleator.report.rows import Row


def reasons(row: Row, class_names: Sequence[str]) -> list[str]:
    """One to three short sentences."""
    sentences = [_network(row, class_names)]
    if row.neighbour_labels:
        sentences.append(_neighbours(row, class_names))
    if row.area_under_margin is not None and row.area_under_margin < -0.5:
        sentences.append("All through training the given label lost against another.")
    if row.verdict == "unfamiliar":
        sentences.append("Little in the data set looks like it, so the answer is a guess.")
    return sentences


def _network(row: Row, class_names: Sequence[str]) -> str:
    ranked = sorted(range(len(class_names)), key=lambda label: -row.distribution[label])[:2]
    said = " and ".join(f"{class_names[label]} with {percent(row.distribution[label])}" for label in ranked)
    sentence = f"All sources together say {said}"
    if row.given is not None and row.given not in ranked:
        sentence += f", {class_names[row.given]} with {percent(row.distribution[row.given])}"
    return sentence + "."


def _neighbours(row: Row, class_names: Sequence[str]) -> str:
    label, count = Counter(row.neighbour_labels).most_common(1)[0]
    total = len(row.neighbour_labels)
    if label == row.given:
        return f"{count} of its {total} nearest neighbours carry the same label."
    same = sum(neighbour == row.given for neighbour in row.neighbour_labels)
    return f"{count} of its {total} nearest neighbours are labelled {class_names[label]}, {same} as this one is."
