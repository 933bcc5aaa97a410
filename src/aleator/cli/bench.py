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
    data: Path | None = None,
    tracks: list[Literal["fer2013", "fer2013-folds", "faces", "faces-networks", "digits", "digits-networks", "speed"]]
    | None = None,
    audit: Path | None = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    folds: int = 3,
    full: Annotated[bool, Parameter(negative=())] = False,
    reviewed: list[int] | None = None,
    draws: int = 3,
    simulations: int = 100,
    peers: bool = True,
    seed: int = 0,
    device: str = "auto",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Json = False,
) -> None:
    """How well wrong labels are found, unaided and with reviews, beside what others do with the same networks.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    tracks
        What is measured: FER2013's Training split with FER+ as referee (the default), the same out of sample, noise on
        FER+'s labels and on scikit-learn's digits (by logistic regression, or by networks), time and memory.
    audit
        A finished audit of FER2013's Training split, in place of a new one.
    effort
        Effort of the audit.
    folds
        Folds of the out-of-sample networks.
    full
        Noise on all pictures, the networks with the effort named, in place of 6,000 with effort quick.
    reviewed
        Numbers of reviewed examples; by default 50, 100, 200, 500 and 1,000.
    draws
        Repetitions of reviews and of votes that are drawn.
    simulations
        Reviews that the coverage of the interval is measured with; 0 leaves it out.
    peers
        Compare with cleanlab and crowd-kit, which the extra aleator[bench] installs.
    seed
        Seed of all trainings.
    device
        auto, cpu, cuda, ...
    output
        Keep the networks in this folder; what is there is not trained again.
    json_output
        Print one JSON object instead of the tables.
    """
    from aleator.bench import detect as track
    from aleator.bench.detect_reviews import COUNTS

    with ProgressDisplay() as progress:
        result = track.run(
            tuple(tracks or ("fer2013",)), data=data, finished=audit, effort=effort, folds=folds, full=full,
            counts=tuple(reviewed or COUNTS), draws=draws, simulations=simulations, peers=peers, seed=seed,
            device=device, folder=output, progress=progress,
        )  # fmt: skip
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))
