"""`aleator judge`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import Json, app, tell
from aleator.console import ProgressDisplay
from aleator.errors import AleatorError


@app.command
def judge(
    folder: Path | None = None,
    *,
    labels: Path | None = None,
    pred_probs: Path | None = None,
    features: Path | None = None,
    votes: Path | None = None,
    reviewed: Path | None = None,
    database: str | None = None,
    class_names: str | None = None,
    data: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    force: bool = False,
    json_output: Json = False,
) -> None:
    """Judge labels without training: by probabilities that you bring, or an audit anew with what people decided.

    Parameters
    ----------
    folder
        An audit's folder, to be judged again with the decisions of its review page, or of --reviewed; its table,
        estimates and report are replaced.
    labels
        Given labels: .npy, or a table with a column label (and id).
    pred_probs
        Out-of-sample probabilities, a column for each class: .npy, or a table whose columns are named after them.
    features
        An embedding, a row for each example: .npy or a table.
    votes
        Several people's votes: one column per class, or long task,annotator,label.
    reviewed
        Decisions: a table with id and label (several classes joined by | where an example lies between them), and
        optionally decision (unusable), reviewer and time.
    database
        Where the review page's decisions are, if not in the audit's folder.
    class_names
        Names of the classes 0, 1, 2, ... separated by commas.
    data
        Where the audit's data are now, for the pictures of its report.
    output
        The folder for the judged labels.
    force
        Replace what the output folder holds.
    json_output
        Print one JSON object instead of the summary.
    """
    with ProgressDisplay() as progress:
        from aleator.auditing import load_audit
        from aleator.auditing.bring_your_own import judge_again, judge_files
        from aleator.verdicts.decisions import read_decisions

        if folder is not None and labels is None and pred_probs is None:
            audit = load_audit(folder)
            if reviewed is not None:
                reviews = read_decisions(reviewed, audit.labels["id"].to_numpy().astype(str), audit.class_names)
            else:
                from aleator.review.heard import decided

                reviews = decided(audit, database)
            result = judge_again(audit, reviews, data=data)
        elif folder is None and labels is not None and pred_probs is not None and output is not None:
            result = judge_files(
                labels, pred_probs, output, features=features, votes=votes, reviewed=reviewed,
                class_names=class_names, force=force, progress=progress,
            )  # fmt: skip
        else:
            raise AleatorError("Name either an audit folder, or --labels, --pred-probs and -o for a new one.")
    tell(result, json_output)
