"""`aleator audit`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.auditing.settings import AuditSettings
from aleator.cli.app import FLAT, READING, WHERE_TO, Force, Json, app, tell
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers import forms
from aleator.errors import AleatorError
from aleator.progress import display
from aleator.workers import Where

DATA = f"A data set: {forms()}."


@app.command
def audit(
    data: Annotated[Path, Parameter(help=DATA)],
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    settings: Annotated[AuditSettings, FLAT] = AuditSettings(),
    where: Annotated[Where, FLAT] = Where(),
    force: Force = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json_output: Json = False,
) -> None:
    """Find the wrong labels of DATA and leave the audit in a folder.

    Parameters
    ----------
    output
        The folder for the audit. An interrupted audit of the same data goes on from the last finished network; a
        finished one is not computed again.
    dry_run
        Say how the data are read and what would be computed, with about how long it takes, and stop.
    """
    if dry_run:
        _say_what_would_be_done(data, reading, settings, json_output)
        return
    if output is None:
        raise AleatorError(f"Where to? {WHERE_TO['audit']}; all options: aleator audit --help")
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


def _say_what_would_be_done(data: Path, reading: ReadOptions, settings: AuditSettings, json_output: bool) -> None:
    with display(log=True) as progress:
        from aleator.auditing.plan import plan_of
        from aleator.console import print_overview
        from aleator.data import read_dataset
        from aleator.data.overview import overview_of
        from aleator.records import to_json

        overview = overview_of(read_dataset(data, reading, progress=progress))
        plan = plan_of(overview, settings)
    if json_output:
        print(json.dumps({**to_json(overview), "plan": plan}, ensure_ascii=False))
    else:
        print_overview(overview, None)
        print(f"\n{plan}")
