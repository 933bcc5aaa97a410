"""Results that are kept, so that interrupted work goes on after the last finished piece."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aleator.files import discard, file_digest, read_array, sync, tidy, unfinished_beside, write_array, write_json
from aleator.rows import let_go
from aleator.workers.identity import identities
from aleator.workers.piece import HERE, Arrays, Piece, Workers

IDENTITY_DIGITS = 16
DIGESTS = "digests.json"
"""Of the arrays that are kept: what is not as it was written is computed again."""


def results_of(
    pieces: list[Piece],
    folder: Path | None,
    on: Workers = HERE,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> list[Arrays]:
    """What comes of each piece, in their order.

    A folder keeps each result under the piece's name and identity, from where it is mapped; what it has, as it was
    written, is not computed again, and what was interrupted goes on from its checkpoint.

    Args:
        on_done: told how many pieces are done, and how many there are: first, when those are known that are kept.
    """
    if folder is None:
        made: dict[Piece, Arrays] = {}
        on_done(0, len(pieces))
        for piece, arrays in on.results(pieces):
            made[piece] = arrays
            _tell_last(piece)
            on_done(len(made), len(pieces))
        return [made[piece] for piece in pieces]
    folder.mkdir(exist_ok=True)  # its parent is there, or somebody removed it
    places = [
        folder / f"{piece.name}-{identity[:IDENTITY_DIGITS]}"
        for piece, identity in zip(pieces, identities(pieces), strict=True)
    ]
    waiting: dict[Piece, Path] = {}
    for piece, place in zip(pieces, places, strict=True):
        if is_kept(place):
            _tell_last(piece)
        else:
            checkpoint = place.with_name(f"{place.name}.checkpoint") if piece.resumes else None
            waiting[replace(piece, checkpoint=checkpoint)] = place
    done = len(pieces) - len(waiting)
    on_done(done, len(pieces))
    for number, (piece, arrays) in enumerate(on.results(waiting) if waiting else (), 1):
        keep(waiting[piece], arrays)
        if piece.checkpoint is not None:
            piece.checkpoint.unlink(missing_ok=True)
        _tell_last(piece)
        on_done(done + number, len(pieces))
    return [kept(place) for place in places]


def _tell_last(piece: Piece) -> None:
    if piece.on_step is not None and piece.steps:
        piece.on_step(piece.steps)


def keep(place: Path, arrays: Arrays) -> None:
    """Write a result, whole or not at all."""
    tidy(place)
    beginning = unfinished_beside(place)
    beginning.mkdir()
    for name, array in arrays.items():
        write_array(beginning / f"{name}.npy", array)
        let_go(array)
    write_json(beginning / DIGESTS, _digests(beginning))
    if is_kept(place):
        shutil.rmtree(beginning)  # somebody was faster
        return
    discard(place)
    beginning.rename(place)
    sync(place.parent)


def is_kept(place: Path) -> bool:
    """Whether a result is there, just as it was written."""
    try:
        return bool(json.loads((place / DIGESTS).read_text(encoding="utf-8")) == _digests(place))
    except (OSError, ValueError):
        return False


def _digests(place: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in sorted(place.glob("*.npy"))}


def kept(place: Path) -> Arrays:
    """A result that was written."""
    return {path.stem: read_array(path, mapped=True) for path in sorted(place.glob("*.npy"))}
