"""Another Python, in whose environment a tool is."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


def python_with(module: str, variable: str) -> str:
    """The Python that a variable names, or this one if it has the module; else the test is skipped."""
    named = os.environ.get(variable)
    if named is None and find_spec(module) is None:
        pytest.skip(f"no {module} here; {variable} names a Python that has it (pip install {module})")
    return named or sys.executable


def ask(python: str, program: str, *arguments: object, **environment: str) -> Any:
    """Run a program there and read the last line that it prints as JSON."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = run(python, "-c", program, *map(str, arguments), environment=plain | environment)
    return json.loads(done.splitlines()[-1])


def run(python: str, *arguments: str, environment: dict[str, str], cwd: Path | None = None) -> str:
    done = subprocess.run([python, *arguments], env=environment, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
