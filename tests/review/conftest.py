"""What the tests of the review page share: a made-up audit, a real server, a real PostgreSQL."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

EXAMPLES = 300
Open = Callable[..., "Page"]


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
    opened: ExitStack
    """Closes what was opened of it in a browser, before it ends: a page would ask on, and be refused."""


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
        opened = ExitStack()
        try:
            # Connections are queued by the system until it accepts them: there is nothing to wait for.
            yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", review, app, opened)
        finally:
            opened.close()
            server.should_exit = True
            thread.join()
            listening.close()


@pytest.fixture
def running(audit_folder: Path) -> Iterator[Running]:
    with serving(audit_folder) as running:
        yield running


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[Open]:
    """Sign in and open a page; at the end no page may have complained or asked another machine for anything."""
    trouble: list[str] = []
    contexts = []

    def start(running: Running, path: str = "/queue", name: str = "Ada", blind: bool = False, **options: Any) -> "Page":
        context = browser.new_context(**options)
        contexts.append(context)
        running.opened.callback(context.close)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text) if is_trouble(message) else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith(running.address) else trouble.append(one.url))
        page.goto(running.address + path)
        page.get_by_label("Name").fill(name)
        if blind:
            page.get_by_label("Review blind").check()
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(running.address + path)
        if path.startswith("/queue"):
            page.locator("#desk").wait_for()
        return page

    yield start
    for context in contexts:
        context.close()
    assert trouble == []


def is_trouble(message: "ConsoleMessage") -> bool:
    """Anything but the browser's own word on a request that a test makes fail on purpose."""
    return message.type == "error" and not message.text.endswith(("status of 400 (Bad Request)", "net::ERR_FAILED"))


def row_of(page: "Page") -> int:
    return int(str(page.locator("#address").get_attribute("href")).rsplit("/", 1)[1])


def stored(running: Running, count: int) -> list[Any]:
    """The rows of the log, once there are so many."""
    with running.review.live._news:
        end = time.monotonic() + 10
        while running.review.board.decision_count < count and time.monotonic() < end:
            running.review.live._news.wait(0.05)
    return [decision for _, decision in running.review.store.after(0)]
