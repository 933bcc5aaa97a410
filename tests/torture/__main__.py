"""`python -m tests.torture`: the whole campaign; with words only the rows that hold one of them."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.torture import attacks, kills, malformed, refused, server, together
from tests.torture.commands import COMMANDS
from tests.torture.readers import READERS
from tests.torture.result import Result, summary

FILES, KILLS, DECISIONS, REQUESTS = 10_000, 3, 1000, 300


def rows() -> Iterator[tuple[str, Callable[[], Result]]]:
    """What is tried, in order."""
    shares = sum(reader.of_all for reader in READERS.values())
    for reader in READERS:
        yield f"damaged files: {reader}", partial(malformed.campaign, [reader], math.ceil(FILES / shares))
    for name in COMMANDS:
        if name not in kills.IN_PROCESSES:
            yield f"killed at every operation: {name}", partial(kills.at_every_operation, name)
    for name in COMMANDS:
        yield f"killed at any moment: {name}", partial(kills.at_random_moments, name, KILLS)
    yield "two at once", partial(together.campaign, len(together.PAIRS))
    yield "full output", refused.full_output
    yield "full disk", refused.full_disk
    yield "read only", refused.read_only
    yield "folder removed", refused.removed
    yield "server attacked", partial(attacks.campaign, REQUESTS)
    yield "server hogged", partial(server.hogged, 400)
    yield "server killed, SQLite", partial(server.reviewers, DECISIONS, 2, on_postgres=False)
    yield "server killed, PostgreSQL", partial(server.reviewers, DECISIONS, 2, on_postgres=True)


def main(wanted: list[str]) -> int:
    """Print a table row by row; 1 where anything did not survive."""
    import onnxruntime  # noqa: F401 (loaded once, before the forks)
    import onnxscript  # noqa: F401

    import aleator.auditing.audit
    import aleator.cli
    import aleator.embedding.families.onnx
    import aleator.export.onnx
    import aleator.training.predict
    import aleator.training.train  # noqa: F401

    results = []
    print("| what | tried | survived | seconds |\n|---|---|---|---|", flush=True)
    for name, row in rows():
        if wanted and not any(words in name for words in wanted):
            continue
        begun = time.monotonic()
        result = row()
        results.append(result)
        print("".join(f"{one}\n" for one in result.failures), end="", file=sys.stderr, flush=True)
        said = result.left_out or f"{result.survived:,}"
        print(f"| {result.name} | {result.tried:,} | {said} | {time.monotonic() - begun:.0f} |", flush=True)
    print(f"\n{summary(results)}")
    return int(any(result.failures for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
