"""A line of the docs, typed: by a fork of this process, with little training, in a folder with what readers have."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.review.client import ReviewClient
from tests.docs.pages import ROOT, split
from tests.docs.readers_data import stand_in_for_timm
from tests.torture.warm import Fork

WITHIN = 120
STANDS_FOR = {"DATA": "pictures", "postgresql://reviewer@localhost/labels": "team.sqlite"}
"""Words that a reader replaces: by the data, by the team's database."""


def brief() -> None:
    """Few steps for every training of this process."""
    from aleator.learning import effort

    effort.FEWEST_STEPS = 1
    for efforts in (effort.AUDIT_EFFORTS, effort.TRAINING_EFFORTS):
        efforts |= {
            name: replace(one, epochs=1, members=2, max_side=24, backbone="small_vgg") for name, one in efforts.items()
        }
    effort.FINETUNING_EPOCHS |= dict.fromkeys(effort.FINETUNING_EPOCHS, 1)
    effort.FINETUNING_STEPS = 1
    stand_in_for_timm()


def command(words: list[str], told: int | None = None) -> int:
    """`aleator` with these words; `told`: where to, if not where the fork's output goes."""
    from aleator.cli import main

    brief()
    if told is not None:
        os.dup2(told, 1)
    os.environ |= {"HOME": os.getcwd(), "SHELL": "/bin/bash"}
    sys.argv = ["aleator", *words]
    try:
        main()
    except SystemExit as error:
        return int(error.code or 0)
    return 0


def type_in(line: str, place: Path, made: set[Path]) -> str:
    """Type a line in a folder. Returns what it says; AssertionError where it fails. `made`: what earlier lines of the
    page wrote, to which its output is added."""
    for name, other in STANDS_FOR.items():
        line = re.sub(rf"(?<=\s){re.escape(name)}(?=\s|$)", other, line)
    words = split(line.replace("$TOKEN", "a-long-token-for-the-team"))
    name = Path(words[0]).name
    if name == "make":
        *_, last = _by_the_shell(
            ["make", "--no-print-directory", "-n", "-o", ".venv/.ready", *words[1:]], ROOT
        ).splitlines()
        return type_in(last, place, made)
    if name != "aleator":
        return _by_the_shell([word.replace("'/backup/", "'backup/") for word in words], place)
    verb, words = words[1], words[1:]
    if verb == "review":
        return _review(words, place)
    if verb == "demo":
        words = [*words, "--examples", "150"]
    with _room(words, place, made):
        fork = Fork(partial(command, words), place)
        said = "".join(fork.communicate(timeout=WITHIN))
    assert fork.returncode == 0, f"{line}\n{said}"
    return said


@contextmanager
def _room(words: list[str], place: Path, made: set[Path]) -> Iterator[None]:
    """Lines that write to one place are each other's alternatives: a reader goes on from the first."""
    output = place / words[words.index("-o") + 1] if "-o" in words and "--force" not in words else None
    if output is not None and output not in made:
        _remove(output)
        made.add(output)
    elif output is not None:
        first = output.with_name(f"first {output.name}")
        output.rename(first)
        yield
        _remove(output)
        first.rename(output)
        return
    yield


def _remove(output: Path) -> None:
    if output.is_dir():
        shutil.rmtree(output)
    output.unlink(missing_ok=True)


def _review(words: list[str], place: Path) -> str:
    """Open the page, decide what it shows first as it suggests, and end it by Ctrl-C. Returns all that it said."""
    read, write = os.pipe()
    fork = Fork(partial(command, [*words, "--port", "0"], write), place)
    os.close(write)
    told, end = [], threading.Timer(WITHIN, lambda: fork.send_signal(signal.SIGKILL))
    end.start()
    try:
        with open(read) as output:
            for text in output:
                told.append(text)
                if found := re.match(r"Review: (\S+)", text):
                    _decide_one(found[1].partition("?")[0], words)
                    fork.send_signal(signal.SIGINT)
    except BaseException:
        fork.send_signal(signal.SIGKILL)
        raise
    finally:
        end.cancel()
    said = "".join(told) + fork.communicate(timeout=WITHIN)[0]
    assert fork.returncode == 0, f"{shlex.join(words)}\n{said}"
    assert "Review: " in said
    return said


def _decide_one(address: str, words: list[str]) -> None:
    client = ReviewClient(address, "Ann", token=words[words.index("--token") + 1] if "--token" in words else "")
    (card,) = client.queue(1)
    client.decide(card["row"], [card["given"] if card["suggested"] is None else card["suggested"]])


def _by_the_shell(words: list[str], place: Path) -> str:
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=WITHIN)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"
    return done.stdout
