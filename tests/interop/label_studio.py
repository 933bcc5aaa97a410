"""The real Label Studio, started for a test: SQLite, on this machine only, thrown away afterwards."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TOKEN = "0123456789abcdef0123456789abcdef01234567"
USER = "reviewer@example.com"
STARTED_WITHIN = 300


@dataclass(frozen=True)
class LabelStudio:
    """A server that runs."""

    address: str
    files: Path
    """The folder whose pictures it may serve."""

    def ask(self, path: str, body: Any = None, method: str | None = None, token: str = TOKEN) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(self.address + path, data, headers, method=method), timeout=120) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            raise AssertionError(f"{error.code} {path}: {error.read()[:2000]!r}") from error

    def ask_json(self, path: str, body: Any = None, method: str | None = None) -> Any:
        return json.loads(self.ask(path, body, method))

    def project(self, folder: Path) -> int:
        """A new project with all that is in an exported folder, set up as its README says. Returns its number."""
        number: int = self.ask_json(
            "/api/projects", {"title": folder.name, "label_config": (folder / "config.xml").read_text(encoding="utf-8")}
        )["id"]
        if (folder / "pictures").exists():
            storage = {"project": number, "path": str(folder / "pictures"), "use_blob_urls": True}
            self.ask("/api/storages/localfiles", storage)
        self.ask(f"/api/projects/{number}/import", json.loads((folder / "tasks.json").read_text(encoding="utf-8")))
        return number

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """All tasks with their annotations."""
        return list(self.ask_json(f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true"))

    def export(self, project: int, kind: str, path: Path) -> Path:
        path.write_bytes(self.ask(f"/api/projects/{project}/export?exportType={kind}"))
        return path

    def finished_export(self, project: int, number: int) -> bytes:
        """A snapshot, once the server has written it."""
        address = f"/api/projects/{project}/exports/{number}"
        until = time.monotonic() + STARTED_WITHIN
        while self.ask_json(address)["status"] not in ("completed", "failed") and time.monotonic() < until:
            time.sleep(0.5)
        return self.ask(f"{address}/download?exportType=JSON")


def executable() -> str | None:
    """Where Label Studio is: ALEATOR_LABEL_STUDIO, or on the path."""
    return os.environ.get("ALEATOR_LABEL_STUDIO") or shutil.which("label-studio")


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[LabelStudio]:
    """The server on a free port, with its database in the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    files = folder / "files"
    files.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(files),
        "LATEST_VERSION_CHECK": "false",
        "COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    }
    command = [
        program,
        "start",
        "--no-browser",
        "--internal-host",
        "127.0.0.1",
        "--port",
        str(port),
        "--username",
        USER,
    ]
    command += ["--password", "not a secret 1", "--user-token", TOKEN, "--enable-legacy-api-token"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    studio = LabelStudio(f"http://127.0.0.1:{port}", files)
    try:
        _wait(studio, server, folder / "server.log")
        yield studio
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait(studio: LabelStudio, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers: it makes its database first, which takes a minute."""
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with contextlib.suppress(URLError, OSError), urlopen(f"{studio.address}/health", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    raise AssertionError(f"Label Studio did not start: {log.read_text(errors='replace')[-2000:]}")
