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
def train(
    *,
    data: Path,
    seeds: int = 3,
    only: Annotated[str | None, Parameter(negative=())] = None,
    quick: bool = False,
    audit: Path | None = None,
    device: str = "auto",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Json = False,
) -> None:
    """How right models are that were trained on FER2013's labels, with FER+ as referee, beside bounds and baselines.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    seeds
        Every row is trained so often.
    only
        These rows, separated by semicolons; all without it.
    quick
        A small network and five epochs.
    audit
        An audit of the Training split, for the rows that train on judged labels.
    device
        auto, cpu, cuda, ...
    output
        Keep models and scores in this folder; what is there is not done again.
    json_output
        Print one JSON object instead of the table.
    """
    from aleator.bench import train as track

    names = () if only is None else tuple(name.strip() for name in only.split(";"))
    with ProgressDisplay() as progress:
        result = track.run(
            data, seeds=seeds, only=names, quick=quick, audit=audit, device=device, folder=output, progress=progress
        )
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))
