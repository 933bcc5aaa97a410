"""`aleator demo`."""

from pathlib import Path

from aleator.cli.app import Force, Json, Output, app, tell
from aleator.progress import display


@app.command
def demo(
    *,
    output: Output = Path("demo-audit"),
    examples: int = 3000,
    seed: int = 0,
    force: Force = False,
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
    """
    from aleator.demo import run_demo

    with display(log=True) as progress:
        result = run_demo(output, examples=examples, seed=seed, force=force, progress=progress)
    tell(result, json_output)
