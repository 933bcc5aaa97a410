"""`aleator demo`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import Json, app, tell
from aleator.console import ProgressDisplay


@app.command
def demo(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("demo-audit"),
    examples: int = 3000,
    seed: int = 0,
    force: bool = False,
    json_output: Json = False,
) -> None:
    """Audit the built-in drawn faces, whose wrong labels are known, and say how well that went.

    Parameters
    ----------
    output
        The folder for the audit.
    examples
        How many faces are drawn.
    seed
        The same seed draws the same faces.
    force
        Replace what the output folder holds.
    json_output
        Print one JSON object instead of the summary.
    """
    from aleator.demo import run_demo

    with ProgressDisplay() as progress:
        result = run_demo(output, examples=examples, seed=seed, force=force, progress=progress)
    tell(result, json_output)
