"""What the page's script asks for, as JSON."""

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aleator.decisions.decision import Decision
from aleator.errors import DataError
from aleator.review.cards import card, tile
from aleator.review.headway import headway
from aleator.review.web.access import check_row, filter_of, is_blind, review_of, reviewer_of, session_of
from aleator.review.web.guard import Session, bounded_body
from aleator.review.web.parts import Review

MOST_CARDS, MOST_TILES, MOST_DECISIONS = 24, 300, 500
LONGEST_LOOK = 1e7


def queue(request: Request) -> Response:
    """The next cards: `?count=` of them, without the rows in `?without=1,2,3`."""
    review, session = reviewer_of(request)
    query = request.query_params
    wanted = filter_of(request)
    count = min(_number(query.get("count", "1")), MOST_CARDS)
    without = {_number(text) for text in query.get("without", "").split(",") if text}
    rows = review.queue.next_rows(session.reviewer, wanted, count, without)
    blind = is_blind(review, session)
    cards = [card(review.board, review.live, row, session.reviewer, blind=blind) for row in rows]
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
    rows = order[start : start + min(_number(query.get("count", "200")), MOST_TILES)].tolist()
    blind = is_blind(review, session)
    tiles = [tile(review.board, review.live, row, blind=blind) for row in rows]
    return JSONResponse({"tiles": tiles, "total": len(order), "start": start, **_status(request)})


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
    origin = "grid" if content.get("origin") == "grid" else "page"
    decisions = [_decision(review, one, session, origin) for one in given]
    stored = await run_in_threadpool(review.board.decide, decisions)
    return JSONResponse({"stored": [one.uuid for one in stored], **_status(request)}, status_code=201)


async def undo(request: Request) -> Response:
    """Take back decisions of one's own: `{"undo": [{uuid, decision}]}`. Answers with the cards again."""
    content, session = await _json(request)
    review = review_of(request)
    given = content.get("undo")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_DECISIONS:
        raise DataError(f"One to {MOST_DECISIONS} decisions are taken back at once.")

    def take_back() -> list[int]:
        return [review.board.undo(_text(one, "uuid"), _text(one, "decision"), session.reviewer)[1] for one in given]

    rows = [row for row in await run_in_threadpool(take_back) if row >= 0]
    blind = is_blind(review, session)
    cards = [card(review.board, review.live, row, session.reviewer, blind=blind) for row in rows[:MOST_CARDS]]
    return JSONResponse({"cards": cards, "rows": rows, **_status(request)}, status_code=201)


async def skip(request: Request) -> Response:
    """Put an example at the end of one's own queue: `{"row"}`."""
    content, session = await _json(request)
    review = review_of(request)
    row = check_row(review, content.get("row"))
    await run_in_threadpool(review.queue.skip, session.reviewer, row)
    return JSONResponse({})


def _status(request: Request) -> dict[str, Any]:
    review = review_of(request)
    now, snapshot = headway(review.board, review.live), review.live.now
    return {
        "version": snapshot.version,
        "up_to_date": snapshot.includes >= review.board.version,
        "reviewed": now.reviewed,
        "examples": now.examples,
        "wrong": now.wrong,
        "left": now.left,
        "recent": [now.recent, now.recent_changed],
        "can_stop": now.can_stop,
        "more": now.more,
    }


def _decision(review: Review, given: Any, session: Session, origin: str) -> Decision:
    if not isinstance(given, dict):
        raise DataError("A decision is an object with uuid, row, kind and labels.")
    labels, seconds = given.get("labels", []), given.get("seconds")
    names = review.examples.class_names
    numbers = isinstance(labels, list) and all(type(label) is int and 0 <= label < len(names) for label in labels)
    if not numbers or not (seconds is None or (type(seconds) in (int, float) and 0 <= seconds < LONGEST_LOOK)):
        raise DataError(f"labels are numbers from 0 to {len(names) - 1}, seconds is a number from 0 up.")
    return Decision(
        uuid=_text(given, "uuid"),
        example=review.examples.id(check_row(review, given.get("row"))),
        reviewer=session.reviewer,
        kind=_text(given, "kind"),
        labels=tuple(names[label] for label in sorted(labels)),
        seconds=None if seconds is None else round(float(seconds), 3),
        origin=origin,
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


def _text(given: Any, key: str) -> str:
    value = given.get(key) if isinstance(given, dict) else None
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise DataError(f"{key} is text.")
    return value


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise DataError(f"{text[:40]!r} is no number.")
    return int(text)
