"""The report's figures, on few examples: the page is opened, filtered and weighed for real."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report.run import format_table


@pytest.mark.slow
def test_a_report_is_seen_at_once_and_follows_a_filter(browser: object) -> None:
    """`browser` is asked for so that the test is left out where none is; the benchmark starts its own. Wide limits:
    other programs run too."""
    command = [sys.executable, "-m", "benchmarks", "report", "--rows", "1500", "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["rows"] == 1500
    assert 0.1 < result["megabytes"] < 6
    assert 0 < result["first_paint_ms"] < 5000
    assert all(0 <= ms < 1000 for ms in result["filter_ms"].values())
    assert "1,500 examples" in format_table(result)
