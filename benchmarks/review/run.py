"""Is the page quick, does it keep what it acknowledged, and what do decisions bring?

Three parts: a person's minute at the keyboard of a real Chromium, on few and on a million examples; twenty people at
once with a server that is killed; and FER+'s majority as the reviewer of a FER2013 audit, through the page's own HTTP
interface, with our order against a random one.
"""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aleator.auditing.referee import detection_scores
from aleator.data.dataset import Votes
from aleator.decisions.gather import database_beside
from aleator.errors import DataError
from aleator.progress import Progress, silent
from aleator.review.examples import open_examples
from aleator.review.serve import listen
from aleator.testing.made_up_audit import write_all
from benchmarks.chromium import chromium
from benchmarks.review import killed
from benchmarks.review.client import ReviewClient

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEYS = 200
PAUSE_MS = 250
"""A person's pace: 200 in about a minute."""
CHECKPOINTS = (0, 50, 100, 200, 500, 1000)
AT_ONCE = 10
"""Decisions between two looks at the queue."""

WATCH = """() => {
  window.measured = [];
  let pressed = 0, told = null;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  document.addEventListener("shown", () => {
    if (pressed) window.measured.push(performance.now() - pressed);
    told?.();
  });
  window.afterNext = (count) => new Promise((done) => {
    if (window.measured.length >= count) done();
    else told = () => { if (window.measured.length >= count) done(); };
  });
}"""


def run(
    *,
    rows: Sequence[int] = (),
    crowd: bool = False,
    database: str | None = None,
    audit: Path | None = None,
    votes: Path | None = None,
    data: Path | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """A `minute` on each number of rows, the `decide_at_once` of a crowd, the `referee` on an audit: what is asked for.

    Raises DataError where nothing is, and for an audit without FER+'s votes.
    """
    if audit is not None and votes is None:
        raise DataError("FER+ plays the reviewer: name its votes with --votes.")
    result: dict[str, Any] = {}
    if rows:
        result["minutes"] = [minute(count, folder=folder, progress=progress) for count in rows]
    if crowd:
        result["crowds"] = {"PostgreSQL" if database else "SQLite": decide_at_once(database=database)}
    if audit is not None and votes is not None:
        result["referee"] = referee(audit, votes, data=data, progress=progress)
    if not result:
        raise DataError("Say what to measure: --rows 2000 --rows 1000000, --crowd, or --audit DIR --votes FILE.")
    return result


def minute(rows: int, *, folder: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """A keyboard session in a real Chromium on a made-up audit of `rows` examples.

    Raises MissingExtraError without Playwright.
    """
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        page = browser.new_page()
        place = folder or Path(scratch)
        if not (place / "audit" / "audit.json").exists():
            progress("making the audit up", 0, 1)
            write_all(place, rows)
            progress("making the audit up", 1, 1)
        server = killed.Server(place / "audit", str(Path(scratch) / "review.sqlite"))
        start = time.perf_counter()
        address = server.start()
        started = time.perf_counter() - start
        try:
            client = ReviewClient(address, "memory")
            while not client.status()["up_to_date"]:  # the judge has run once
                time.sleep(0.2)
            judged = time.perf_counter() - start
            first_pages = _first_pages(page, address)
            latencies = _at_the_desk(page, address, progress)
            while client.status()["reviewed"] < KEYS or not client.status()["up_to_date"]:
                time.sleep(0.1)
            follows = _seconds_to_follow(client)
            memory, peak = server.memory()
        finally:
            server.kill()
    return {
        "rows": rows,
        "seconds_to_start": started,
        "seconds_to_first_judgement": judged,
        "first_page_ms": first_pages,
        "key_to_picture_ms": {
            "median": float(np.median(latencies)),
            "p99": float(np.quantile(latencies, 0.99)),
            "highest": float(np.max(latencies)),
        },
        "decisions": len(latencies),
        "seconds_until_estimates_follow": follows,
        "memory_mb": memory,
        "peak_memory_mb": peak,
    }


def _first_pages(page: "Page", address: str) -> dict[str, float]:
    """Sign in, and milliseconds until each page was loaded for the first time."""
    page.goto(f"{address}/enter")
    page.get_by_label("Name").fill("A person")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(f"{address}/")
    milliseconds = {}
    for name in ("", "queue", "grid", "map", "people"):
        page.goto(f"{address}/{name}", wait_until="load")
        milliseconds[name or "overview"] = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    return milliseconds


def _at_the_desk(page: "Page", address: str, progress: Progress) -> list[float]:
    """Decide by key at a person's pace. Returns milliseconds from each key to the next picture."""
    page.goto(f"{address}/queue")
    page.locator("#desk").wait_for()
    page.evaluate(WATCH)
    for number in range(KEYS):
        page.keyboard.press(("Enter", "Space", "1", "4", "x")[number % 5])
        page.evaluate(f"window.afterNext({number + 1})")
        page.wait_for_timeout(PAUSE_MS)
        progress("deciding", number + 1, KEYS)
    return list(page.evaluate("window.measured"))


def _seconds_to_follow(client: ReviewClient) -> float:
    """From a decision's acknowledgement to estimates that know it."""
    (card,) = client.queue(1)
    client.decide(card["row"], [0])
    start = time.perf_counter()
    while not client.status()["up_to_date"]:
        time.sleep(0.02)
    return time.perf_counter() - start


def decide_at_once(reviewers: int = 20, each: int = 200, database: str | None = None) -> dict[str, Any]:
    """Many people at once and a server that is killed twice."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, _ = write_all(Path(scratch), 5000)
        return killed.run(folder, database=database, reviewers=reviewers, each=each, kills=2)


def referee(
    audit: Path,
    votes_file: Path,
    *,
    data: Path | None = None,
    checkpoints: Sequence[int] = CHECKPOINTS,
    seeds: int = 3,
    progress: Progress = silent,
) -> dict[str, Any]:
    """FER+'s majority reviews a FER2013 audit: our order, and random orders, scored after so many decisions.

    `all` counts what was reviewed as known; `unreviewed` is what the decisions taught about the rest.
    """
    arms: dict[str, Any] = {"ours": _arm(audit, votes_file, data, checkpoints, None, progress)}
    for seed in range(seeds):
        arms[f"random {seed}"] = _arm(audit, votes_file, data, checkpoints, seed, progress)
    return {"checkpoints": list(checkpoints), "arms": arms}


def _arm(
    audit: Path, votes_file: Path, data: Path | None, checkpoints: Sequence[int], seed: int | None, progress: Progress
) -> list[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as scratch,
        _serving(audit, data, votes_file, Path(scratch)) as (address, review, votes),
    ):
        board, live = review.board, review.live
        given = board.examples.given.astype(np.int64)
        majority = votes.majority()
        client = ReviewClient(address, "FER+")
        order = None if seed is None else np.random.default_rng(seed).permutation(len(given)).tolist()
        points, decided = [], 0
        for checkpoint in checkpoints:
            while decided < checkpoint:
                count = min(AT_ONCE, checkpoint - decided)
                rows = (
                    [card["row"] for card in client.queue(count)] if order is None else order[decided : decided + count]
                )
                for row in rows:
                    labels, kind = _answer(votes, majority, row, len(board.examples.class_names))
                    client.decide(row, labels, kind)
                decided += count
                live.wait_for(board.version, 60)
                progress("ours" if seed is None else f"random {seed}", decided, checkpoints[-1])
            live.wait_for(board.version, 60)
            verdicts = live.now.verdicts
            unreviewed = board.answers_of == 0
            hidden = np.where(unreviewed, majority, -1)
            scored = (majority != -1) & (given >= 0)
            reviewed = ~unreviewed & scored
            wrong = live.now.estimates.mislabelled
            points.append(
                {
                    "decisions": checkpoint,
                    "all": vars(detection_scores(verdicts.p_mislabelled, given, majority)),
                    "unreviewed": vars(detection_scores(verdicts.p_mislabelled, given, hidden)),
                    "suggested_label_accuracy": float((verdicts.suggested_label == majority)[scored].mean()),
                    "suggested_label_accuracy_unreviewed": float(
                        (verdicts.suggested_label == majority)[scored & unreviewed].mean()
                    ),
                    "errors_found": int((given != majority)[reviewed].sum()),
                    "estimated_wrong": [wrong.count, wrong.low, wrong.high],
                }
            )
        return points


@contextmanager
def _serving(audit: Path, data: Path | None, votes_file: Path, scratch: Path) -> Iterator[tuple[str, Any, Votes]]:
    """The real server in a thread of this process, so that what it believes can be scored."""
    import uvicorn

    from aleator.data import read_dataset
    from aleator.data.options import ReadOptions
    from aleator.decisions.store import Store
    from aleator.review.web.app import create_app

    examples = open_examples(audit, data)
    if examples.audit is None:
        raise DataError(f"{audit} is no audit folder.")
    voted = read_dataset(examples.path, ReadOptions(votes=votes_file))  # of all splits: votes line up by row
    row_of = {str(one): row for row, one in enumerate(voted.ids.tolist())}
    assert voted.votes is not None
    votes = voted.votes.take(np.array([row_of[one] for one in examples.ids.to_pylist()]))
    with Store(database_beside(scratch / "x"), examples.fingerprint, exclusive=True) as store:
        app, review = create_app(examples, store)
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            review.live.wait_for(0, 120)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", review, votes
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


def _answer(votes: Votes, majority: np.ndarray[Any, Any], row: int, classes: int) -> tuple[list[int], str]:
    """What FER+ says: its majority; without one, ambiguous between the classes with two votes or more."""
    if majority[row] >= 0:
        return [int(majority[row])], "label"
    counts = votes.class_counts(classes)[row] if majority[row] == -1 else np.zeros(classes)
    torn = np.flatnonzero(counts > 1).tolist()
    unusable = votes.counts[row, votes.unusable].sum() > 0.5 * votes.counts[row].sum()
    if unusable or not torn:
        return [], "unusable"
    return torn, "ambiguous" if len(torn) > 1 else "label"


def format_table(result: dict[str, Any]) -> str:
    """The figures as text."""
    lines: list[str] = []
    for one in result.get("minutes", ()):
        key, pages = one["key_to_picture_ms"], one["first_page_ms"]
        lines += [
            f"{one['rows']:,} examples: key to next picture median {key['median']:.0f} ms, 99 % {key['p99']:.0f} ms, "
            f"highest {key['highest']:.0f} ms ({one['decisions']} decisions)",
            "  first page " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in pages.items()),
            f"  estimates follow in {one['seconds_until_estimates_follow']:.2f} s; server up in "
            f"{one['seconds_to_start']:.1f} s, memory {one['memory_mb']:.0f} MB, peak {one['peak_memory_mb']:.0f} MB",
        ]
    for name, one in result.get("crowds", {}).items():
        lines.append(
            f"{name}: {one['acknowledged']:,} acknowledged, {one['missing']} missing, {one['twice']} twice, server "
            f"killed {one['kills']} times, {one['decisions_per_second']:.0f} decisions a second"
        )
    for name, points in result.get("referee", {}).get("arms", {}).items():
        lines += [
            "",
            f"{name:12} {'AUROC':>7} {'AP':>7} {'rest AUROC':>11} {'rest AP':>8} {'labels right':>13} {'found':>6}",
        ]
        lines += [
            f"{point['decisions']:12,} {point['all']['auroc']:7.3f} {point['all']['average_precision']:7.3f} "
            f"{point['unreviewed']['auroc']:11.3f} {point['unreviewed']['average_precision']:8.3f} "
            f"{point['suggested_label_accuracy']:13.3f} {point['errors_found']:6}"
            for point in points
        ]
    return "\n".join(lines)
