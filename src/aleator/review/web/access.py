"""Who asks, and may he: what every route calls first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aleator.review.queue import Filter, read_filter
from aleator.review.web.guard import COOKIE, Session, bounded_body
from aleator.review.web.parts import Review

MOST_FIELDS = 20


def review_of(request: Request) -> Review:
    review: Review = request.app.state.review
    return review


def session_of(request: Request) -> Session | None:
    return review_of(request).signer.session(request.cookies.get(COOKIE))


def reviewer_of(request: Request) -> tuple[Review, Session]:
    """The server's parts and who asks; somebody without a name is sent to give one."""
    review, session = review_of(request), session_of(request)
    if session is not None and session.reviewer:
        return review, session
    if request.url.path.startswith("/api/") or request.url.path.startswith("/picture/"):
        raise HTTPException(403, "Sign in first: open the page again.")
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    raise HTTPException(303, "Sign in first.", {"location": f"{review.prefix}/enter?next={quote(target)}"})


def is_blind(review: Review, session: Session) -> bool:
    return review.blind or session.blind


def filter_of(request: Request, query: Mapping[str, str] | None = None) -> Filter:
    """What the address (or `query`) asks for; blind, one cannot ask for what is hidden."""
    review, session = reviewer_of(request)
    wanted = read_filter(
        request.query_params if query is None else query, review.examples.class_names, len(review.examples)
    )
    if not is_blind(review, session):
        return wanted
    sort = "next" if wanted.sort in ("wrong", "quick", "class") else wanted.sort
    return replace(wanted, given=None, verdict="", wrong=0.0, sure=0.0, tag="", sort=sort)


def check_row(review: Review, row: Any) -> int:
    """Raise 404 unless it is the number of an example."""
    if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < len(review.examples):
        raise HTTPException(404, "There is no such example.")
    return row


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises 403 unless the form is one of ours, made for this session."""
    text = (await bounded_body(request)).decode()
    if text.count("&") >= MOST_FIELDS:
        raise HTTPException(400, "This form has too many fields.")
    fields = dict(parse_qsl(text, keep_blank_values=True))
    session = session_of(request)
    if session is not None and not review_of(request).signer.allows_form(session, fields.get("form_token", "")):
        raise HTTPException(403, "This form is not one that this page made for you; load the page again.")
    return fields
