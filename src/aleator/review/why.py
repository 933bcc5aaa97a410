"""Why this example comes now, in one short line."""

import numpy as np
from scipy.special import entr

from aleator.html import percent
from aleator.review.board import Board
from aleator.review.live import Snapshot
from aleator.review.queue import SORTS, Filter

CLOSE_CALL = 0.25
"""Of the highest entropy that so many classes can have: above it the audit is not sure of the label."""


def why(
    board: Board, now: Snapshot, row: int, reviewer: str, wanted: Filter, *, blind: bool, drawn: bool = False
) -> str:
    """The line that stands above the example; blind, it does not tell that the given label is doubted. `drawn` ones
    were drawn at random."""
    others = board.standing(row).keys() - {reviewer}
    if wanted.state == "disagreed":
        return "Reviewers differ on it."
    if wanted.state == "unreviewed" and others:
        return "A second opinion is wanted: somebody has answered already."
    if drawn and wanted.follows_the_judge:
        if reviewer in board.standing(row):
            return "A second look: it was drawn at random, and a slip would count for many."
        return "Drawn at random, as one in ten is: these tell how many wrong labels are left."
    if wanted.like is not None:
        same = wanted.like == row
        return "The example that others look like." if same else f"It looks like {board.examples.id(wanted.like)}."
    if wanted.sort in ("data", "random"):
        return f"Order: {SORTS[wanted.sort]}."
    if board.examples.audit is None:
        return "Drawn at random, so that what you find stands for the rest."
    distribution = now.verdicts.distribution_of(row)
    first, second = np.argsort(-distribution, kind="stable")[:2]
    names = board.examples.class_names
    unsure = float(entr(distribution).sum()) >= CLOSE_CALL * np.log(len(distribution))
    p_mislabelled = float(now.verdicts.p_mislabelled[row])
    if p_mislabelled >= 0.5 and not blind:
        return f"Probably a wrong label: {percent(p_mislabelled)}."
    if unsure:
        return f"Close call ({names[first]} or {names[second]}): it teaches the audit."
    return "Spot check, where the audit is sure."
