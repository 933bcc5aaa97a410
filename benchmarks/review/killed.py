"""Twenty reviewers at once and a server that is killed: is every acknowledged decision there, and none twice?"""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from aleator.decisions.decision import UNDO
from aleator.decisions.gather import database_beside
from aleator.decisions.store import Store
from aleator.review.examples import open_examples
from benchmarks.review.client import ReviewClient


@dataclass
class Server:
    """`aleator review` in a process of its own, on one port over its lives."""

    folder: Path
    database: str | None = None
    port: int = 0
    within: Path | None = None
    """The folder that it is started in, where that is another than this process's."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it, wait until it listens, and return its address."""
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "aleator", "review", str(self.folder), "--port", str(self.port)]
        command += ["--database", self.database] if self.database else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=self.within)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"Review: "):
                return line.split()[1].decode().rstrip("/")
        raise RuntimeError(f"The server did not start: {' '.join(command)}")

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its highest, in megabytes."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in text.splitlines())
        return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024


def run(
    folder: Path, *, database: str | None = None, reviewers: int = 20, each: int = 200, kills: int = 2
) -> dict[str, Any]:
    """Let them decide, kill and restart the server in between, and count what the log holds."""
    server = Server(folder, database)
    address = server.start()
    acknowledged: list[str] = []
    lock = threading.Lock()
    failures: list[BaseException] = []
    start = time.perf_counter()

    def work(number: int) -> None:
        try:
            client = ReviewClient(address, f"reviewer {number:02}")
            rows: list[int] = []
            for step in range(each):
                if not rows:
                    rows = [card["row"] for card in client.queue(10)]
                row = rows.pop() if rows else step
                uuid = client.decide(row, [(row + number) % 2], uuid=str(uuid4()))
                with lock:
                    acknowledged.append(uuid)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(reviewers)]
    for thread in threads:
        thread.start()
    total = reviewers * each
    for kill in range(1, kills + 1):
        while len(acknowledged) < total * kill // (kills + 1) and not failures:
            time.sleep(0.02)
        server.kill()
        server.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    server.kill()
    if failures:
        raise failures[0]
    examples = open_examples(folder)
    with Store(database or database_beside(folder), examples.fingerprint) as store:
        stored = Counter(decision.uuid for _, decision in store.after(0) if decision.kind != UNDO)
    return {
        "acknowledged": len(acknowledged),
        "missing": len(set(acknowledged) - set(stored)),
        "twice": sum(count - 1 for count in stored.values()),
        "unasked": len(set(stored) - set(acknowledged)),
        "kills": kills,
        "seconds": seconds,
        "decisions_per_second": total / seconds,
    }
