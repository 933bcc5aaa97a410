"""The review server: connections that say nothing, and reviewers whose server is killed."""

import shutil
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.review import killed
from benchmarks.review.client import ReviewClient
from tests import postgres
from tests.review.conftest import serving
from tests.torture.result import Result


def hogged(connections: int) -> Result:
    """So many connections that say nothing, or half of a header or a body, while a reviewer decides."""
    from aleator.testing.made_up_audit import write_all

    name, tried = f"{connections} idle connections, a reviewer decides", 20
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        audit, _ = write_all(Path(temporary), 120)
        running = stack.enter_context(serving(audit))
        port = urlsplit(running.address).port or 0
        client = ReviewClient(running.address, "Ann")
        for number in range(connections):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 3:
                one.sendall(b"POST /enter HTTP/1.1\r\nhost: localhost\r\n")
            if number % 3 == 2:
                one.sendall(b"content-length: 1000\r\n\r\nname=")
            if number % (connections // tried) == 0:
                client.decide(number % 120, [number % 7])
        survived = running.review.board.decision_count
    return Result(name, tried, min(survived, tried))


def reviewers(decisions: int, kills: int, *, on_postgres: bool) -> Result:
    """So many decisions by 20 reviewers while the server is killed; each acknowledged one is there once."""
    from aleator.testing.made_up_audit import write_all

    kind = "PostgreSQL" if on_postgres else "SQLite"
    name = f"decisions while the server is killed {kills} times, {kind}"
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        url = None
        if on_postgres:
            try:
                url = stack.enter_context(postgres.cluster())
            except RuntimeError as error:
                return Result(name, 0, 0, left_out=str(error))
        audit, _ = write_all(Path(temporary), 300)
        found = killed.run(audit, database=url, reviewers=20, each=decisions // 20, kills=kills)
        shutil.rmtree(audit)
    wrong = int(found["missing"]) + int(found["twice"]) + int(found["unasked"])
    failures = (str({key: found[key] for key in ("missing", "twice", "unasked")}),) if wrong else ()
    return Result(name, decisions, int(found["acknowledged"]) - wrong, failures)
