"""Attacks on the review server, each refused."""

import http.client
import json
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import numpy as np
import pytest
from PIL import Image

from aleator.data import read_dataset
from aleator.errors import AleatorError, AuditFolderError, DataError
from aleator.review.examples import of_dataset
from aleator.review.serve import check_prefix, check_proxy, check_token, serve
from aleator.review.settings import ServerSettings
from aleator.review.web import connections, guard
from aleator.review.web.connections import MOST_AT_ONCE
from aleator.review.web.guard import MOST_BODY, Buckets, Session, Signer, local_target, new_session
from benchmarks.review.client import ReviewClient
from tests.review.conftest import Running, serving

TOKEN = "a token of some length"


@pytest.fixture(scope="module")
def module_folder(made_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(made_up / "audit", tmp_path_factory.mktemp("attacks") / "audit"))


@pytest.fixture(scope="module")
def server(module_folder: Path) -> Iterator[Running]:
    with serving(module_folder) as running:
        yield running


@pytest.fixture(scope="module")
def ann(server: Running) -> ReviewClient:
    return ReviewClient(server.address, "Ann")


def ask(
    server: Running, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def decision(**changes: Any) -> bytes:
    one = {"uuid": str(uuid4()), "row": 0, "kind": "label", "labels": [0], "seconds": 1.0}
    return json.dumps({"decisions": [one | changes]}).encode()


@pytest.mark.parametrize(
    "path",
    [
        "/picture/96/../../../../etc/passwd",
        "/picture/96/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/picture/96/-1",
        "/picture/96/999999",
        "/picture/97/0",
        "/picture/96/0x1",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/store.py",
        "/static/review.css%00.py",
        "/example/99999999999999999999",
        "//etc/passwd",
        "/review.sqlite",
        "/audit.json",
    ],
)
def test_no_file_but_the_pictures_is_served(server: Running, ann: ReviewClient, path: str) -> None:
    status, _, body = ask(server, "GET", path, cookie=ann.cookie)
    assert status in (404, 400)
    assert b"root:" not in body
    assert b"import" not in body


def test_a_link_out_of_the_data_set_is_no_picture(tmp_path: Path) -> None:
    """Refused when the data are read; and what is a picture's row is decoded, never sent as it is."""
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(number).integers(0, 255, (16, 16), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "data" / name / f"{number}.png")
    (tmp_path / "secret.png").write_text("secret")
    (tmp_path / "data" / "a" / "0.png").unlink()
    (tmp_path / "data" / "a" / "0.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match="outside"):
        read_dataset(tmp_path / "data")
    (tmp_path / "data" / "a" / "0.png").unlink()
    (tmp_path / "data" / "a" / "0.png").write_text("<html><script>alert(1)</script>")
    with serving(tmp_path / "data", of_dataset(read_dataset(tmp_path / "data"))) as running:
        client = ReviewClient(running.address, "Ann")
        status, body = client.request("GET", "/picture/96/0")
        assert status == 404
        assert b"alert" not in body
        assert str(tmp_path).encode() not in body  # nor is it told where the files are


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_form_token": "0" * 64},
        {"x_form_token": "ANN", "sec_fetch_site": "cross-site"},
        {"x_form_token": "ANN", "sec_fetch_site": "same-site"},
    ],
)
def test_a_forged_form_is_refused(server: Running, ann: ReviewClient, headers: dict[str, str]) -> None:
    headers = {name: ann.form_token if value == "ANN" else value for name, value in headers.items()}
    before = server.review.board.decision_count
    status, _, _ = ask(server, "POST", "/api/decide", decision(), cookie=ann.cookie, **headers)
    assert status == 403
    for path in ("/target", "/leave"):
        status, _, _ = ask(server, "POST", path, b"target=100&form_token=wrong", cookie=ann.cookie, **headers)
        assert status == 403
    assert server.review.board.decision_count == before
    assert server.review.board.target == 0.02


def test_another_persons_form_token_is_refused(server: Running, ann: ReviewClient) -> None:
    eve = ReviewClient(server.address, "Eve")
    status, _, _ = ask(server, "POST", "/api/decide", decision(), cookie=ann.cookie, x_form_token=eve.form_token)
    assert status == 403


def test_another_persons_decision_cannot_be_taken_back(server: Running, ann: ReviewClient) -> None:
    uuid = ann.decide(3, [1])
    eve = ReviewClient(server.address, "Eve")
    content = json.dumps({"undo": [{"uuid": str(uuid4()), "decision": uuid}]}).encode()
    assert eve.request("POST", "/api/undo", content)[0] == 400
    assert "Ann" in server.review.board.standing(3)


def test_a_uuid_cannot_be_used_for_another_decision(server: Running, ann: ReviewClient) -> None:
    uuid = ann.decide(4, [1])
    ann.decide(4, [1], uuid=uuid)  # the same again is fine
    assert ann.request("POST", "/api/decide", decision(uuid=uuid, row=5))[0] == 409


@pytest.mark.parametrize("text", ["", "x.y.z", "a.b.c.d.e", "key.QW5u.0.1.0000", "é.é"])
def test_a_cookie_that_we_did_not_make_opens_nothing(server: Running, text: str) -> None:
    cookie = f"aleator_review={text}".encode().decode("latin-1")
    status, headers, _ = ask(server, "GET", "/queue", cookie=cookie)
    assert (status, headers["location"]) == (303, "/enter?next=/queue")
    assert ask(server, "GET", "/picture/96/0", cookie=cookie)[0] == 403
    assert ask(server, "GET", "/api/queue", cookie=cookie)[0] == 403


def test_a_changed_or_old_cookie_is_no_session() -> None:
    signer = Signer("secret", None)
    cookie = signer.cookie(new_session("Ann"))
    session = signer.session(cookie)
    assert session is not None
    assert session.reviewer == "Ann"
    assert signer.session(cookie.replace("QW5u", "RXZl")) is None
    assert Signer("secret", "a token").session(cookie) is None
    assert Signer("other", None).session(cookie) is None
    assert signer.session(signer.cookie(Session("key", "Ann", False, 0))) is None


def test_an_oversized_body_is_refused(server: Running, ann: ReviewClient) -> None:
    large = b"{" + b" " * MOST_BODY + b"}"
    assert ask(server, "POST", "/api/decide", large, cookie=ann.cookie, x_form_token=ann.form_token)[0] == 413
    with socket.create_connection(("127.0.0.1", urlsplit(server.address).port), timeout=10) as raw:  # type: ignore[arg-type]
        # The length left out: it is counted while it comes in.
        head = f"POST /api/decide HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {ann.cookie}\r\nx-form-token: {ann.form_token}"
        raw.sendall(f"{head}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in range(2 * MOST_BODY // 0x10000):
                raw.sendall(chunk)
        except OSError:
            pass  # it has closed the connection already
        assert raw.recv(64).startswith(b"HTTP/1.1 413")
    assert ask(server, "GET", "/queue?text=" + "x" * 9000, cookie=ann.cookie)[0] == 414


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"no json", b"\xff", b'{"decisions": []}', b'{"decisions": [1]}', b'{"decisions": "x"}',
        decision(row=-1), decision(row="0"), decision(row=True), decision(row=10**9), decision(labels=[99]),
        decision(labels=[-1]), decision(labels=["angry"]), decision(labels=[0, 0], kind="ambiguous"),
        decision(labels=[]), decision(kind="undo"), decision(kind="x"), decision(uuid="x"), decision(uuid=None),
        decision(seconds="1"), decision(seconds=-1), decision(seconds=1e99), decision(labels={"a": 1}),
        json.dumps({"decisions": [{}] * 501}).encode(),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(server: Running, ann: ReviewClient, body: bytes) -> None:
    before = server.review.board.decision_count
    status, content = ann.request("POST", "/api/decide", body)
    assert status in (400, 404)
    assert "error" in json.loads(content)
    assert server.review.board.decision_count == before


@pytest.mark.parametrize("query", ["given=x", "given=99", "verdict=x", "state=x", "count=x", "without=1,x", "given=-1"])
def test_a_nonsense_filter_is_refused_in_words(server: Running, ann: ReviewClient, query: str) -> None:
    assert ann.request("GET", f"/api/queue?{query}")[0] == 400


def test_every_answer_carries_the_policy_and_the_cookie_is_closed_to_scripts(server: Running) -> None:
    for path in ("/enter", "/nowhere", "/static/review.css", "/picture/96/0", "/api/queue"):
        _, headers, _ = ask(server, "GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    cookie = ask(server, "GET", "/enter")[1]["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_another_name_for_this_machine_is_refused(server: Running, ann: ReviewClient) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", ""):
        assert ask(server, "GET", "/enter", host=host, cookie=ann.cookie)[0] == 421
    assert ask(server, "GET", "/enter", host="localhost:1")[0] == 200


def test_a_full_disk_is_told_in_words_and_the_decision_may_be_sent_again(server: Running, ann: ReviewClient) -> None:
    more = {"cookie": ann.cookie, "x_form_token": ann.form_token}
    body = decision()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))  # no file may grow beyond it
    try:
        status, headers, content = ask(server, "POST", "/api/decide", body, **more)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (status, headers["retry-after"]) == (503, "5")
    assert "cannot be used just now" in json.loads(content)["error"]
    assert ask(server, "POST", "/api/decide", body, **more)[0] == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS"])
def test_other_methods_are_refused(server: Running, method: str) -> None:
    assert ask(server, method, "/")[0] == 405


def test_too_many_requests_are_told_to_wait(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ReviewClient(server.address, "Flood")
    monkeypatch.setattr(server.guard, "buckets", Buckets(rate=0.5, burst=20))
    statuses = []
    for _ in range(25):
        status, headers, _ = ask(server, "GET", "/static/icon.svg", cookie=client.cookie)
        statuses.append(status)
    assert statuses.index(429) == 20
    assert statuses[-1] == 429
    assert int(headers["retry-after"]) >= 1
    assert ask(server, "GET", "/enter")[0] == 200  # others are not held up


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%0d%0ax: y", "/%2f/evil"],
)
def test_one_is_not_sent_on_to_another_site(server: Running, target: str) -> None:
    assert local_target(target) == "/"
    _, headers, page = ask(server, "GET", "/enter?" + urlencode({"next": target}))
    assert b"evil" not in page
    assert headers["content-type"].startswith("text/html")


def test_with_a_token_nobody_comes_in_without_it(module_folder: Path, tmp_path: Path, made_up: Path) -> None:
    folder = Path(shutil.copytree(made_up / "audit", tmp_path / "audit"))
    with serving(folder, token=TOKEN) as running:
        assert ask(running, "GET", "/", host="team.example")[0] == 303
        assert b'name="token"' in ask(running, "GET", "/enter", host="team.example")[2]
        assert ask(running, "GET", "/picture/96/0")[0] == 403
        with pytest.raises(PermissionError):
            ReviewClient(running.address, "Eve")
        with pytest.raises(PermissionError):
            ReviewClient(running.address, "Eve", token="another token of some length")
        status, headers, _ = ask(running, "GET", f"/?{urlencode({'token': TOKEN})}", host="team.example")
        assert (status, headers["location"]) == (303, "/")  # the token leaves the address at once
        assert TOKEN not in headers["set-cookie"]
        client = ReviewClient(running.address, "Ann", token=TOKEN)
        client.decide(0, [0])
        for _ in range(20):
            status, _, _ = ask(running, "GET", "/?token=guess")
        assert status == 429  # even the right one has to wait now
        assert ask(running, "GET", f"/?{urlencode({'token': TOKEN})}")[0] == 429
        assert client.status()["reviewed"] == 1  # who is in stays in


def test_any_other_address_demands_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.2", "team.example"):
        assert len(check_token(None, host) or "") >= 32
    for host in ("127.0.0.1", "::1", "localhost"):
        assert check_token(None, host) is None
    with pytest.raises(DataError, match="at least"):
        check_token("short", "127.0.0.1")


@pytest.mark.parametrize("prefix", ["review", "/a b", '/"><script>', "/a//b", "/../x", "/é"])
def test_a_nonsense_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(DataError):
        check_prefix(prefix)
    assert check_prefix("/team/review/") == "/team/review"


def test_an_export_from_the_page_holds_no_formulas(server: Running, ann: ReviewClient) -> None:
    eve = ReviewClient(server.address, "=cmd|' /C calc'!A0")
    eve.decide(7, [1])
    status, text = eve.request("GET", "/decisions.csv")
    assert status == 200
    assert b",'=cmd" in text
    assert b",=cmd" not in text


def test_what_cannot_be_served_is_told_in_words(made_up: Path, audit_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not there"):
        serve(tmp_path / "nothing")
    noise = np.random.default_rng(0).integers(0, 255, (40, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "other.npz", x=noise, y=np.arange(40) % 2)
    with pytest.raises(AuditFolderError, match="other data"):
        serve(audit_folder, data=tmp_path / "other.npz")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AleatorError, match="port"):
        serve(audit_folder, ServerSettings(port=taken.getsockname()[1]))


@pytest.mark.slow
def test_a_second_server_says_so_and_stops(server: Running, module_folder: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "aleator", "review", str(module_folder), "--port", "0"], capture_output=True, text=True
    )
    assert second.returncode == 2
    assert "Another review server has" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_picture_is_kept_by_browsers_under_the_name_of_its_data_only(server: Running, ann: ReviewClient) -> None:
    key = server.review.examples.key
    status, headers, _ = ask(server, "GET", f"/picture/{key}/96/0", cookie=ann.cookie)
    assert status == 200
    assert "max-age" in headers["cache-control"]
    assert ask(server, "GET", f"/picture/{'0' * 16}/96/0", cookie=ann.cookie)[0] == 404
    assert ask(server, "GET", "/picture/96/0", cookie=ann.cookie)[1]["cache-control"] == "no-store"
    for path in ("/queue", "/example/3", "/people", "/map"):
        page = ask(server, "GET", path, cookie=ann.cookie)[2].decode()
        assert f'data-pictures="/picture/{key}"' in page
        assert "/picture/96/" not in page


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/decide", b"[" * 100_000),
        ("/api/decide", b'{"decisions": ' + b"[" * 100_000),
        ("/api/decide", b'{"decisions": ' + b"9" * 5000 + b"}"),
        ("/api/decide", decision(seconds=10**4000)),
        ("/api/decide", decision(seconds=float("nan"))),
        ("/api/decide", decision(row=10**4000)),
        ("/api/decide", decision(kind="\ud800")),
        ("/api/undo", json.dumps({"undo": [{"uuid": str(UUID(int=7)), "decision": "\ud800"}]}).encode()),
        ("/api/undo", json.dumps({"undo": [{"uuid": "\ud800", "decision": str(UUID(int=7))}]}).encode()),
        ("/api/skip", b'{"row": 1e400}'),
    ],
)
def test_no_body_makes_the_server_fail(server: Running, ann: ReviewClient, path: str, body: bytes) -> None:
    status, content = ann.request("POST", path, body)
    assert status in (400, 404), content
    assert "error" in json.loads(content)


def test_a_form_of_too_many_fields_is_refused_in_words(server: Running, ann: ReviewClient) -> None:
    status, content = ann.request("POST", "/target", b"a=b&" * 100_000)
    assert status == 400
    assert b"too many fields" in content


@pytest.mark.parametrize("path", ["/example/", "/picture/96/", "/api/queue?count=", "/api/grid?start="])
def test_no_number_in_an_address_makes_the_server_fail(server: Running, ann: ReviewClient, path: str) -> None:
    assert ask(server, "GET", path + "9" * 5000, cookie=ann.cookie)[0] in (400, 404)


def test_idle_connections_keep_nobody_out(audit_folder: Path) -> None:
    """More than there may be at once, half of them with a header that is never finished."""
    with serving(audit_folder) as running, ExitStack() as stack:
        for number in range(MOST_AT_ONCE + 30):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", urlsplit(running.address).port)))  # type: ignore[arg-type]
            if number % 2:
                one.sendall(b"GET /enter HTTP/1.1\r\nhost: localhost\r\nx-")
        for _ in range(5):
            assert ask(running, "GET", "/enter")[0] == 200


def test_an_unfinished_header_and_body_are_given_up(audit_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    with serving(audit_folder) as running:
        client = ReviewClient(running.address, "Ann")
        port: Any = urlsplit(running.address).port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            one.sendall(b"GET /enter HTTP/1.1\r\nhost: localhost\r\nx-")
            assert one.recv(64) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            head = f"POST /api/skip HTTP/1.1\r\nhost: localhost\r\ncookie: {client.cookie}\r\nx-form-token: "
            one.sendall(f"{head}{client.form_token}\r\ncontent-length: 100\r\n\r\n{{".encode())
            assert one.recv(64).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(("token", "then"), [(TOKEN, 429), ("x" * 32, 303)])
def test_after_wrong_tokens_the_right_one_waits_only_where_it_might_be_guessed(
    audit_folder: Path, token: str, then: int
) -> None:
    with serving(audit_folder, token=token) as running:
        for _ in range(12):
            status, headers, _ = ask(running, "GET", "/?token=guess", x_forwarded_for="203.0.113.1")
        assert status == 429
        assert 1 <= int(headers["retry-after"]) <= 10
        right = f"/?{urlencode({'token': token})}"
        assert ask(running, "GET", right, x_forwarded_for="203.0.113.1")[0] == then
        assert ask(running, "GET", right, x_forwarded_for="203.0.113.2")[0] == 303  # others behind the proxy


def test_the_cookie_is_secure_where_the_proxy_has_tls(audit_folder: Path) -> None:
    with serving(audit_folder, token=TOKEN) as running:
        right = f"/?{urlencode({'token': TOKEN})}"
        assert "Secure" in ask(running, "GET", right, x_forwarded_proto="https")[1]["set-cookie"]
        assert "Secure" not in ask(running, "GET", right)[1]["set-cookie"]


def test_a_nonsense_proxy_is_refused() -> None:
    with pytest.raises(DataError, match=r"10\.0\.0\.0/24"):
        check_proxy("*")
    check_proxy("10.0.0.0/24")
