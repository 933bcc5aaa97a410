"""What the page's script asks for, as JSON."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aleator.decisions.decision import Decision, answer_text
from aleator.errors import DataError
from aleator.review.board import HERE
from aleator.review.cards import card, tile
from aleator.review.headway import headway, pace
from aleator.review.web.access import check_row, filter_of, is_blind, review_of, reviewer_of, session_of
from aleator.review.web.guard import Session, bounded_body
from aleator.review.web.parts import Review
from aleator.rows import at_random
from aleator.verdicts.names import VERDICTS

MOST_CARDS, MOST_TILES, MOST_DECISIONS, MOST_STEPS = 24, 300, 500, 50
LONGEST_NOTE, LONGEST_LOOK = 2000, 1e7
MOST_POINTS = 20_000


def queue(request: Request) -> Response:
    """The next cards: `?count=` of them, without the rows in `?without=1,2,3`."""
    review, session = reviewer_of(request)
    query = request.query_params
    wanted = filter_of(request)
    count = min(_number(query.get("count", "1")), MOST_CARDS)
    without = {_number(text) for text in query.get("without", "").split(",") if text}
    rows = review.queue.next_rows(session.reviewer, wanted, count, without)
    blind = is_blind(review, session)
    cards = [
        card(
            review.board, review.live, row, session.reviewer,
            blind=blind, wanted=wanted, drawn=row in review.queue.drawn,
        )
        for row in rows
    ]  # fmt: skip
    return JSONResponse({"cards": cards, **_status(request)})


def grid(request: Request) -> Response:
    """Tiles of one kind, from place `?start=` of the order."""
    review, session = reviewer_of(request)
    query = request.query_params
    wanted = filter_of(request)
    order = review.queue.order(wanted)
    if wanted.state == "unreviewed":
        order = order[review.board.answers_of[order] == 0]
    start = min(_number(query.get("start", "0")), len(order))
    end = start + min(_number(query.get("count", "200")), MOST_TILES)
    if wanted.follows_the_judge:
        again = [] if start else review.queue.due_second_looks(session.reviewer)
        order = np.concatenate([np.array(again, dtype=np.int32), review.queue.with_drawn(order, end)])
    rows = order[start:end].tolist()
    blind = is_blind(review, session)
    drawn = review.queue.drawn if wanted.follows_the_judge else set()
    tiles = [tile(review.board, review.live, row, blind=blind, drawn=row in drawn) for row in rows]
    return JSONResponse({"tiles": tiles, "total": len(order), "start": start, **_status(request)})


def trail(request: Request) -> Response:
    """The latest steps of one's own that can be taken back, oldest first: `?origin=page`."""
    review, session = reviewer_of(request)
    steps = review.board.steps(session.reviewer, _origin(request.query_params.get("origin")))
    row_of = review.examples.row_of
    return JSONResponse(
        {
            "steps": [
                {
                    "uuids": [one.uuid for one in step],
                    "row": row_of.get(step[0].example),
                    "text": answer_text(step[0].kind, step[0].labels),
                }
                for step in steps[-MOST_STEPS:]
            ]
        }
    )


def looks(request: Request) -> Response:
    """The map by looks: of at most `MOST_POINTS` examples the position (of 1000), the verdict and the labels."""
    review, session = reviewer_of(request)
    plane, verdicts = review.examples.positions, review.live.now.verdicts
    if plane is None:
        raise HTTPException(404, "There is no audit that knows how these data look.")
    rows = at_random(np.arange(len(plane)), MOST_POINTS, 0)
    x, y = np.round(1000 * plane[rows].T).astype(int).tolist()
    shown = {"x": x, "y": y, "s": verdicts.suggested_label[rows].tolist(), "examples": len(plane)}
    if not is_blind(review, session):
        number_of = {name: number for number, name in enumerate(VERDICTS)}
        shown["v"] = [number_of.get(name, -1) for name in verdicts.verdict[rows].tolist()]
        shown["g"] = review.examples.given[rows].tolist()
    return JSONResponse(shown)


def status(request: Request) -> Response:
    """Where the review stands; asked every two seconds by an open page."""
    reviewer_of(request)
    return JSONResponse(_status(request))


async def decide(request: Request) -> Response:
    """Store decisions: `{"decisions": [{uuid, row, kind, labels, seconds}], "origin"}`. Durable when answered."""
    content, session = await _json(request)
    review = review_of(request)
    given = content.get("decisions")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_DECISIONS:
        raise DataError(f"One to {MOST_DECISIONS} decisions are taken at once.")
    origin = _origin(content.get("origin"))
    decisions = [_decision(review, one, session, origin) for one in given]
    stored = await run_in_threadpool(review.board.decide, decisions)
    return JSONResponse({"stored": [one.uuid for one in stored], **_status(request)}, status_code=201)


async def undo(request: Request) -> Response:
    """Take back decisions of one's own: `{"undo": [{uuid, decision}]}`. Answers with the cards again, or
    with all of them as tiles where `"tiles": true` is sent."""
    content, session = await _json(request)
    review = review_of(request)
    given = content.get("undo")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_DECISIONS:
        raise DataError(f"One to {MOST_DECISIONS} decisions are taken back at once.")

    def take_back() -> list[int]:
        return [review.board.undo(_text(one, "uuid"), _text(one, "decision"), session.reviewer)[1] for one in given]

    rows = [row for row in await run_in_threadpool(take_back) if row >= 0]
    blind = is_blind(review, session)
    again: dict[str, Any] = {"rows": rows}
    if content.get("tiles") is True:
        again["tiles"] = [tile(review.board, review.live, row, blind=blind) for row in rows]
    else:
        again["cards"] = [
            card(review.board, review.live, row, session.reviewer, blind=blind) for row in rows[:MOST_CARDS]
        ]
    return JSONResponse({**again, **_status(request)}, status_code=201)


async def skip(request: Request) -> Response:
    """Put an example at the end of one's own queue: `{"row"}`."""
    content, session = await _json(request)
    review = review_of(request)
    row = check_row(review, content.get("row"))
    await run_in_threadpool(review.queue.skip, session.reviewer, row)
    return JSONResponse({})


def _status(request: Request) -> dict[str, Any]:
    review, session = reviewer_of(request)
    now, snapshot = headway(review.board, review.live), review.live.now
    return {
        "version": snapshot.version,
        "up_to_date": snapshot.includes >= review.board.version,
        "reviewed": now.reviewed,
        "examples": now.examples,
        "is_known": now.is_known,
        "wrong": now.wrong,
        "left": now.left,
        "recent": [now.recent, now.recent_changed],
        "can_stop": now.can_stop,
        "more": now.more,
        "next_expected": now.next_expected,
        "pace": asdict(pace(review.board, session.reviewer)),
    }


def _decision(review: Review, given: Any, session: Session, origin: str) -> Decision:
    if not isinstance(given, dict):
        raise DataError("A decision is an object with uuid, row, kind and labels.")
    labels, seconds, tags = given.get("labels", []), given.get("seconds"), given.get("tags", [])
    names = review.examples.class_names
    numbers = isinstance(labels, list) and all(type(label) is int and 0 <= label < len(names) for label in labels)
    if not numbers or not (seconds is None or (type(seconds) in (int, float) and 0 <= seconds < LONGEST_LOOK)):
        raise DataError(f"labels are numbers from 0 to {len(names) - 1}, seconds is a number from 0 up.")
    note = _text(given, "note").strip() if "note" in given else ""
    if len(note) > LONGEST_NOTE or not isinstance(tags, list) or not all(_is_text(tag) for tag in tags):
        raise DataError(f"A note is text of at most {LONGEST_NOTE} characters, tags are a list of texts.")
    return Decision(
        uuid=_text(given, "uuid"),
        example=review.examples.id(check_row(review, given.get("row"))),
        reviewer=session.reviewer,
        kind=_text(given, "kind"),
        labels=tuple(names[label] for label in sorted(labels)),
        seconds=None if seconds is None else round(float(seconds), 3),
        origin=origin,
        note=note,
        tags=tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
    )


async def _json(request: Request) -> tuple[dict[str, Any], Session]:
    """The body of a request that our own script sent. Raises 403 for any other."""
    session = session_of(request)
    if session is None or not session.reviewer:
        raise HTTPException(403, "Sign in first: open the page again.")
    if not review_of(request).signer.allows_form(session, request.headers.get("x-form-token", "")):
        raise HTTPException(403, "This request does not come from the page; load the page again.")
    try:
        content = json.loads(await bounded_body(request))
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, a number of thousands of digits, endless depth
        raise DataError("This is no JSON that is read.") from error
    if not isinstance(content, dict):
        raise DataError("An object is wanted.")
    return content, session


def _origin(asked: Any) -> str:
    return asked if asked in HERE else "page"


def _text(given: Any, key: str) -> str:
    value = given.get(key) if isinstance(given, dict) else None
    if not _is_text(value):
        raise DataError(f"{key} is text.")
    return str(value)


def _is_text(value: Any) -> bool:
    """Half a letter of UTF-16 is none: no database takes it."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise DataError(f"{text[:40]!r} is no number.")
    return int(text)
