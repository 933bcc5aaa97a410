"""`aleator judge`."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import DECISIONS, FLAT, READING, Force, Json, app, tell
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.decisions.gather import DecisionSources
from aleator.errors import AleatorError
from aleator.progress import display
from aleator.workers import Where


@app.command
def judge(
    folder: Path | None = None,
    /,
    *,
    pred_probs: Annotated[tuple[Path, ...], Parameter(negative=())] = (),
    features: Path | None = None,
    data: Path | None = None,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    sources: Annotated[DecisionSources, DECISIONS] = DecisionSources(),
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    where: Annotated[Where, FLAT] = Where(),
    force: Force = False,
    json_output: Json = False,
) -> None:
    """Judge labels without training: by probabilities that you bring, or an audit anew with what people decided.

    Parameters
    ----------
    folder
        An audit's folder, to be judged again with the decisions of its review page, and of --reviewed; its table,
        estimates and report are replaced.
    pred_probs
        Out-of-sample probabilities, a column for each class: .npy, or a table whose columns are named after them; may
        be repeated, once for each learner. Their labels are in --label-file: .npy, or a table with a column label (and
        id).
    features
        An embedding, a row for each example: .npy or a table. Simple learners on it count as one more learner.
    data
        Where the audited data are now, if they moved; without them the report is written without pictures. With
        --pred-probs: the examples that the labels and probabilities are of, joined by id, or row by row where both
        have the same labels.
    output
        The folder for the judged labels.
    """
    start = time.perf_counter()
    with display(log=True) as progress:
        if folder is not None and not pred_probs:
            from aleator.auditing import load_audit
            from aleator.auditing.reviewed import judge_again

            if where != Where():
                raise AleatorError("--on is for labels judged by --pred-probs; an audit is judged again here.")
            result = judge_again(load_audit(folder), sources, data=data, asked=reading, progress=progress)
        elif folder is None and pred_probs and output is not None:
            from aleator.auditing.brought import read_predictions, with_examples_of
            from aleator.auditing.predictions import judge_predictions
            from aleator.auditing.reviewed import reviews_of_predictions

            predictions = read_predictions(pred_probs, reading, features)
            if data is not None:
                predictions = with_examples_of(predictions, str(data), reading, progress=progress)
            reviews = reviews_of_predictions(predictions, sources)
            result = judge_predictions(
                predictions, output, reviews=reviews, where=where, force=force, progress=progress
            )
        else:
            raise AleatorError("Name either an audit folder, or --label-file, --pred-probs and -o for a new one.")
    tell(result, json_output, time.perf_counter() - start)
