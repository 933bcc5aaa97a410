"""The reverse proxies of docs/reliability.md (the page under a path) and of docker/, with the real nginx and HTTPS."""

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

ROOT = Path(__file__).parents[2]
TOKEN = "x" * 40


def example(prefix: str) -> str:
    """nginx's settings of the docs, where the page is under a path, or of the containers."""
    if not prefix:
        return (ROOT / "docker" / "nginx.conf").read_text(encoding="utf-8")
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(params=["/review", ""], ids=["in the docs", "of the containers"])
def behind_nginx(
    request: pytest.FixtureRequest, audit_folder: Path, tmp_path: Path
) -> Iterator[tuple[Running, int, str]]:
    """The server, the port of the nginx in front of it, and the path it is under."""
    prefix: str = request.param
    nginx, openssl = (
        shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"),
        shutil.which("openssl"),
    )
    if nginx is None or openssl is None:
        pytest.skip("no nginx here: the example of a proxy is not tried")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=team.example.org",
         "-keyout", tmp_path / "team.key", "-out", tmp_path / "team.pem"], check=True, capture_output=True,
    )  # fmt: skip
    with (
        serving(audit_folder, token=TOKEN, prefix=prefix) as running,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = int(free.getsockname()[1])
        text = re.sub("/etc/ssl/(team/)?", f"{tmp_path}/", example(prefix))
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        text = re.sub(r"(127.0.0.1|review):8765", urlsplit(running.address).netloc, text)
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
            yield running, port, prefix
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


def test_the_examples_let_a_team_in_by_https(behind_nginx: tuple[Running, int, str]) -> None:
    running, port, prefix = behind_nginx
    status, headers, _ = ask(port, "GET", f"{prefix}/?{urlencode({'token': TOKEN})}")
    assert (status, headers["location"]) == (303, f"{prefix}/")
    cookie = headers["set-cookie"]
    assert "Secure" in cookie
    assert f"Path={prefix or '/'}" in cookie
    cookie = cookie.split(";")[0]
    page = ask(port, "GET", f"{prefix}/enter", cookie=cookie)[2]
    form_token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert form_token is not None
    fields = urlencode({"name": "Ann", "form_token": form_token[1], "next": "/people"})
    status, headers, _ = ask(port, "POST", f"{prefix}/enter", fields, cookie)
    assert (status, headers["location"]) == (303, f"{prefix}/people")
    cookie = headers["set-cookie"].split(";")[0]
    page = ask(port, "GET", f"{prefix}/people", cookie=cookie)[2]
    assert f'href="{prefix}/static/review.css"' in page
    picture = f"{prefix}/picture/{running.review.examples.key}/96/0"
    assert ask(port, "GET", picture, cookie=cookie)[0] == 200
    assert ask(port, "GET", picture)[0] == 403
    if prefix:
        assert ask(port, "GET", "/")[0] == 404  # what is not the page's is the proxy's
