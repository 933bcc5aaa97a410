"""`aleator audit`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from aleator.cli.app import Json, app, tell
from aleator.console import ProgressDisplay


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
    posterior: str = "deep_ensemble",
    seed: int = 0,
    device: str = "auto",
    flip: bool = True,
    force: bool = False,
    json_output: Json = False,
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
    posterior
        How the model's own doubt is found: deep_ensemble, sub_ensemble, mc_dropout, mc_dropconnect, flipout,
        bayes_by_backprop, last_layer_laplace, swag, duq or gradient_confidence.
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
            class_names=class_names,
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
            posterior=posterior,
            use_votes=use_votes,
            flip=flip,
            force=force,
            progress=progress,
        )
    tell(result, json_output)
