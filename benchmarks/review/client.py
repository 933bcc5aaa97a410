"""A reviewer who is a program: signs in and decides through the page's own HTTP interface, as a browser does."""

import http.client
import json
import re
import time
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

GIVE_UP_SECONDS = 60.0


class ReviewClient:
    """One reviewer's connection. It tries again while the server is away, with the same uuid for the same decision."""

    def __init__(self, address: str, name: str, *, token: str = "", blind: bool = False) -> None:
        parts = urlsplit(address)
        self.host, self.prefix = parts.netloc, parts.path.rstrip("/")
        self.cookie = self.form_token = ""
        self.connection: http.client.HTTPConnection | None = None
        page = self.request("GET", "/enter")[1]
        fields = {"name": name, "token": token, "form_token": _form_token(page), "next": "/people"}
        status, _ = self.request("POST", "/enter", urlencode(fields | ({"blind": "on"} if blind else {})).encode())
        if status != 303:
            raise PermissionError(f"The server did not let {name} in (status {status}).")
        self.form_token = _form_token(self.request("GET", "/people")[1])

    def queue(self, count: int = 1, query: str = "", without: tuple[int, ...] = ()) -> list[dict[str, Any]]:
        """The next cards."""
        path = f"/api/queue?{query}&count={count}&without={','.join(map(str, without))}"
        return list(self.json("GET", path)["cards"])

    def decide(self, row: int, labels: list[int], kind: str = "", uuid: str = "", seconds: float = 1.0) -> str:
        """Decide one example and return the uuid once it is acknowledged."""
        uuid = uuid or str(uuid4())
        kind = kind or ("label" if len(labels) == 1 else "ambiguous" if labels else "unusable")
        decision = {"uuid": uuid, "row": row, "kind": kind, "labels": labels, "seconds": seconds}
        self.json("POST", "/api/decide", {"decisions": [decision]})
        return uuid

    def status(self) -> dict[str, Any]:
        return self.json("GET", "/api/status")

    def json(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        status, body = self.request(method, path, None if content is None else json.dumps(content).encode())
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {body[:300]!r}")
        return dict(json.loads(body))

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body. Waits while the server is away or asks to wait."""
        end = time.monotonic() + GIVE_UP_SECONDS
        wait = 0.05
        while True:
            try:
                status, content = self._once(method, path, body)
                if status not in (429, 503):
                    return status, content
            except (OSError, http.client.HTTPException):
                self.connection = None
            if time.monotonic() > end:
                raise TimeoutError(f"{self.host} did not answer {method} {path}.")
            time.sleep(wait)
            wait = min(1.0, 2 * wait)

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {"cookie": self.cookie, "x-form-token": self.form_token}
        self.connection.request(
            method, self.prefix + path, body, {key: value for key, value in headers.items() if value}
        )
        answer = self.connection.getresponse()
        content = answer.read()
        cookie = answer.headers.get("set-cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return answer.status, content


def _form_token(page: bytes) -> str:
    found = re.search(rb'<meta name="form-token" content="([^"]*)"', page)
    return unescape(found.group(1).decode()) if found else ""
