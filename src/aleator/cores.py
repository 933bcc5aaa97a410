"""How many processors this process may use."""

import math
import os
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """As many as the system lets this process run on; a container (`docker --cpus`, a limit in Kubernetes) or a batch
    system may grant fewer than the machine has. A part of one counts as one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _granted(GROUPS))))


def _granted(groups: Path) -> float:
    """What the control group of a Linux container grants, in processors; infinite without a limit."""
    try:
        quota, period = (groups / "cpu.max").read_text().split()  # version 2
    except (OSError, ValueError):
        try:
            quota, period = ((groups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        except OSError:
            return math.inf
    try:
        share = float(quota) / float(period)
    except (ValueError, ZeroDivisionError):  # "max"
        return math.inf
    return share if share > 0 else math.inf  # -1 is no limit
