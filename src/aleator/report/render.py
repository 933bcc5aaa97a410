"""Puts the report together: picks the examples, draws the plots, fills the template."""

import base64
import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits.info import AuditInfo
from aleator.data.images import thumbnail
from aleator.data.sources import ExampleSource, FeatureArray, UnreadableImage
from aleator.html import percent, script_json, template
from aleator.report.plots import confusion_table, example_map, map_sample, point_title, precision_curve
from aleator.report.reasons import reasons
from aleator.report.rows import Row, Rows
from aleator.verdicts.names import VERDICT_MEANING

SUSPECTS, AMBIGUOUS, UNFAMILIAR, COPIES, MAP_POINTS = 60, 24, 24, 24, 600
NEIGHBOURS_SHOWN, BARS_SHOWN = 5, 7
PICTURE_SIDE, MAP_PICTURE_SIDE = 96, 48
FLOWS_SHOWN = 5


def render_report(info: AuditInfo, labels: pa.Table, source: ExampleSource) -> str:
    """The whole report as one HTML page that loads nothing.

    Args:
        info: the content of `audit.json`.
        labels: the table of `labels.parquet`.
        source: the examples, for their pictures.
    """
    rows = Rows(labels)
    names = list(info.class_names)
    pictures = Pictures(source)

    def cards(numbers: Iterable[int]) -> list[dict[str, Any]]:
        return [_card(rows, rows.row(int(number)), names, pictures) for number in numbers]

    sample = map_sample(rows.verdict, rows.p_mislabelled, MAP_POINTS).tolist()
    points = [_point(rows, number, names, pictures) for number in sample]
    confusion = np.array(info.estimates.confusion)
    referee = info.referee
    return template("report.html").render(
        info=info,
        names=names,
        verdicts=[(verdict, info.estimates.verdicts[verdict], meaning) for verdict, meaning in VERDICT_MEANING.items()],
        confusion=confusion_table(confusion, names, "given", "rather"),
        flows=_flow_sentences(confusion, names),
        suspects=cards(suspects(rows)),
        ambiguous=cards(_first(rows, "ambiguous", -rows.aleatoric, AMBIGUOUS)),
        unfamiliar=cards(_first(rows, "unfamiliar", -rows.epistemic, UNFAMILIAR)),
        copies=[cards(group) for group in _conflicting_groups(rows)],
        map=example_map(rows.aleatoric, rows.p_mislabelled, rows.verdict, sample, [point["title"] for point in points]),
        points=script_json(points),
        curve=None if referee is None else precision_curve(referee.precision_at, referee.share_wrong),
        referee_confusion=None
        if referee is None
        else confusion_table(np.array(referee.confusion, dtype=float), names, "given", referee.name),
    )


class Pictures:
    """Thumbnails as data addresses, each made once; None for feature vectors and unreadable files."""

    def __init__(self, source: ExampleSource) -> None:
        self.source = source
        self.of = cache(self._make)

    def _make(self, row: int, side: int) -> str | None:
        if isinstance(self.source, FeatureArray):
            return None
        try:
            png = thumbnail(self.source, row, side)
        except UnreadableImage:
            return None
        return "data:image/png;base64," + base64.b64encode(png).decode()


def suspects(rows: Rows, most: int = SUSPECTS) -> list[int]:
    """The most suspicious mistakes, in order, but no given label takes more than its fair share of places."""
    mistakes = np.flatnonzero(rows.verdict == "mistake")
    order = mistakes[np.argsort(-rows.p_mislabelled[mistakes], kind="stable")]
    labels = len(np.unique(rows.given[order]))
    share = math.ceil(most / max(labels, 1))
    taken: dict[int, int] = {}
    chosen = []
    for number in order:
        label = int(rows.given[number])
        if taken.get(label, 0) < share:
            taken[label] = taken.get(label, 0) + 1
            chosen.append(int(number))
    left = [int(number) for number in order if int(number) not in set(chosen)] if len(chosen) < most else []
    return sorted(chosen + left[: most - len(chosen)], key=lambda number: -rows.p_mislabelled[number])


def _first(rows: Rows, verdict: str, order: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    members = np.flatnonzero(rows.verdict == verdict)
    return members[np.argsort(order[members], kind="stable")][:most]


def _conflicting_groups(rows: Rows) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for number in np.flatnonzero(rows.verdict == "conflict"):
        groups.setdefault(int(rows.duplicate_group[number]), []).append(int(number))
    return [members for members in groups.values() if len(members) > 1][:COPIES]


def _card(rows: Rows, row: Row, names: list[str], pictures: Pictures) -> dict[str, Any]:
    ranked = sorted(range(len(names)), key=lambda label: -row.distribution[label])[:BARS_SHOWN]
    if row.given is not None and row.given not in ranked:
        ranked[-1] = row.given
    bars = sorted(ranked) if len(names) <= BARS_SHOWN else ranked
    return {
        "row": row,
        "picture": pictures.of(row.number, PICTURE_SIDE),
        "given": None if row.given is None else names[row.given],
        "suggested": names[row.suggested],
        "leading": [names[label] for label in ranked[:3] if row.distribution[label] >= 0.15],
        "bars": [(names[label], row.distribution[label], label == row.given, label == row.suggested) for label in bars],
        "reasons": reasons(row, names),
        "neighbours": [
            (
                pictures.of(other, MAP_PICTURE_SIDE),
                names[rows.given[other]] if rows.given[other] >= 0 else "–",
            )
            for other in row.neighbours[:NEIGHBOURS_SHOWN]
        ],
    }


def _point(rows: Rows, number: int, names: list[str], pictures: Pictures) -> dict[str, Any]:
    given, suggested = names[rows.given[number]], names[rows.suggested[number]]
    return {
        "title": point_title(rows.table["id"][number].as_py(), suggested, given),
        "lines": [
            f"given {given}",
            f"the audit says {suggested}",
            f"{rows.verdict[number]}: wrong with {percent(float(rows.p_mislabelled[number]))}",
            f"aleatoric {rows.aleatoric[number]:.2f}, epistemic {rows.epistemic[number]:.2f} nats",
        ],
        "picture": pictures.of(number, MAP_PICTURE_SIDE),
    }


def _flow_sentences(confusion: NDArray[np.float64], names: list[str]) -> list[str]:
    """The classes that lose most labels, as sentences."""
    wrong = confusion.sum(axis=1) - np.diag(confusion)
    sentences = []
    for given in np.argsort(-wrong, kind="stable")[:FLOWS_SHOWN]:
        if wrong[given] < 1:
            break
        targets = [true for true in np.argsort(-confusion[given], kind="stable") if true != given][:3]
        rather = ", ".join(f"{names[true]} ({confusion[given, true]:,.0f})" for true in targets)
        sentences.append(
            f"Of {confusion[given].sum():,.0f} labelled {names[given]}, about {wrong[given]:,.0f} look like "
            f"something else: {rather}."
        )
    return sentences
