"""What the tests of the review page share: a made-up audit, a real server, a real PostgreSQL."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from aleator.decisions.gather import database_beside
from aleator.decisions.store import Store
from aleator.review.examples import Examples, open_examples
from aleator.review.serve import listen
from aleator.review.web.app import create_app
from aleator.review.web.connections import Connection
from aleator.review.web.guard import Guard
from aleator.review.web.parts import Review
from aleator.testing.made_up_audit import write_all

EXAMPLES = 300


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with drawn faces and an audit of them; nobody writes into it."""
    folder = tmp_path_factory.mktemp("made-up")
    write_all(folder, EXAMPLES)
    return folder


@pytest.fixture
def audit_folder(made_up: Path, tmp_path: Path) -> Path:
    """A copy of the audit, to be written into; the pictures stay where they are."""
    return Path(shutil.copytree(made_up / "audit", tmp_path / "audit"))


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    address: str
    review: Review
    guard: Guard


@contextmanager
def serving(path: Path, examples: Examples | None = None, **options: Any) -> Iterator[Running]:
    """The real server on a free port, in a thread."""
    examples = examples or open_examples(path)
    with Store(database_beside(path), examples.fingerprint, exclusive=True) as store:
        app, review = create_app(examples, store, **options)
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            # Connections are queued by the system until it accepts them: there is nothing to wait for.
            yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", review, app)
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


@pytest.fixture
def running(audit_folder: Path) -> Iterator[Running]:
    with serving(audit_folder) as running:
        yield running
