"""The same audits without workers and with 1, 2 and 4 nodes of a Ray cluster on this machine: bytes and seconds.

The nodes have one processor each, and this process may use one too, so that what is compared is the same work: without
workers the networks are trained one after another on one processor. The cluster runs before the clock starts, as one
does that somebody keeps; its workers begin anew with each audit.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from aleator.auditing import AuditSettings
from aleator.auditing.audit import audit
from aleator.data import FeatureArray, LabelledDataset
from aleator.data.drawn_faces import drawn_faces
from aleator.data.synthetic_noise import symmetric
from aleator.errors import MissingExtraError
from aleator.progress import Progress, silent
from aleator.workers import Where

COUNTS = (1, 2, 4)
MEMBERS = 4
WITH_TIMES = ("audit.json", "report.html")
"""Files of an audit that say when it was made."""
TIMES = ("created", "timings")


def run(*, pictures: int = 1000, progress: Progress = silent) -> dict[str, Any]:
    """Audit drawn faces and digits as vectors in each way. Raises MissingExtraError without Ray."""
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
        with tempfile.TemporaryDirectory() as name, _on_cores(1):
            folder = Path(name)
            kinds = {"pictures": drawn_faces(pictures, seed=0).dataset, "vectors": _digits()}
            wanted: dict[str, dict[str, bytes]] = {}
            alone: dict[str, float] = {}
            for workers in (0, *COUNTS):
                for kind, dataset in kinds.items():
                    progress(f"{kind}, {workers} workers", 0, 1)
                    while nodes < workers:
                        with _on_cores(os.cpu_count() or 1):
                            cluster.add_node(num_cpus=1)
                        nodes += 1
                    where = Where("ray", cluster.address) if workers else Where()
                    start = time.perf_counter()
                    audit(dataset, folder / f"{kind}-{workers}", settings, where=where)
                    seconds = time.perf_counter() - start
                    left = _left(folder / f"{kind}-{workers}")
                    if not workers:
                        wanted[kind], alone[kind] = left, seconds
                    results.append(
                        {
                            "kind": kind,
                            "examples": len(dataset),
                            "workers": workers,
                            "seconds": seconds,
                            "to_none": seconds / alone[kind],
                            "same_bytes": left == wanted[kind],
                            "files": len(left),
                        }
                    )
                    progress(f"{kind}, {workers} workers", 1, 1)
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
    return {"cores": os.cpu_count(), "audits": results}


def _digits() -> LabelledDataset:
    digits = load_digits()
    truth = digits.target.astype(np.int64)
    return LabelledDataset(
        name="digits",
        path="digits",
        ids=np.arange(len(truth)).astype(str),
        source=FeatureArray(digits.data.astype(np.float32)),
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


@contextmanager
def _on_cores(count: int) -> Iterator[None]:
    """This process, and what it starts meanwhile, may use so many cores; where no system can tell, all."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(count))
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def format_table(result: dict[str, Any]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| audit of | workers | seconds | beside none | all files the same |",
        "|---|---|---|---|---|",
    ]
    for one in result["audits"]:
        same = f"yes, {one['files']}" if one["same_bytes"] else "NO"
        lines.append(
            f"| {one['examples']:,} {one['kind']} | {one['workers'] or 'none'} | {one['seconds']:.0f} | "
            f"{one['to_none']:.2f} | {same} |"
        )
    return "\n".join(lines) + f"\n\nOn a machine of {result['cores']} cores; each worker and this process have one."
