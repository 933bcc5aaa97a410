"""The fault campaign in its short form; `make torture` runs all of it."""

import random

import pytest

from tests.torture import attacks, kills, malformed, refused, server, together
from tests.torture.mutate import any_damage
from tests.torture.readers import READERS
from tests.torture.result import Result

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
    check(malformed.campaign(list(READERS)[part::PARTS], 20))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "step"), [("judge into a new folder", 8), ("judge in place", 2), ("export csv", 1), ("embed", 3)]
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
