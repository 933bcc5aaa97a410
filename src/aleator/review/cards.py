"""One example as the page shows it, and its picture."""

from typing import Any

import numpy as np

from aleator.data.decoding import UnreadableImage
from aleator.data.images import picture_file
from aleator.data.sources import ImageSource
from aleator.decisions.decision import Decision, answer_text
from aleator.report.reasons import Findings, reasons
from aleator.review.board import Board
from aleator.review.contents import content, marks
from aleator.review.examples import Examples, neighbour_rows
from aleator.review.live import Live
from aleator.review.queue import EVERYTHING, Filter
from aleator.review.why import why

BARS, NEIGHBOURS = 8, 8
SIDES = (96, 320, 512, 8192)
"""Sizes that pictures are served in, the last as they are; anything else is refused, so that nobody fills the
caches."""


def card(
    board: Board,
    live: Live,
    row: int,
    reviewer: str,
    *,
    blind: bool,
    wanted: Filter = EVERYTHING,
    drawn: bool = False,
) -> dict[str, Any]:
    """What a reviewer sees of an example; blind, neither the given label nor what others answered is in it. `drawn`
    ones were drawn at random."""
    examples, now = board.examples, live.now
    verdicts = now.verdicts
    given = int(examples.given[row])
    answers = board.standing(row)
    own = answers.get(reviewer)
    distribution = verdicts.distribution_of(row)
    suggested = int(verdicts.suggested_label[row])
    judged = examples.audit is not None or bool(answers)
    shown = np.argsort(-distribution, kind="stable")[:BARS].tolist()
    if examples.audit is not None and examples.audit.is_of_likeliest:
        shown = [label for label in shown if distribution[label] > 0]
    if not blind and given >= 0 and given not in shown:
        shown = [*shown[: BARS - 1], given]
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
        "why": why(board, now, row, reviewer, wanted, blind=blind, drawn=drawn),
        "content": content(examples, row) | ({} if blind else marks(examples, row)),
        "own": None if own is None else answer_text(own.kind, own.labels),
        "note": "" if own is None else own.note,
        "tags": [] if own is None else list(own.tags),
        "others": [] if blind else [answer_of(name, one) for name, one in sorted(answers.items()) if name != reviewer],
    }


def answer_of(name: str, decision: Decision) -> dict[str, Any]:
    answer = answer_text(decision.kind, decision.labels)
    return {
        "reviewer": name, "answer": answer, "time": decision.time, "note": decision.note, "tags": list(decision.tags),
    }  # fmt: skip


def tile(board: Board, live: Live, row: int, *, blind: bool, drawn: bool = False) -> dict[str, Any]:
    """What the grid shows of an example; `drawn` ones were drawn at random."""
    given, verdicts = int(board.examples.given[row]), live.now.verdicts
    suggested = int(verdicts.suggested_label[row])
    judged = board.examples.audit is not None
    return {
        "row": row,
        "id": board.examples.id(row),
        "given": given if given >= 0 and not blind else None,
        "suggested": suggested if judged else None,
        "share": float(verdicts.probability_of(np.array([suggested]), np.array([row]))[0]) if judged else None,
        "content": content(board.examples, row),
        "drawn": drawn,
    }


def picture(examples: Examples, row: int, side: int) -> tuple[bytes, str]:
    """An example's picture and its media type, decoded and written anew: no byte of the file itself is sent.

    Raises UnreadableImage.
    """
    source, place = examples.source, int(examples.source_row[row])
    if not isinstance(source, ImageSource):
        raise UnreadableImage("is no picture")
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
        distribution=verdicts.distribution_of(row).tolist(),
        area_under_margin=area,
        # Blind, the sentence on neighbours would tell the given label.
        neighbour_labels=[] if blind else [int(examples.given[one]) for one in neighbours if examples.given[one] >= 0],
    )
    return reasons(found, examples.class_names)


def _neighbours(examples: Examples, row: int) -> list[dict[str, Any]]:
    return [
        {
            "row": other,
            "id": examples.id(other),
            "given": int(examples.given[other]),
            "content": content(examples, other),
        }
        for other in neighbour_rows(examples, row)[:NEIGHBOURS]
    ]
