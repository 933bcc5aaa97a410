"""The review server: its parts put together, its routes, and what every page starts from."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from aleator.audits.next_steps import Step
from aleator.decisions.store import ConflictError, Store, UnavailableError
from aleator.errors import AleatorError
from aleator.review.board import Board
from aleator.review.examples import Examples
from aleator.review.live import Live
from aleator.review.queue import Queue
from aleator.review.web import api, entrance, pages
from aleator.review.web.guard import LOGIN_BURST, LOGIN_RATE, Buckets, Guard, OversizedBody, Signer
from aleator.review.web.parts import Review
from aleator.review.web.render import error_page


def create_app(
    examples: Examples,
    store: Store,
    *,
    token: str | None = None,
    prefix: str = "",
    blind: bool = False,
    second_opinions: float = 0.0,
    next_steps: Callable[[], Sequence[Step]] = tuple,
) -> tuple[Guard, Review]:
    """The application and its parts. Without a token it answers to this machine's own names only, and whoever is there
    is told the `next_steps`."""
    board = Board(examples, store)
    live = Live(board, shared=store.url.get_backend_name() == "postgresql")
    review = Review(
        examples=examples,
        store=store,
        board=board,
        live=live,
        queue=Queue(board, live, second_opinions=second_opinions),
        signer=Signer(store.secret(), token),
        wrong_tokens=Buckets(LOGIN_RATE, LOGIN_BURST),
        prefix=prefix,
        blind=blind,
        next_steps=next_steps if token is None else tuple,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        live.close()

    app = Starlette(routes=_routes(), exception_handlers=_handlers(), lifespan=lifespan)
    app.state.review = review
    return Guard(app, review.signer, prefix=prefix, local_only=token is None), review


class _Count(Convertor[int]):
    """A number in an address; no longer than that of any example, since Python refuses to read thousands of digits."""

    regex = "[0-9]{1,12}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("count", _Count())


def _routes() -> list[Route]:
    return [
        Route("/", pages.overview),
        Route("/enter", entrance.enter, methods=["GET", "POST"]),
        Route("/leave", entrance.leave, methods=["POST"]),
        Route("/target", pages.target, methods=["POST"]),
        Route("/queue", pages.queue),
        Route("/grid", pages.grid),
        Route("/map", pages.whole_map),
        Route("/looks", pages.looks),
        Route("/rapid", pages.rapid),
        Route("/people", pages.people),
        Route("/example/{row:count}", pages.example),
        Route("/decisions.csv", pages.decisions),
        Route("/picture/{side:count}/{row:count}", pages.picture),
        Route("/picture/{key}/{side:count}/{row:count}", pages.picture),
        Route("/static/{name}", pages.static),
        Route("/api/queue", api.queue),
        Route("/api/grid", api.grid),
        Route("/api/status", api.status),
        Route("/api/trail", api.trail),
        Route("/api/looks", api.looks),
        Route("/api/decide", api.decide, methods=["POST"]),
        Route("/api/undo", api.undo, methods=["POST"]),
        Route("/api/skip", api.skip, methods=["POST"]),
    ]


def _handlers() -> dict[Any, Callable[[Request, Exception], Response]]:
    """Errors as JSON for the script and as a page for people; never a traceback."""

    def of(request: Request, status: int, message: str) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": message}, status)
        return error_page(request, status, message)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.headers and "location" in error.headers:  # "sign in first" is raised from deep inside
            return RedirectResponse(error.headers["location"], error.status_code)
        response = of(request, error.status_code, error.detail)
        response.headers.update(error.headers or {})  # when to come again
        return response

    def ours(request: Request, error: Exception) -> Response:
        if isinstance(error, UnavailableError):  # the page keeps what it sent, and sends it again
            response = of(request, 503, str(error))
            response.headers["retry-after"] = "5"
            return response
        return of(request, 409 if isinstance(error, ConflictError) else 400, str(error))

    return {
        HTTPException: http,
        AleatorError: ours,
        UnicodeDecodeError: lambda request, error: of(request, 400, "This is no UTF-8 text."),
        OversizedBody: lambda request, error: of(request, 413, "Too much was sent at once."),
        ClientDisconnect: lambda request, error: of(request, 400, "Nobody is there any more."),
        TimeoutError: lambda request, error: of(request, 408, "This took too long to be sent."),
        Exception: lambda request, error: of(request, 500, "This is a fault of Aleator, please report it."),
    }
