"""`python -m tests.torture`: the whole campaign; with words only the rows that hold one of them.

Rows run beside each other, one on each core, each in a fork of this process. With `--again FILE` each that ends is
written down in FILE, and those that survived there in full, of the same code, are not run again.
"""

import argparse
import math
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from aleator.cores import available_cores
from tests.torture import attacks, kills, malformed, refused, server, together, warm
from tests.torture.commands import COMMANDS, made
from tests.torture.readers import READERS
from tests.torture.result import HEAD, Result, code_digest, remember, remembered, summary

FILES, KILLS, DECISIONS, REQUESTS = 10_100, 4, 1000, 300


def rows() -> Iterator[tuple[str, Callable[[], Result]]]:
    """What is tried; the longest rows first, so that the cores end together."""
    yield "server attacked", partial(attacks.campaign, REQUESTS)
    for name, command in COMMANDS.items():
        if not command.processes:
            yield f"killed at every operation: {name}", partial(kills.at_every_operation, name, step=command.every)
    for name in COMMANDS:
        yield f"killed at any moment: {name}", partial(kills.at_random_moments, name, KILLS)
    shares = sum(reader.of_all for reader in READERS.values())
    for reader in READERS:
        yield f"damaged files: {reader}", partial(malformed.campaign, [reader], math.ceil(FILES / shares))
    yield "two at once", partial(together.campaign, len(together.PAIRS))
    yield "full output", refused.full_output
    yield "full disk", refused.full_disk
    yield "read only", refused.read_only
    yield "folder removed", refused.removed
    yield "server hogged", partial(server.hogged, 400)
    yield "server killed, SQLite", partial(server.reviewers, DECISIONS, 2, on_postgres=False)
    yield "server killed, PostgreSQL", partial(server.reviewers, DECISIONS, 2, on_postgres=True)


def main(wanted: list[str], again: Path | None, cores: int) -> int:
    """Print a table row by row; 1 where anything did not survive."""
    asked = {name: row for name, row in rows() if not wanted or any(words in name for words in wanted)}
    code = code_digest()
    known = {} if again is None else remembered(again, code)
    results = {name: one for name, one in known.items() if name in asked}
    print(f"{len(results)} of {len(asked)} rows survived before.\n{HEAD}", flush=True)
    warm.load()
    made()
    begun = time.monotonic()
    for name, result in side_by_side({name: row for name, row in asked.items() if name not in results}, cores):
        results[name] = result
        print("".join(f"{one}\n" for one in result.failures), end="", file=sys.stderr, flush=True)
        print(result.line(), flush=True)
        if again is not None:
            remember(again, name, result, code)
    print(f"\n{summary(results[name] for name in asked)}\n\n{time.monotonic() - begun:.0f} seconds on {cores} cores")
    return int(any(result.failures for result in results.values()))


def side_by_side(rows: Mapping[str, Callable[[], Result]], cores: int) -> Iterator[tuple[str, Result]]:
    """Each in a fork of its own, so many at once; as they end."""
    waiting, forks = list(rows.items()), get_context("fork")
    running = {}
    while waiting or running:
        while waiting and len(running) < cores:
            name, row = waiting.pop(0)
            answer, told = forks.Pipe(duplex=False)
            process = forks.Process(target=_run, args=(name, row, told))
            process.start()
            told.close()
            running[answer] = (name, process)
        for answer in wait(list(running)):
            name, process = running.pop(answer)
            try:
                result = answer.recv()
            except EOFError:
                process.join()
                result = Result(name, 1, 0, (f"{name}: its process ended with {process.exitcode}",))
            process.join()
            yield name, result


def _run(name: str, row: Callable[[], Result], told: Connection) -> None:
    begun = time.monotonic()
    try:
        result = row()
    except BaseException:
        result = Result(name, 1, 0, (f"{name}: the campaign itself failed\n{traceback.format_exc()}",))
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(one.ru_utime + one.ru_stime for one in of)
    told.send(replace(result, seconds=time.monotonic() - begun, processor=processor))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("rows", nargs="*", help="only rows whose names hold one of these")
    parser.add_argument("--again", type=Path, metavar="FILE", help="go on with what is not in this file")
    parser.add_argument("--cores", type=int, default=available_cores(), help="so many rows at once")
    asked = parser.parse_args()
    sys.exit(main(asked.rows, asked.again, asked.cores))
