"""What stands before every page: who may come in, how much may be sent, what a browser may do with the answer."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import itsdangerous
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "aleator_review"
MOST_BODY = 1 << 20
BODY_SECONDS = 30.0
RATE, BURST = 300.0, 2000.0
"""Requests per second in the long run, and at once, of one session (of one address without a session)."""
LOGIN_RATE, LOGIN_BURST = 0.2, 10.0
"""Wrong tokens of one address."""
UNGUESSABLE = 32
"""Characters of a token that needs no such limit: those that are made have so many, of 192 random bits."""
MOST_ADDRESSES = 10_000
LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]", "::1"))
LONGEST_SESSION = 30 * 24 * 3600
SIGNED_BY: dict[str, Any] = {"digest_method": hashlib.sha256}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Session:
    """Who is behind a browser's cookie. It is signed, not stored: people stay signed in over a restart."""

    key: str
    """Random; the page's forms are bound to it."""
    reviewer: str
    """Empty before a name is given."""
    blind: bool
    made: int
    """Seconds since 1970."""


class Signer:
    """Makes and checks cookies and form tokens. A new `--token` makes all earlier cookies worthless."""

    def __init__(self, secret: str, token: str | None) -> None:
        self.key = hashlib.sha256(f"{secret}\0{token or ''}".encode()).digest()
        self.token = token
        self._cookies = itsdangerous.URLSafeSerializer(self.key, salt="cookie", signer_kwargs=SIGNED_BY)

    def cookie(self, session: Session) -> str:
        signed = self._cookies.dumps([session.key, session.reviewer, session.blind, session.made])
        return signed if isinstance(signed, str) else signed.decode()

    def session(self, cookie: str | None) -> Session | None:
        """The session of a cookie that we made; None for any other."""
        try:
            session = Session(*self._cookies.loads(cookie or ""))
        except itsdangerous.BadData:
            return None
        return None if session.made + LONGEST_SESSION < time.time() else session

    def form_token(self, session: Session) -> str:
        return self._sign("form", session.key)

    def allows_form(self, session: Session, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.form_token(session).encode())

    def is_token(self, text: str) -> bool:
        return self.token is not None and hmac.compare_digest(text.encode(), self.token.encode())

    @property
    def is_unguessable(self) -> bool:
        return self.token is not None and len(self.token) >= UNGUESSABLE

    def _sign(self, purpose: str, text: str) -> str:
        return itsdangerous.Signer(self.key, salt=purpose, **SIGNED_BY).get_signature(text).decode()


def new_session(reviewer: str = "", blind: bool = False) -> Session:
    return Session(secrets.token_urlsafe(16), reviewer, blind, int(time.time()))


def set_cookie(response: Response, signer: Signer, session: Session, request: Request, prefix: str) -> None:
    response.set_cookie(
        COOKIE,
        signer.cookie(session),
        max_age=LONGEST_SESSION,
        path=prefix or "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


class Buckets:
    """A bucket of requests per address that fills up again; the least recently seen addresses are forgotten."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._of: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, *, take: bool = True) -> float:
        """Take one, or only look; 0 if there was one, else seconds until there is."""
        now = time.monotonic()
        left, seen = self._of.pop(address, (self.burst, now))
        left = min(self.burst, left + (now - seen) * self.rate)
        taken = left >= 1
        self._of[address] = (left - (taken and take), now)
        if len(self._of) > MOST_ADDRESSES:
            self._of.popitem(last=False)
        return 0.0 if taken else (1 - left) / self.rate


class Guard:
    """The outermost layer: path prefix, host, rate and size limits, headers of every answer."""

    def __init__(self, app: ASGIApp, signer: Signer, *, prefix: str, local_only: bool) -> None:
        self.app, self.signer, self.prefix, self.local_only = app, signer, prefix, local_only
        self.buckets = Buckets(RATE, BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        # A proxy may hand the path on with the prefix or without it.
        if self.prefix and f"{scope['path']}/".startswith(f"{self.prefix}/"):
            path = scope["path"][len(self.prefix) :] or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        # Another site's name that is made to point at this machine ("DNS rebinding") must not read the pages.
        if self.local_only and _host_name(headers.get("host", "")) not in LOCAL_NAMES:
            return PlainTextResponse("This server answers to localhost only; start it with --token for others.", 421)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Only GET, HEAD and POST are answered.", 405)
        if len(scope["path"]) + len(scope["query_string"]) > 8192:
            return PlainTextResponse("The address is too long.", 414)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY:
            return PlainTextResponse(f"At most {MOST_BODY} bytes are taken.", 413)
        request = Request(scope)
        session = self.signer.session(request.cookies.get(COOKIE))
        wait = self.buckets.wait(session.key if session else address_of(request))
        if wait:
            return PlainTextResponse("Too many requests.", 429, {"retry-after": str(max(1, round(wait)))})
        # A browser tells whether another site made it ask; a form there cannot lie about it.
        if scope["method"] == "POST" and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("Another site sent this form; it is refused.", 403)
        return None


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


async def bounded_body(request: Request) -> bytes:
    """The body, read no further and no longer than allowed: a length may be left out or a lie. Raises OversizedBody
    or TimeoutError."""
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY:
                raise OversizedBody
    return bytes(body)


class OversizedBody(Exception):
    """More was sent than is taken."""


def local_target(target: str) -> str:
    """A page of our own to go on to; anything else becomes the start page."""
    parts = urlsplit(target)
    plain = unquote(target)
    own = target.startswith("/") and not parts.scheme and not parts.netloc and plain.isprintable()
    return target if own and not plain.startswith(("//", "/\\")) else "/"


def _host_name(host: str) -> str:
    return host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host.lower()
