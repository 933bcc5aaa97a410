"""`aleator audit`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.auditing.settings import AuditSettings
from aleator.cli.app import FLAT, READING, Force, Json, Output, app, tell
from aleator.console import ProgressDisplay
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers import forms

DATA = f"What is audited: {forms()}."


@app.command
def audit(
    data: Annotated[Path, Parameter(help=DATA)],
    /,
    *,
    output: Output,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    settings: Annotated[AuditSettings, FLAT] = AuditSettings(),
    force: Force = False,
    json_output: Json = False,
) -> None:
    """Find the wrong labels of DATA and leave the audit in a folder.

    Parameters
    ----------
    output
        The folder for the audit. An interrupted audit of the same data goes on from the last finished member.
    """
    with ProgressDisplay() as progress:
        # The data are read before torch is loaded: a wrong path is told at once.
        from aleator.data import read_dataset

        dataset = read_dataset(data, reading, progress=progress)
        from aleator.auditing.audit import audit as run_audit

        result = run_audit(dataset, output, settings, force=force, progress=progress)
    tell(result, json_output)
