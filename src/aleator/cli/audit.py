"""`aleator audit`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.auditing.settings import AuditSettings
from aleator.cli.app import FLAT, READING, Force, Json, Output, app, tell
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers import forms
from aleator.progress import display
from aleator.workers import Where

DATA = f"What is audited: {forms()}."


@app.command
def audit(
    data: Annotated[Path, Parameter(help=DATA)],
    /,
    *,
    output: Output,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    settings: Annotated[AuditSettings, FLAT] = AuditSettings(),
    where: Annotated[Where, FLAT] = Where(),
    force: Force = False,
    json_output: Json = False,
) -> None:
    """Find the wrong labels of DATA and leave the audit in a folder.

    Parameters
    ----------
    output
        The folder for the audit. An interrupted audit of the same data goes on from the last finished network; a
        finished one is not computed again.
    """
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    with display(log=True) as progress:
        # The data are read before torch is loaded: a wrong path is told at once.
        from aleator.data import read_dataset

        dataset = read_dataset(data, reading, progress=progress)
        from aleator.auditing.audit import audit as run_audit

        result = run_audit(dataset, output, settings, where=where, force=force, progress=progress)
    if result.info.created < begun:
        print("This audit was finished before; --force computes it anew.", file=sys.stderr)
    tell(result, json_output)
