"""The fault campaign in its short form; `make torture` runs all of it."""

import random
from functools import partial
from pathlib import Path

import pytest

from aleator.cli import app
from aleator.data.readers import READERS as data_readers
from aleator.data.readers import reader_for
from aleator.export import FORMATS
from tests.torture import attacks, kills, malformed, refused, server, together
from tests.torture.__main__ import side_by_side
from tests.torture.commands import COMMANDS
from tests.torture.mutate import any_damage
from tests.torture.reader import read_data
from tests.torture.readers import READERS
from tests.torture.result import Result, remember, remembered

PARTS = 4
"""Readers of one part are tried in one process."""


def check(result: Result) -> None:
    if result.left_out:
        pytest.skip(result.left_out)
    assert not result.failures, "\n".join(result.failures)
    assert result.survived == result.tried > 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_are_the_projects_own_error_or_a_right_result(part: int) -> None:
    check(malformed.campaign(list(READERS)[part::PARTS], 12))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "step"), [("judge into a new folder", 8), ("judge in place", 4), ("export csv", 1), ("embed", 6)]
)
def test_a_command_killed_at_any_file_operation_is_given_again(name: str, step: int) -> None:
    import aleator.auditing.predictions
    import aleator.cli  # noqa: F401 (loaded before the forks)

    check(kills.at_every_operation(name, step=step))


@pytest.mark.slow
def test_two_audits_into_one_folder_are_never_mixed() -> None:
    check(together.campaign(1))


@pytest.mark.slow
def test_a_full_output_is_told() -> None:
    check(refused.full_output())


@pytest.mark.slow
def test_attacks_on_the_server_are_refused_in_words() -> None:
    check(attacks.campaign(30))


@pytest.mark.slow
def test_idle_connections_hold_up_no_reviewer() -> None:
    check(server.hogged(400))


def test_every_verb_every_format_and_every_reader_is_in_the_campaign(tmp_path: Path) -> None:
    verbs = {command.arguments[0] for command in COMMANDS.values()}
    assert {name for name in app if not name.startswith("-")} <= verbs | {
        "review",
        "doctor",
    }  # a server; it writes nothing
    assert {f"export {name}" for name in FORMATS} <= set(COMMANDS)
    asked = set()
    for number, reader in enumerate(READERS.values()):
        if getattr(reader.read, "func", None) is read_data:
            folder = tmp_path / str(number)
            folder.mkdir()
            reader.make(folder)
            asked.add(reader_for(folder / reader.read.args[0]))
    assert asked == set(data_readers.values())


def test_what_is_known_from_before_is_not_run_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    assert remembered(file, "now") == {}
    for row, result in (
        ("good", Result("good", 2, 2)),
        ("bad", Result("bad", 2, 1, ("why",))),
        ("out", Result("o", 0, 0)),
    ):
        remember(file, row, result, "now")
    assert remembered(file, "now") == {"good": Result("good", 2, 2)}
    assert remembered(file, "later") == {}
    ended = dict(side_by_side({"a": partial(Result, "a", 1, 1), "b": partial(int, "x")}, 2))
    assert ended["a"].survived == 1
    assert "ValueError" in ended["b"].failures[0]


def test_the_same_seed_makes_the_same_damage() -> None:
    for name, content in (("a.csv", b"id,label\n1,cat\n"), ("a.json", b'[{"a": 1}]'), ("a.npy", bytes(200))):
        made = [any_damage(content, name, random.Random(5)) for _ in range(2)]
        assert made[0] == made[1]


def test_the_campaign_sees_what_does_not_survive() -> None:
    """A campaign that cannot fail would show nothing."""
    found = {"audit.json": "other", "extra": b""}
    assert together._failure([("audit", "", 0)], found, {"audit": {"audit.json": "own"}})
    assert together._failure([("audit", "Traceback", 1)], {}, {})
    assert "neither" in together._failure([("audit", "no", 2), ("audit", "no", 2)], {}, {})
