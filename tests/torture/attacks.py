"""Requests that are made to crash the review server, to get in, or to store nonsense: each is refused in words."""

import json
import logging
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.review.client import ReviewClient
from tests.review.conftest import Running, serving
from tests.torture.mutate import NASTY_TEXT, NASTY_VALUES, damaged
from tests.torture.result import Result

SECONDS = 1.0
"""After which no more of an answer is waited for: a request that is not whole gets none."""
PATHS = (
    *("/", "/enter", "/queue", "/grid", "/map", "/looks", "/rapid", "/people", "/example/", "/picture/", "/static/"),
    *("/decisions.csv", "/api/queue", "/api/grid", "/api/status", "/api/trail", "/api/looks"),
)
POSTS = ("/enter", "/leave", "/target", "/api/decide", "/api/undo", "/api/skip")
PARAMETERS = (
    *("count", "start", "without", "given", "verdict", "state", "sure", "tag", "sort", "text", "token", "next"),
    *("origin", "corners", "group", "suggested", "reviewer"),
)


def campaign(requests: int, seed: int = 0) -> Result:
    """The attacks below, and so many random requests; the server answers each, none with a fault, and works on."""
    from aleator.testing.made_up_audit import write_all

    failures, tried = [], 0
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as temporary:
        audit, _ = write_all(Path(temporary), 120)
        with serving(audit) as running, _watched() as faults:
            ann = ReviewClient(running.address, "Ann")
            for name, request in (*_chosen(ann), *_made_up(ann, chance, requests)):
                tried += 1
                wrong = _wrong(running, faults, request)
                if wrong:
                    failures.append(f"{name}: {wrong}")
            ann.decide(0, [0])
            rows = {one.example for one in running.review.board.log.all_standing()}
            if not rows <= set(running.review.examples.ids.to_pylist()):
                failures.append(f"decisions on {rows}")
    return Result("attacks on the server", tried, tried - len(failures), tuple(failures))


class _Faults(logging.Handler):
    """What the server says of its own faults."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.said.append(repr(error) if error is not None else record.getMessage())


@contextmanager
def _watched() -> Iterator[_Faults]:
    faults, log = _Faults(), logging.getLogger("uvicorn.error")
    before = log.level
    log.addHandler(faults)
    log.setLevel(logging.ERROR)  # a warning of each request that is none would be all that is seen
    try:
        yield faults
    finally:
        log.setLevel(before)
        log.removeHandler(faults)


def _wrong(running: Running, faults: _Faults, request: bytes) -> str:
    """What the server did that it should not; empty where it answered in words or ended the connection."""
    place = urlsplit(running.address)
    answer = b""
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=60) as raw:
        try:
            raw.settimeout(20)
            raw.sendall(request)
            raw.settimeout(SECONDS)
            while piece := raw.recv(1 << 16):
                answer += piece
        except OSError:
            pass  # it has ended the connection, or waits for more
    said, faults.said = faults.said, []
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 5")]
    if said or any(not line.startswith(b"HTTP/1.1 503") for line in lines):
        return f"{said} {lines}"
    return "" if answer or _lives(running) else "the server is gone"


def _lives(running: Running) -> bool:
    place = urlsplit(running.address)
    try:
        socket.create_connection((place.hostname or "", place.port or 0), timeout=60).close()
    except OSError:
        return False
    return True


def _request(ann: ReviewClient, method: str, path: bytes, body: bytes = b"", *more: str, length: bool = True) -> bytes:
    head = [f"host: {ann.host}", f"cookie: {ann.cookie}", f"x-form-token: {ann.form_token}", "connection: close", *more]
    if length and body:
        head.append(f"content-length: {len(body)}")
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _decision(**changes: Any) -> bytes:
    one = {"uuid": str(uuid4()), "row": 0, "kind": "label", "labels": [0], "seconds": 1.0}
    return json.dumps({"decisions": [one | changes]}).encode()


def _chosen(ann: ReviewClient) -> Iterator[tuple[str, bytes]]:
    """By how HTTP, forms and JSON are known to be abused."""
    good = _decision()
    chunked = "transfer-encoding: chunked"
    for name, body, more in (
        ("both lengths", b"5\r\n" + good[:5] + b"\r\n0\r\n\r\n", (chunked, "content-length: 5")),
        ("two lengths", good, ("content-length: 3", f"content-length: {len(good)}")),
        ("a length below zero", good, ("content-length: -1",)),
        ("a length without end", good, (f"content-length: {'9' * 400}",)),
        ("a chunk without end", b"F" * 400 + b"\r\n", (chunked,)),
        ("a chunk below zero", b"-5\r\nhello\r\n0\r\n\r\n", (chunked,)),
        ("chunked twice", b"0\r\n\r\n", (chunked, chunked)),
        ("another encoding", good, ("transfer-encoding: gzip, chunked",)),
        ("a body in gzip", b"\x1f\x8b\x08" + bytes(50), ("content-encoding: gzip", "content-length: 53")),
        ("a body that never comes", b"", ("content-length: 500", "expect: 100-continue")),
    ):
        yield name, _request(ann, "POST", b"/api/decide", body, *more, length=False)
    for name, more in (
        ("10,000 headers", tuple(f"x-{number}: 1" for number in range(10_000))),
        ("a header of 1 MB", (f"x: {'a' * (1 << 20)}",)),
        ("a folded header", ("x: 1\r\n  2",)),
        ("a header without a name", (": 1",)),
        ("a null in a header", ("x: a\0b",)),
        ("1,000 cookies", (f"cookie: {'; '.join(f'aleator_review={number}' for number in range(1000))}",)),
        ("an upgrade", ("upgrade: websocket", "connection: upgrade", "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==")),
        ("to HTTP/2", ("upgrade: h2c", "connection: upgrade, http2-settings", "http2-settings: AAMAAABkAAQAAP__")),
        ("a range without end", (f"range: bytes=0-{'9' * 400}",)),
        ("10,000 ranges", (f"range: bytes={','.join('0-1' for _ in range(10_000))}",)),
        ("a forwarded line", ("x-forwarded-for: 1.2.3.4, ::1, \x7f", "x-forwarded-proto: gopher")),
        ("another site", ("sec-fetch-site: cross-site", "origin: https://evil.example")),
    ):
        yield name, _request(ann, "GET", b"/people", b"", *more)
    for name, line in (
        ("HTTP/0.9", b"GET /\r\n"),
        ("HTTP/9", b"GET / HTTP/9.9\r\n\r\n"),
        ("a method that is none", b"\xff\xfe / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30)),
        ("no line at all", b"\0" * 5000),
        ("an address without end", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"),
        ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n"),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        ("TRACE", b"TRACE / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        ("an address with a host", b"GET http://evil.example/people HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        ("no host", b"GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n"),
        ("a host that is none", b"GET / HTTP/1.1\r\nhost: [::1\r\n\r\n"),
        ("a host and a letter", b"GET / HTTP/1.1\r\nhost: localhost:99999999999999999999\r\n\r\n"),
        ("a cookie that is none", b"GET /people HTTP/1.1\r\nhost: localhost\r\ncookie: \xff\xfe=\x01; ;;=\r\n\r\n"),
    ):
        yield name, line
    yield "1,000 requests at once", _request(ann, "GET", b"/api/status") * 1000
    for path in (
        *("/static/%252e%252e%252fapp.py", "/static/..\\..\\app.py", "/static/\\\\evil", "/static/.", "/static/%00"),
        *("/picture/%c0%ae%c0%ae/96/0", "/picture//96/0", "/picture/x/96/-0", "/picture/x/1e3/0", "/picture/x/96/٣"),
        *("/example/+1", "/example/1_0", "/example/0x1", "/example/1%00", "/example/1;a=b", "/example/%2e%2e/people"),
        *(
            "/enter?next=//evil.example",
            "/enter?next=%5C%5Cevil.example",
            "/enter?next=javascript:1",
            "/enter?token=%ff",
        ),
        *(
            "/enter?next=/%0d%0aset-cookie:a=b",
            "/people?%0d%0ax: y",
            "/queue?given=%ff%fe",
            "/api/queue?without=" + "1," * 4000,
        ),
        *("/grid?start=-1", "/api/grid?count=1e9", "/api/queue?count=%D9%A3", "/api/looks?corners=[[1e400,0]]"),
    ):
        yield path[:60], _request(ann, "GET", path.encode())
    for name, body in (
        ("the same key twice", b'{"decisions": [], "decisions": [{"row": 0, "row": 1}]}'),
        ("UTF-16", good.decode().encode("utf-16")),
        ("a byte-order mark", b"\xef\xbb\xbf" + good),
        ("half of a letter", good[:-5] + b"\xc3"),
        ("deep and wide", b'{"decisions":' + b'[{"a":' * 5000 + b"1" + b"}]" * 5000 + b"}"),
        ("100,000 keys", json.dumps({f"k{number}": 0 for number in range(100_000)}).encode()),
        ("keys of one hash", json.dumps({str(number * (2**61 - 1)): 0 for number in range(20_000)}).encode()),
        ("500 decisions on one row", json.dumps({"decisions": json.loads(good)["decisions"] * 500}).encode()),
        *(
            (f"labels {value!r:.40}", _decision(labels=value))
            for value in ([0.0], [True], [None], [[0]], "0", 0, [0] * 9999)
        ),
        *(
            (f"note {value!r:.40}", _decision(note=value))
            for value in ("a" * 100_000, "\0", "\ud800", ["x"], 1, "<script>")
        ),
        *(
            (f"tags {value!r:.40}", _decision(tags=value))
            for value in (["a" * 9999], ["\ud800"], "x", [1], ["a"] * 9999, [""])
        ),
        *((f"time {value!r:.40}", _decision(time=value)) for value in ("9999-99-99", 1e400, "x")),
        *(
            (f"uuid {value!r:.40}", _decision(uuid=value))
            for value in ("0" * 32, "{" + "0" * 36 + "}", "urn:uuid:" + "0" * 32, 0, "")
        ),
    ):
        yield name, _request(ann, "POST", b"/api/decide", body)
    for name in (*NASTY_TEXT, "a" * 100_000, "\u202eevil", "Ann\nBob", "<b>Ann</b>", "\ud800"):
        body = f"name={name}&form_token={ann.form_token}&next=/people".encode("utf-8", "surrogatepass")
        yield f"the name {name!r:.40}", _request(ann, "POST", b"/enter", body)
    yield "100,000 fields", _request(ann, "POST", b"/enter", b"a=b&" * 100_000)
    yield "fields of nothing", _request(ann, "POST", b"/target", b"&=&%&%zz&=%ff" * 100)


def _made_up(ann: ReviewClient, chance: random.Random, requests: int) -> Iterator[tuple[str, bytes]]:
    """At random: addresses with nonsense, JSON with values of the wrong kind, damaged bytes."""
    for number in range(requests):
        what = number % 3
        if what == 0:
            text = "".join(chance.choice(NASTY_TEXT) for _ in range(2))
            path = chance.choice(PATHS) + chance.choice(("", text, f"?{chance.choice(PARAMETERS)}={text}"))
            request = _request(ann, "GET", path[:8000].encode("utf-8", "surrogatepass").replace(b" ", b"%20"))
        elif what == 1:
            fields = {
                name: chance.choice(NASTY_VALUES) for name in ("row", "kind", "labels", "seconds", "note", "tags")
            }
            one = json.loads(_decision())["decisions"][0]
            one |= {name: fields[name] for name in chance.sample(sorted(fields), chance.randint(1, 3))}
            path = chance.choice(POSTS[3:])
            content = {"decisions": [one], "undo": [one | {"decision": chance.choice(NASTY_VALUES)}], **one}
            request = _request(ann, "POST", path.encode(), json.dumps(content).encode())
        else:
            request = damaged(_request(ann, "POST", chance.choice(POSTS).encode(), _decision()), chance)
        yield f"request {number}", request
