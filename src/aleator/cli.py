"""The command line: `aleator VERB ...`. torch is loaded by the verb that needs it, not by `--help`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from aleator import __version__
from aleator.console import ProgressDisplay, print_summary
from aleator.errors import AleatorError

if TYPE_CHECKING:
    from aleator.auditing import Audit

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130

app = App(
    name="aleator",
    help="Find the wrong labels in a classification data set, and tell a mistake from honest ambiguity.",
    version=__version__,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # main() tells how to go on
)
bench = App(name="bench", help="Measure what the README claims, beside plain baselines, in one run.")
app.command(bench)


@app.command
def audit(
    data: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    split: str | None = None,
    votes: Path | None = None,
    use_votes: bool = False,
    labels: Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    id_column: str | None = None,
    class_names: str | None = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    members: int | None = None,
    seed: int = 0,
    device: str = "auto",
    flip: bool = True,
    force: bool = False,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Find the wrong labels of DATA and leave the audit in a folder.

    Parameters
    ----------
    data
        Kaggle's fer2013.csv, a folder of class folders, an ImageFolder with metadata, a table (CSV, TSV, Parquet,
        JSON lines) of paths and labels, or arrays (.npz, .npy).
    output
        The folder for the audit. An interrupted audit of the same data goes on from the last finished member.
    split
        Audit this split only (for example Training).
    votes
        Several people's votes: one column per class, or long task,annotator,label. They only score the audit.
    use_votes
        Take the votes as evidence instead.
    labels
        For an .npy of examples: the file that holds the labels.
    path_column, label_column, id_column
        The table's columns, where their names do not tell.
    class_names
        Names of the classes 0, 1, 2, ... separated by commas.
    effort
        How much is computed.
    members
        How many networks are trained.
    seed
        The same seed on the same machine gives the same audit.
    device
        auto, cpu, cuda, ...
    flip
        A mirrored picture keeps its class; --no-flip for letters and digits.
    force
        Replace what the output folder holds.
    json_output
        Print one JSON object instead of the summary.
    """
    with ProgressDisplay() as progress:
        # The data are read before torch is loaded: a wrong path is told at once.
        from aleator.data import read_dataset

        dataset = read_dataset(
            data,
            split=split,
            votes=votes,
            labels=labels,
            path_column=path_column,
            label_column=label_column,
            id_column=id_column,
            class_names=None if class_names is None else tuple(name.strip() for name in class_names.split(",")),
            progress=progress,
        )
        from aleator.auditing import audit as run_audit

        result = run_audit(
            dataset,
            output,
            effort=effort,
            seed=seed,
            device=device,
            members=members,
            use_votes=use_votes,
            flip=flip,
            force=force,
            progress=progress,
        )
    _tell(result, json_output)


@app.command
def demo(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("demo-audit"),
    examples: int = 3000,
    seed: int = 0,
    force: bool = False,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
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
    _tell(result, json_output)


@bench.command
def detect(
    *,
    data: Path,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    folds: int = 3,
    seed: int = 0,
    device: str = "auto",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
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


def _tell(result: "Audit", json_output: bool) -> None:
    if json_output:
        info: dict[str, Any] = {**result.info, "folder": str(result.folder.resolve())}
        print(json.dumps(info, ensure_ascii=False))
    else:
        print_summary(result.info, result.folder)


def main() -> None:
    """Entry point: errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app()
    except AleatorError as error:
        print(f"aleator: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        print(
            "aleator: interrupted; an audit or a demo goes on from the last finished member when the same command is "
            "given again.",
            file=sys.stderr,
        )
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
