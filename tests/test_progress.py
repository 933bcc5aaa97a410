"""What people see while something long is running."""

import io
from contextlib import redirect_stderr

import pytest

from aleator import progress


def test_a_log_gets_a_line_when_a_stage_begins_and_the_time_left_while_it_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    shown = progress.display(log=True)
    assert isinstance(shown, progress.Lines)
    with shown as tell:
        for step in range(11):
            now[0] = 20.0 * step
            tell("training", step, 10)
        for step in range(4):  # the same work on other data, a long time after
            now[0] = 10_000.0 + 20 * step
            tell("training", step, 10)
    *lines, begun, again = capsys.readouterr().err.splitlines()
    assert (begun, again) == ("training ...", "training 20%, about 3 minutes left")
    assert lines[0] == "training ..."
    assert lines[1] == "training 20%, about 3 minutes left"
    assert len(lines) == 5


def test_without_a_terminal_python_code_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.display() as tell:
        tell("training", 1, 2)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_for_each_stage() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with redirect_stderr(Terminal()) as screen:
        shown = progress.display()
        assert isinstance(shown, progress.Bars)
        with shown as tell:
            tell("finding copies", 1, 4)
            tell("finding copies", 4, 4)
    assert "finding copies" in screen.getvalue()


def test_a_function_shows_its_progress_unless_it_is_told_how() -> None:
    told: list[str] = []

    @progress.shows_progress
    def work(number: int, *, progress: progress.Progress = progress.silent) -> int:
        progress("working", number, number)
        return 2 * number

    assert work(3) == 6
    assert work(3, progress=lambda stage, *_: told.append(stage)) == 6
    assert told == ["working"]
