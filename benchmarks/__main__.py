"""`python -m benchmarks CLAIM`: a command for each folder."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from aleator.cli import EXIT_BAD_INPUT
from aleator.cli.app import Json
from aleator.console import ProgressDisplay
from aleator.errors import AleatorError

app = App(name="python -m benchmarks", help="Measure what the README claims, beside plain baselines, in one run.")


@app.command
def detect(
    *,
    data: Path | None = None,
    tracks: Annotated[
        list[Literal["fer2013", "fer2013-folds", "faces", "faces-networks", "digits", "digits-networks", "speed"]]
        | None,
        Parameter(consume_multiple=True),
    ] = None,
    audit: Path | None = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    folds: int = 3,
    full: Annotated[bool, Parameter(negative=())] = False,
    reviewed: Annotated[list[int] | None, Parameter(consume_multiple=True)] = None,
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
    from benchmarks.detect import run as track
    from benchmarks.detect.reviews import COUNTS

    with ProgressDisplay() as progress:
        result = track.run(
            tuple(tracks or ("fer2013",)), data=data, finished=audit, effort=effort, folds=folds, full=full,
            counts=tuple(reviewed or COUNTS), draws=draws, simulations=simulations, peers=peers, seed=seed,
            device=device, folder=output, progress=progress,
        )  # fmt: skip
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))


@app.command
def sampling_softmax(
    *,
    seed: int = 0,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Json = False,
) -> None:
    """Error, time and memory of each way to the expected softmax: the integral, Sobol, Monte Carlo, mean field.

    Parameters
    ----------
    seed
        Seed of the logits and the draws.
    output
        Write the figure (.svg) here.
    json_output
        Print one JSON object instead of the table.
    """
    from aleator.files import write_text
    from benchmarks.sampling_softmax import run as track

    with ProgressDisplay() as progress:
        result = track.run(seed=seed, progress=progress)
    if output is not None:
        write_text(output, track.draw_figure(result))
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))


@app.command
def posteriors(
    *,
    data: Path,
    quick: bool = False,
    minutes: float | None = None,
    seed: int = 0,
    folder: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Json = False,
) -> None:
    """Every posterior, with and without the sampling softmax, on FER+: what to choose.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    quick
        Ten minutes on two cores instead of ninety: less data, fewer epochs, shorter sweeps.
    minutes
        Another limit: the number of epochs is what fits into it.
    seed
        Seed of all trainings.
    folder
        Keep what was drawn in this folder: an interrupted run goes on from there.
    output
        Write the figure (.svg) here.
    json_output
        Print one JSON object instead of the table.
    """
    from aleator.files import write_text
    from benchmarks.posteriors import run as track
    from benchmarks.posteriors import scores as posterior_scores

    with ProgressDisplay() as progress:
        result = track.run(data, quick=quick, minutes=minutes, seed=seed, folder=folder, progress=progress)
    if output is not None:
        write_text(output, posterior_scores.draw_figure(result))
    print(json.dumps(result, indent=2) if json_output else posterior_scores.format_table(result))


@app.command
def toys(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    seed: int = 0,
) -> None:
    """Two moons and x sin x, as pictures.

    Parameters
    ----------
    output
        The folder that the pictures (.svg) are written into.
    seed
        Seed of the data and the trainings.
    """
    from aleator.files import write_text
    from benchmarks.toys import run as track

    with ProgressDisplay() as progress:
        pictures = track.run(seed=seed, progress=progress)
    output.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        write_text(output / f"{name}.svg", picture)
        print(output / f"{name}.svg")


@app.command
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
    from aleator.errors import DataError
    from benchmarks.review import run as track

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


@app.command
def train(
    *,
    data: Path,
    seeds: int = 3,
    only: Annotated[str | None, Parameter(negative=())] = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
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
    effort
        Of every training: quick is two small networks and five epochs, thorough four large ones and twenty.
    audit
        An audit of the Training split, for the rows that train on judged labels.
    device
        auto, cpu, cuda, ...
    output
        Keep models and scores in this folder; what is there is not done again.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.train import run as track

    names = () if only is None else tuple(name.strip() for name in only.split(";"))
    with ProgressDisplay() as progress:
        result = track.run(
            data, seeds=seeds, only=names, effort=effort, audit=audit, device=device, folder=output, progress=progress
        )
    print(json.dumps(result, indent=2) if json_output else track.format_table(result))


def main() -> None:
    """Errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app()
    except AleatorError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
