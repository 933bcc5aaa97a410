"""Two commands on one folder at once: one says so and stops, or comes after the other; never a mixture."""

import json
import tempfile
from pathlib import Path

from tests.torture.commands import Command, content, difference, prepare, prepared
from tests.torture.result import Result

AUDIT = ("audit", "vectors.npz", "-o", "out", "--effort", "quick", "--force")
VERBS = {
    "audit": Command(AUDIT),
    "audit, another seed": Command((*AUDIT, "--seed", "1")),
    "judge": Command(("judge", "--pred-probs", "p.npy", "--label-file", "y.npy", "-o", "out", "--force")),
    "train": Command(("train", "vectors.npz", "-o", "out", "--epochs", "4")),
    "export": Command(("export", "pictures", "-o", "out", "--format", "imagefolder")),
}
PAIRS = (
    ("audit", "audit, another seed"),
    ("audit", "audit"),
    ("train", "train"),
    ("judge", "audit"),
    ("export", "export"),
    ("train", "audit"),
    ("judge", "judge"),
    ("export", "train"),
)


def campaign(pairs: int, times: int = 1) -> Result:
    """So many of the pairs, each so often."""
    failures = []
    with tempfile.TemporaryDirectory() as temporary:
        good, place = Path(temporary) / "good", Path(temporary) / "place"
        prepare(good)
        alone: dict[str, dict[str, object]] = {}
        for name in {name for pair in PAIRS[:pairs] for name in pair}:
            code, said = VERBS[name].finish(prepared(good, place))
            if code:
                raise RuntimeError(f"{name}: {said}")
            alone[name] = content(place)
        for first, second in PAIRS[:pairs] * times:
            prepared(good, place)
            both = [(name, VERBS[name].start(place)) for name in (first, second)]
            ended = [(name, "".join(one.communicate(timeout=300)), one.returncode) for name, one in both]
            failure = _failure(ended, content(place), alone)
            if failure:
                failures.append(f"{first} and {second}: {failure}")
    tried = pairs * times
    return Result("two at once on one folder", tried, tried - len(failures), tuple(failures))


def _failure(ended: list[tuple[str, str, int]], found: dict[str, object], alone: dict[str, dict[str, object]]) -> str:
    for name, said, code in ended:
        if code not in (0, 2) or "Traceback" in said:
            return f"{name} ended with {code}: {said[-300:]}"
    done = [name for name, _, code in ended if code == 0]
    if not done:
        return f"neither was done: {json.dumps([said[-200:] for _, said, _ in ended])}"
    wrong = {name: difference(found, alone[name]) for name in done}
    return "" if "" in wrong.values() else str(wrong)
