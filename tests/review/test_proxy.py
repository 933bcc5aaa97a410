"""The example of a reverse proxy in docs/reliability.md, with the real nginx: HTTPS, and the page under a path."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.review.conftest import Running, serving

DOCS = Path(__file__).parents[2] / "docs" / "reliability.md"
TOKEN = "x" * 40


@pytest.fixture
def behind_nginx(audit_folder: Path, tmp_path: Path) -> Iterator[tuple[Running, int]]:
    """The server, and the port of the nginx in front of it."""
    nginx, openssl = (
        shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"),
        shutil.which("openssl"),
    )
    if nginx is None or openssl is None:
        pytest.skip("no nginx here: the example of a proxy is not tried")
    example = re.search(r"```nginx\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=team.example.org",
         "-keyout", tmp_path / "team.key", "-out", tmp_path / "team.pem"], check=True, capture_output=True,
    )  # fmt: skip
    with (
        serving(audit_folder, token=TOKEN, prefix="/review") as running,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = int(free.getsockname()[1])
        text = example[1].replace("/etc/ssl/", f"{tmp_path}/").replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        text = text.replace("127.0.0.1:8765", urlsplit(running.address).netloc)
        paths = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = (
            f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\ndaemon off;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{paths}{text}}}\n"
        )
        (tmp_path / "nginx.conf").write_text(config)
        free.close()
        proxy = subprocess.Popen([nginx, "-p", tmp_path, "-e", tmp_path / "start.log", "-c", tmp_path / "nginx.conf"])
        try:
            end = time.monotonic() + 20
            while not _answers(port):
                assert time.monotonic() < end, (tmp_path / "start.log").read_text()
            yield running, port
        finally:
            proxy.terminate()
            proxy.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(
    port: int, method: str, path: str, body: str | None = None, cookie: str = ""
) -> tuple[int, http.client.HTTPMessage, str]:
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    headers = {"host": "team.example.org", "cookie": cookie, "sec-fetch-site": "same-origin"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read().decode("latin-1")
    connection.close()
    return answer.status, answer.headers, content


def test_the_example_in_the_docs_lets_a_team_in_by_https_under_a_path(behind_nginx: tuple[Running, int]) -> None:
    running, port = behind_nginx
    status, headers, _ = ask(port, "GET", f"/review/?{urlencode({'token': TOKEN})}")
    assert (status, headers["location"]) == (303, "/review/")
    cookie = headers["set-cookie"]
    assert "Secure" in cookie
    assert "Path=/review" in cookie
    cookie = cookie.split(";")[0]
    page = ask(port, "GET", "/review/enter", cookie=cookie)[2]
    form_token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert form_token is not None
    fields = urlencode({"name": "Ann", "form_token": form_token[1], "next": "/people"})
    status, headers, _ = ask(port, "POST", "/review/enter", fields, cookie)
    assert (status, headers["location"]) == (303, "/review/people")
    cookie = headers["set-cookie"].split(";")[0]
    page = ask(port, "GET", "/review/people", cookie=cookie)[2]
    assert 'href="/review/static/review.css"' in page
    picture = f"/review/picture/{running.review.examples.key}/96/0"
    assert ask(port, "GET", picture, cookie=cookie)[0] == 200
    assert ask(port, "GET", picture)[0] == 403
    assert ask(port, "GET", "/")[0] == 404  # what is not the page's is the proxy's
