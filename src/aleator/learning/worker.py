"""One training in a process of its own: `python -m aleator.learning.worker PLACE`. Started by `members.py`.

Reads `task.json` and `rows.npy` in the place, leaves the member there, and prints the number of each step it has done.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch

from aleator.files import read_array
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import fit_member
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.learning.team import ALONE, Team, launch
from aleator.models.network import NetworkSpec

TELL_SECONDS = 0.2


def main(place: Path) -> None:
    """Do the task alone, or in as many processes as it asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    task = json.loads((place / "task.json").read_text(encoding="utf-8"))
    torch.set_num_threads(task["threads"])
    if task["devices"] > 1:
        launch(run, task["devices"], torch.device(task["device"]), place, task)
    else:
        run(ALONE, place, task)


def run(team: Team, place: Path, task: dict[str, Any]) -> None:
    """What each process of the team does."""
    settings = task["settings"]
    told = 0.0

    def on_step(step: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            print(step, flush=True)

    job = TrainingJob(
        NetworkSpec(**task["spec"] | {name: tuple(task["spec"][name]) for name in ("shape", "sizes")}),
        read_array(Path(task["examples"]), mapped=True),
        read_array(Path(task["targets"])),
        TrainingSettings(**{**settings, "augmentation": Augmentation(**settings["augmentation"])}),
        torch.device("cpu") if team.fabric is None else team.fabric.device,
        read_array(Path(task["weights"])) if "weights" in task else None,
    )
    start = None if task["start"] is None else Path(task["start"])
    fit_member(job, Task(task["seed"], read_array(place / "rows.npy"), start), place, on_step, team=team)


def _end_with_parent() -> None:
    os.read(0, 1)  # returns when the other end of the pipe is closed
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
