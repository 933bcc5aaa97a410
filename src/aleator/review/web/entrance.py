"""How a browser gets in: a name, and the token where one is demanded."""

import math

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aleator.decisions.decision import check_reviewer
from aleator.errors import DataError
from aleator.review.web.access import form_of, review_of, session_of
from aleator.review.web.guard import COOKIE, Session, address_of, local_target, new_session, set_cookie
from aleator.review.web.render import page


async def enter(request: Request) -> Response:
    """Give one's name (and the token, where one is demanded and was not in the address)."""
    review, session = review_of(request), session_of(request)
    if request.method == "GET":
        target = local_target(request.query_params.get("next", "/"))
        if session is None and review.signer.token is None:
            session = new_session()
        return _enter_page(request, session, target)
    fields = await form_of(request)
    target = local_target(fields.get("next", "/"))
    if session is None:
        if review.signer.token is None:  # the cookie of the form is gone or was never taken
            return _enter_page(request, new_session(), target, "Cookies have to be allowed for this page.", 403)
        if not _token_fits(request, fields.get("token", "")):
            return _enter_page(request, None, target, "This is not the token that the server printed.", 403)
    name = " ".join(fields.get("name", "").split())
    try:
        check_reviewer(name)
    except DataError as error:
        return _enter_page(request, session, target, str(error), 400)
    response = RedirectResponse(f"{review.prefix}{target}", 303)
    set_cookie(response, review.signer, new_session(name, "blind" in fields), request, review.prefix)
    return response


async def leave(request: Request) -> Response:
    """Make room for somebody else at this browser; what a token allowed stays allowed."""
    await form_of(request)
    review = review_of(request)
    response = RedirectResponse(f"{review.prefix}/enter", 303)
    if session_of(request) is not None:
        set_cookie(response, review.signer, new_session(), request, review.prefix)
    return response


def enter_by_token(request: Request) -> Response:
    """The printed address holds the token: it becomes a cookie at once and leaves the address."""
    review = review_of(request)
    if review.signer.token is None:
        return RedirectResponse(f"{review.prefix}/", 303)
    if not _token_fits(request, request.query_params["token"]):
        return _enter_page(request, None, "/", "This is not the token that the server printed.", 403)
    session = session_of(request) or new_session()
    response = RedirectResponse(f"{review.prefix}/", 303)
    set_cookie(response, review.signer, session, request, review.prefix)
    return response


def _token_fits(request: Request, token: str) -> bool:
    """Few wrong ones of an address are let through. Then even the right one has to wait, if it is one of somebody's
    own, which might be guessed."""
    review, address = review_of(request), address_of(request)
    right = review.signer.is_token(token)
    if right and review.signer.is_unguessable:
        return True
    wait = review.wrong_tokens.wait(address, take=not right)
    if wait:
        seconds = max(1, math.ceil(wait))
        raise HTTPException(429, f"Too many wrong tokens; wait {seconds} seconds.", {"retry-after": str(seconds)})
    return right


def _enter_page(
    request: Request, session: Session | None, target: str, complaint: str = "", status_code: int = 200
) -> Response:
    review = review_of(request)
    response = page(
        request,
        "enter.html",
        session=session,
        status_code=status_code,
        target=target,
        complaint=complaint,
        always_blind=review.blind,
    )
    if session is not None and request.cookies.get(COOKIE) != review.signer.cookie(session):
        set_cookie(response, review.signer, session, request, review.prefix)
    return response
