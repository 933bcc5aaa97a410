"""Puts the report together: the answer on the first screen, all examples in a grid below, and what stands beside it."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from aleator.audits.info import AuditInfo
from aleator.audits.next_steps import next_steps
from aleator.data.sources import ExampleSource
from aleator.html import percent, script_json, template
from aleator.report.payload import chosen_rows, payload
from aleator.report.pictures import Pictures
from aleator.report.plots import confusion_table, example_map, map_sample, pairs_table, point_title, precision_curve
from aleator.report.rows import ReportColumns
from aleator.verdicts.estimates import ClassEstimate, ClassPair, pairs_of
from aleator.verdicts.names import VERDICT_MEANING

PRINTED, MAP_POINTS = 24, 600
"""Examples that a print shows, and points of the map that open."""
PICTURE_SIDE = 64
SEARCHED = {"texts": "Text or id contains", "table": "A value or the id contains"}
"""What is searched, by the kind of the examples, where that is more than names."""
DIRECTIONS_SHOWN, CLASSES_SHOWN, FEW_CLASSES = 6, 200, 20


def render_report(
    info: AuditInfo, labels: pa.Table, source: ExampleSource | None, *, folder: Path = Path("audit"), remark: str = ""
) -> str:
    """The whole report as one HTML page that loads nothing.

    Args:
        info: the content of `audit.json`.
        labels: the table of `labels.parquet`.
        source: the examples, for their pictures; None where they are not at hand.
        folder: the audit's folder, for the commands that the report names.
        remark: what the reader should know of the report itself, such as why it has no pictures.
    """
    rows, names, referee = ReportColumns(labels), list(info.class_names), info.referee
    sample = map_sample(rows.verdict, rows.p_mislabelled, MAP_POINTS).tolist()
    chosen = chosen_rows(rows, sample)
    confusion, pairs = np.array(info.estimates.confusion), info.estimates.pairs
    return template("report.html").render(
        info=info,
        names=names,
        remark=remark,
        steps=next_steps(info, labels, folder),
        verdicts=[(name, info.estimates.verdicts.get(name, 0), meaning) for name, meaning in VERDICT_MEANING.items()],
        classes=_classes(info.estimates.per_class),
        directions=_directions(pairs or pairs_of(confusion, DIRECTIONS_SHOWN), names),
        confusion=pairs_table(pairs, names, link="#labels")
        if pairs
        else confusion_table(confusion, names, "given", "more likely", link="#labels"),
        printed=_printed(rows, names, Pictures(source)),
        map=example_map(rows.aleatoric, rows.p_mislabelled, rows.verdict, sample, _titles(rows, names, sample)),
        payload=script_json(payload(rows, names, chosen, source, info.estimates.flag_above)),
        searched=SEARCHED.get("" if source is None else source.kind, "Id contains"),
        shown=len(chosen),
        decided=int((rows.decided >= 0).sum()),
        few_classes=FEW_CLASSES,
        curve=None if referee is None else precision_curve(referee.precision_at, referee.share_wrong),
        referee_confusion=None
        if referee is None
        else confusion_table(np.array(referee.confusion, dtype=float), names, "given", referee.name),
    )


def suspects(rows: ReportColumns, most: int = PRINTED) -> list[int]:
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


def _printed(rows: ReportColumns, names: list[str], pictures: Pictures) -> list[dict[str, Any]]:
    """The suspects that stand on paper, and on a page whose script does not run."""
    return [
        {
            "id": rows.table["id"][number].as_py(),
            "picture": pictures.of(number, PICTURE_SIDE),
            "given": names[rows.given[number]],
            "suggested": names[rows.suggested[number]],
            "wrong": percent(float(rows.p_mislabelled[number])),
        }
        for number in suspects(rows)
    ]


def _titles(rows: ReportColumns, names: list[str], sample: list[int]) -> list[str]:
    return [
        point_title(rows.table["id"][row].as_py(), names[rows.suggested[row]], names[rows.given[row]]) for row in sample
    ]


def _classes(estimates: Sequence[ClassEstimate]) -> list[tuple[int, ClassEstimate]]:
    """The classes that examples are labelled with, by their numbers; of many those with the most wrong labels, the
    first the most."""
    there = [(number, one) for number, one in enumerate(estimates) if one.examples]
    if len(there) <= FEW_CLASSES:
        return there
    return sorted(there, key=lambda one: -one[1].mislabelled)[:CLASSES_SHOWN]


def _directions(pairs: Sequence[ClassPair], names: list[str]) -> list[dict[str, Any]]:
    """The pairs of classes that most labels are confused between: from which label, to which, about how many, the part
    of those with the label, and the length of the bar."""
    return [
        {
            "from": names[pair.given],
            "to": names[pair.true],
            "given": pair.given,
            "suggested": pair.true,
            "count": pair.count,
            "share": pair.share,
            "length": pair.count / pairs[0].count,
        }
        for pair in pairs[:DIRECTIONS_SHOWN]
        if pair.count >= 0.5
    ]
