"""The same audits without workers and with 1, 2 and 4 nodes of a Ray cluster on this machine: bytes and seconds.

Without workers an audit may use all processors; the nodes have one each. What is the same work is compared by the time
of all processors together, this process's, its children's and the cluster's; started on one processor (`taskset -c 0`)
also by the clock. The cluster runs before the clock starts, as one does that somebody keeps; its workers begin anew
with each audit.
"""

import json
import os
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from aleator.auditing import AuditSettings
from aleator.auditing.audit import audit
from aleator.cores import available_cores
from aleator.data import FeatureArray, LabelledDataset
from aleator.data.drawn_faces import drawn_faces
from aleator.data.synthetic_noise import symmetric
from aleator.errors import MissingExtraError
from aleator.progress import Progress, silent
from aleator.workers import Where

COUNTS = (1, 2, 4)
MEMBERS = 4
LOOK_SECONDS = 0.25
WITH_TIMES = ("audit.json", "report.html")
"""Files of an audit that say when it was made."""
TIMES = ("created", "timings")


def run(*, pictures: int = 1000, vectors: int = 32_000, progress: Progress = silent) -> dict[str, Any]:
    """Audit drawn faces, digits as vectors, and so many made-up `vectors` of 512 numbers (none: 0), among which the
    search for neighbours is divided, in each way. Raises MissingExtraError without Ray."""
    try:
        from ray.cluster_utils import Cluster
    except ImportError as error:
        raise MissingExtraError("This bench needs Ray; run: pip install 'aleator[ray]'") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    settings = AuditSettings(effort="quick", members=MEMBERS)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes = 1
    results: list[dict[str, Any]] = []
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            kinds = {"pictures": drawn_faces(pictures, seed=0).dataset, "digits": _digits()}
            if vectors:
                kinds["vectors"] = _made_up(vectors)
            wanted: dict[str, dict[str, bytes]] = {}
            alone: dict[str, tuple[float, float]] = {}
            for workers in (0, *COUNTS):
                for kind, dataset in kinds.items():
                    progress(f"{kind}, {workers} workers", 0, 1)
                    while nodes < workers:
                        cluster.add_node(num_cpus=1)
                        nodes += 1
                    where = Where("ray", cluster.address) if workers else Where()
                    start = time.perf_counter()
                    with _Processors() as processors:
                        audit(dataset, folder / f"{kind}-{workers}", settings, where=where)
                    seconds = time.perf_counter() - start
                    processor = processors.seconds
                    left = _left(folder / f"{kind}-{workers}")
                    if not workers:
                        wanted[kind], alone[kind] = left, (seconds, processor)
                    results.append(
                        {
                            "kind": kind,
                            "examples": len(dataset),
                            "workers": workers,
                            "seconds": seconds,
                            "processor_seconds": processor,
                            "to_none": seconds / alone[kind][0],
                            "processor_to_none": processor / alone[kind][1],
                            "same_bytes": left == wanted[kind],
                            "files": len(left),
                        }
                    )
                    progress(f"{kind}, {workers} workers", 1, 1)
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
    return {"cores": available_cores(), "audits": results}


class _Processors:
    """The time of all processors in a block, of this process and all that it has started, the cluster too.

    A process that has ended tells nothing any longer, and Ray's nodes do not add their workers' time to their own: so
    all are looked at four times a second.
    """

    def __enter__(self) -> Self:
        self._before, self._last = self._seen(), dict[tuple[int, float], float]()
        self._over = Event()
        self._watch = Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.seconds = sum(seconds - self._before.get(one, 0.0) for one, seconds in self._last.items())

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._last |= self._seen()
        self._last |= self._seen()

    def _seen(self) -> dict[tuple[int, float], float]:
        psutil: Any = import_module("psutil")  # comes with Ray
        here, found = psutil.Process(), {}
        for process in [here, *here.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                found[process.pid, process.create_time()] = sum(process.cpu_times()[:2])
        return found


def _made_up(examples: int, classes: int = 10, features: int = 512) -> LabelledDataset:
    random = np.random.default_rng(0)
    truth = random.integers(0, classes, examples)
    centres = random.standard_normal((classes, features), dtype=np.float32)
    values = 0.15 * centres[truth] + random.standard_normal((examples, features), dtype=np.float32)
    return _vectors("made up", values, truth)


def _digits() -> LabelledDataset:
    digits = load_digits()
    return _vectors("digits", digits.data.astype(np.float32), digits.target.astype(np.int64))


def _vectors(name: str, values: NDArray[np.float32], truth: NDArray[np.int64]) -> LabelledDataset:
    """A fifth of the labels is wrong."""
    return LabelledDataset(
        name=name,
        path=name,
        ids=np.arange(len(truth)).astype(str),
        source=FeatureArray(values),
        given_labels=symmetric(truth, 10, 0.2, np.random.default_rng(0)),
        class_names=tuple(map(str, range(10))),
    )


def _left(folder: Path) -> dict[str, bytes]:
    """The files of an audit, without the times in them."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in WITH_TIMES]
    info = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in info.items() if name not in TIMES}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files} | {
        "audit.json": json.dumps(kept).encode()
    }


def format_table(result: dict[str, Any]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| audit of | workers | processor seconds | beside none | seconds | beside none | all files the same |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in result["audits"]:
        same = f"yes, {one['files']}" if one["same_bytes"] else "NO"
        lines.append(
            f"| {one['examples']:,} {one['kind']} | {one['workers'] or 'none'} | "
            f"{one['processor_seconds']:.0f} | {one['processor_to_none']:.2f} | "
            f"{one['seconds']:.0f} | {one['to_none']:.2f} | {same} |"
        )
    return "\n".join(lines) + f"\n\nWithout workers on {result['cores']} cores; each worker has one."
