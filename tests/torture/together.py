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
    "train, pretrained": Command(("train", "pictures", "-o", "out", "--backbone", "onnx:x.onnx")),
    "judge, the likeliest": Command(
        ("judge", "--pred-probs", "p.npz", "--label-file", "y.npy", "-o", "out", "--force")
    ),
    "audit, the best network": Command(
        ("audit", "pictures", "-o", "out", "--effort", "quick", "--backbone", "auto", "--force"), steps=10
    ),
    "demo": Command(("demo", "-o", "out", "--examples", "120", "--force"), steps=10),
    "predict, a page": Command(("predict", "model of pictures", "pictures", "-o", "out.html")),
    "inspect, a page": Command(("inspect", "pictures", "--pictures", "out.html")),
    "embed": Command(("embed", "pictures", "--backbone", "onnx:x.onnx", "-o", "out.npz")),
    "predict": Command(("predict", "model", "vectors.npz", "-o", "out.csv")),
    "export csv": Command(("export", "pictures", "-o", "out.csv")),
    "judge in place": Command(("judge", "audited", "--data", "vectors.npz", "--reviewed", "decisions.csv")),
    "audit in place": Command(("audit", "vectors.npz", "-o", "audited", "--effort", "quick", "--seed", "1", "--force")),
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
    ("embed", "embed"),
    ("predict", "export csv"),
    ("judge in place", "judge in place"),
    ("judge in place", "audit in place"),
    ("train, pretrained", "train, pretrained"),
    ("judge, the likeliest", "judge"),
    ("audit, the best network", "audit"),
    ("demo", "demo"),
    ("predict, a page", "inspect, a page"),
    ("inspect, a page", "inspect, a page"),
)


def campaign(pairs: int, times: int = 1) -> Result:
    """So many of the pairs, each so often; the first in new interpreters, the others in forks."""
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
        for number, (first, second) in enumerate(PAIRS[:pairs] * times):
            prepared(good, place)
            both = [(name, VERBS[name].start(place, anew=number == 0)) for name in (first, second)]
            ended = [(name, "".join(one.communicate(timeout=1200)), one.returncode) for name, one in both]
            found = content(place)
            failure = _failure(ended, found, alone)
            if failure and all(code == 0 for _, _, code in ended):  # then it is as if one had come after the other
                orders = (
                    _after_each_other(order, prepared(good, place)) for order in ((first, second), (second, first))
                )
                failure = failure if all(difference(found, order) for order in orders) else ""
            if failure:
                failures.append(f"{first} and {second}: {failure}")
    tried = pairs * times
    return Result("two at once on one folder", tried, tried - len(failures), tuple(failures))


def _after_each_other(names: tuple[str, str], place: Path) -> dict[str, object]:
    for name in names:
        VERBS[name].finish(place)
    return content(place)


def _failure(ended: list[tuple[str, str, int]], found: dict[str, object], alone: dict[str, dict[str, object]]) -> str:
    for name, said, code in ended:
        if code not in (0, 2) or "Traceback" in said:
            return f"{name} ended with {code}: {said[-300:]}"
    done = [name for name, _, code in ended if code == 0]
    if not done:
        return f"neither was done: {json.dumps([said[-200:] for _, said, _ in ended])}"
    wrong = {name: difference(found, alone[name]) for name in done}
    return "" if "" in wrong.values() else str(wrong)
