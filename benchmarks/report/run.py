"""Is the report quick and small with as many examples as FER2013 has?

A made-up audit of so many drawn faces, its real report, and a real Chromium: when something is seen first, when the
grid can be used, and how long the page takes from a changed filter or order to the grid that follows it.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from aleator.auditing.result import load_audit
from aleator.progress import Progress, silent
from aleator.testing.made_up_audit import write_all
from benchmarks.chromium import chromium

ROWS = 28_709
"""FER2013's Training split."""
LOADS = 5

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
FILTER = """() => {
  const form = document.getElementById("filters"), grid = document.getElementById("grid"), took = {};
  for (const [name, value] of [["sort", "epistemic"], ["sort", "given"], ["sort", "place"], ["verdict", "1"],
                               ["given", "2"], ["verdict", ""], ["given", ""], ["text", "12"], ["text", ""]]) {
    form.elements[name].value = value;
    const begun = performance.now();
    form.dispatchEvent(new Event("input"));
    grid.getBoundingClientRect();
    const key = `${name} ${value || "any"}`;
    took[key] = performance.now() - begun;
  }
  return took;
}"""


def run(rows: int = ROWS, *, report: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Figures of the report of a made-up audit of `rows` examples, or of a `report` that is there.

    Raises MissingExtraError without Playwright, DataError without a browser.
    """
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        if report is None:
            progress("making the audit up", 0, 1)
            folder, _ = write_all(Path(scratch), rows)
            report = load_audit(folder).report()
            progress("making the audit up", 1, 1)
        first, ready, took = [], [], []
        for number in range(LOADS):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(report.absolute().as_uri(), wait_until="load")
            ready.append(page.evaluate("performance.getEntriesByType('navigation')[0].duration"))
            page.locator("#grid .tile").first.wait_for()
            page.wait_for_function(f"{PAINTED} !== undefined")
            first.append(page.evaluate(PAINTED))
            took.append(page.evaluate(FILTER))
            page.close()
            progress("opening the report", number + 1, LOADS)
        size = report.stat().st_size
    return {
        "rows": rows,
        "megabytes": size / 1e6,
        "first_paint_ms": float(np.median(first)),
        "loaded_ms": float(np.median(ready)),
        "filter_ms": {name: float(np.median([one[name] for one in took])) for name in took[0]},
    }


def format_table(result: dict[str, Any]) -> str:
    """The figures as text."""
    slowest = max(result["filter_ms"], key=result["filter_ms"].__getitem__)
    return "\n".join(
        [
            f"{result['rows']:,} examples, {result['megabytes']:.1f} MB: something is seen after "
            f"{result['first_paint_ms']:.0f} ms, all is loaded after {result['loaded_ms']:.0f} ms",
            "a filter or an order takes "
            + ", ".join(f"{name} {ms:.0f} ms" for name, ms in result["filter_ms"].items()),
            f"the slowest is {slowest}: {result['filter_ms'][slowest]:.0f} ms",
        ]
    )
