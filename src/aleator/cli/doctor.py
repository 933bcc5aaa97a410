"""`aleator doctor`."""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from aleator import __version__
from aleator.cli.app import Json, app

FOR_DEVELOPERS = ("dev", "docs", "bench", "notebooks", "interop-tests")
"""Extras that no user needs."""
SHOWN = ("torch", "numpy", "scipy", "scikit-learn", "pyarrow", "pillow")


@app.command
def doctor(*, json_output: Json = False) -> None:
    """Say what is installed here, which extras are missing, and what networks would be trained on."""
    found = {
        "aleator": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "cores": _cores(),
        "memory": _memory(),
        "computed on": _device(),
        "libraries": {name: _version(name) or "missing" for name in SHOWN},
        "extras": _extras(),
        "room": f"{shutil.disk_usage(Path.cwd()).free / 1e9:,.0f} GB free at {Path.cwd()}",
    }
    if json_output:
        print(json.dumps(found, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, value in found.items():
        if isinstance(value, dict):
            console.print(f"[bold]{name}[/bold]")
            for key, text in value.items():
                console.print(f"  {key:14} {escape(str(text))}")
        else:
            console.print(f"[bold]{name:11}[/bold] {escape(str(value))}")


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} of {os.cpu_count()} may be used"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"
    except (AttributeError, ValueError, OSError):  # not on Windows
        return "unknown"


def _device() -> dict[str, str]:
    import torch

    from aleator.learning.devices import pick_device
    from aleator.learning.steps.batch import bfloat16_is_faster

    chosen = pick_device("auto")
    name = torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else platform.processor() or platform.machine()
    return {
        "chosen": f"{chosen} ({name})",
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "bfloat16": "used, as it is faster here" if bfloat16_is_faster(chosen) else "not used, as it is no faster here",
        "threads": str(torch.get_num_threads()),
    }


def _extras() -> dict[str, str]:
    """Each extra, and what of it is missing."""
    wanted: dict[str, list[str]] = {}
    for line in importlib.metadata.requires("aleator") or []:
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
        name = re.match(r"[\w.-]+", line)
        if extra and name and extra[1] not in FOR_DEVELOPERS and name[0] != "aleator":
            wanted.setdefault(extra[1], []).append(name[0])
    result = {}
    for known, names in wanted.items():
        missing = [one for one in names if _version(one) is None]
        result[known] = f"missing {', '.join(missing)}: pip install 'aleator[{known}]'" if missing else "installed"
    return result


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
