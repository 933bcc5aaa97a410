"""One example as the page shows it, and its picture."""

from typing import Any

import numpy as np

from aleator.data.images import picture_file
from aleator.data.sources import FeatureArray, UnreadableImage
from aleator.decisions.decision import Decision, answer_text
from aleator.report.reasons import Findings, reasons
from aleator.review.board import Board
from aleator.review.examples import Examples
from aleator.review.live import Live

BARS, NEIGHBOURS, FEATURES = 8, 8, 12
SIDES = (96, 320, 512, 8192)
"""Sizes that pictures are served in, the last as they are; anything else is refused, so that nobody fills the
caches."""


def card(board: Board, live: Live, row: int, reviewer: str, *, blind: bool) -> dict[str, Any]:
    """What a reviewer sees of an example; blind, neither the given label nor what others answered is in it."""
    examples, verdicts = board.examples, live.now.verdicts
    given = int(examples.given[row])
    answers = board.standing(row)
    own = answers.get(reviewer)
    distribution = verdicts.label_distribution[row]
    suggested = int(verdicts.suggested_label[row])
    judged = examples.audit is not None or bool(answers)
    shown = np.argsort(-distribution, kind="stable")[:BARS].tolist()
    if not blind and given >= 0 and given not in shown:
        shown[-1] = given
    p_mislabelled = float(verdicts.p_mislabelled[row])
    return {
        "row": row,
        "id": examples.id(row),
        "source": examples.source_name(row),
        "given": given if given >= 0 and not blind else None,
        "suggested": suggested if judged and not (blind and examples.audit is None) else None,
        "verdict": "" if blind else str(verdicts.verdict[row]),
        "p": None if blind or np.isnan(p_mislabelled) else p_mislabelled,
        "bars": [[label, float(distribution[label])] for label in sorted(shown)] if examples.audit is not None else [],
        "reasons": _reasons(examples, live, row, blind),
        "neighbours": _neighbours(examples, row),
        "features": _features(examples, row),
        "own": None if own is None else answer_text(own.kind, own.labels),
        "others": [] if blind else [answer_of(name, one) for name, one in sorted(answers.items()) if name != reviewer],
    }


def answer_of(name: str, decision: Decision) -> dict[str, Any]:
    return {"reviewer": name, "answer": answer_text(decision.kind, decision.labels), "time": decision.time}


def tile(board: Board, live: Live, row: int, *, blind: bool) -> dict[str, Any]:
    """What the grid shows of an example."""
    given = int(board.examples.given[row])
    return {
        "row": row,
        "id": board.examples.id(row),
        "given": given if given >= 0 and not blind else None,
        "suggested": int(live.now.verdicts.suggested_label[row]) if board.examples.audit is not None else None,
    }


def picture(examples: Examples, row: int, side: int) -> tuple[bytes, str]:
    """An example's picture and its media type, decoded and written anew: no byte of the file itself is sent.

    Raises UnreadableImage.
    """
    source, place = examples.source, int(examples.source_row[row])
    if isinstance(source, FeatureArray):
        raise UnreadableImage("is a feature vector")
    return picture_file(source, place, side)


def _reasons(examples: Examples, live: Live, row: int, blind: bool) -> list[str]:
    if examples.audit is None:
        return []
    table, verdicts = examples.audit.labels, live.now.verdicts
    area = None
    if not blind and "area_under_margin" in table.column_names:
        area = table["area_under_margin"][row].as_py()
    neighbours = neighbour_rows(examples, row)
    given = int(examples.given[row])
    found = Findings(
        given=None if blind or given < 0 else given,
        verdict=str(verdicts.verdict[row]),
        distribution=verdicts.label_distribution[row].tolist(),
        area_under_margin=area,
        # Blind, the sentence on neighbours would tell the given label.
        neighbour_labels=[] if blind else [int(examples.given[one]) for one in neighbours if examples.given[one] >= 0],
    )
    return reasons(found, examples.class_names)


def neighbour_rows(examples: Examples, row: int) -> list[int]:
    if examples.audit is None:
        return []
    return list(examples.audit.labels["neighbours"][row].as_py() or [])


def _neighbours(examples: Examples, row: int) -> list[list[int]]:
    return [[other, int(examples.given[other])] for other in neighbour_rows(examples, row)[:NEIGHBOURS]]


def _features(examples: Examples, row: int) -> list[float]:
    if not isinstance(examples.source, FeatureArray):
        return []
    return [round(float(value), 3) for value in examples.source.values[examples.source_row[row]][:FEATURES]]
