"""`aleator bench TRACK`: a verb for each file of `aleator.bench`."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from aleator.cli.app import Json, bench
from aleator.console import ProgressDisplay


@bench.command
def detect(
    *,
    data: Path,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    folds: int = 3,
    seed: int = 0,
    device: str = "auto",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Json = False,
) -> None:
    """How well wrong labels are found on FER2013's Training split, with FER+ as referee, beside the baselines.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    effort
        Effort of the audit.
    folds
        Folds of the out-of-sample cross-entropy baseline; 0 leaves it out.
    seed
        Seed of all trainings.
    device
        auto, cpu, cuda, ...
    output
        Keep the audit in this folder.
    json_output
        Print one JSON object instead of the table.
    """
    from aleator.bench import detect as track

    with ProgressDisplay() as progress:
        result = track.run(data, effort=effort, folds=folds, seed=seed, device=device, folder=output, progress=progress)
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))


@bench.command
def review(
    *,
    rows: list[int] | None = None,
    crowd: bool = False,
    database: str | None = None,
    audit: Path | None = None,
    votes: Path | None = None,
    data: Path | None = None,
    folder: Path | None = None,
    json_output: Json = False,
) -> None:
    """How quick the review page is, whether it keeps what it acknowledged, and what decisions bring.

    Parameters
    ----------
    rows
        A person's minute in a real Chromium on made-up audits of so many examples; may be repeated.
    crowd
        Twenty people decide 200 examples each while the server is killed twice.
    database
        The crowd's database as a PostgreSQL URL instead of an SQLite file.
    audit
        An audit folder of FER2013: FER+'s majority plays its reviewer.
    votes
        FER+'s votes, fer2013new.csv.
    data
        Where the audited FER2013 is now, if it moved.
    folder
        Keep the made-up audit of the minute in this folder, or use the one that is there.
    json_output
        Print one JSON object instead of text.
    """
    from aleator.bench import review as track
    from aleator.errors import DataError

    if audit is not None and votes is None:
        raise DataError("FER+ plays the reviewer: name its votes with --votes.")
    result: dict[str, object] = {}
    with ProgressDisplay() as progress:
        if rows:
            result["minutes"] = [track.minute(count, folder=folder, progress=progress) for count in rows]
        if crowd:
            result["crowds"] = {"PostgreSQL" if database else "SQLite": track.crowd(database=database)}
        if audit is not None and votes is not None:
            result["referee"] = track.referee(audit, votes, data=data, progress=progress)
    if not result:
        raise DataError("Say what to measure: --rows 2000 --rows 1000000, --crowd, or --audit DIR --votes FILE.")
    print(json.dumps(result, indent=2) if json_output else track.format_text(result))
