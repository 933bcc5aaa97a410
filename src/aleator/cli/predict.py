"""`aleator predict`."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from aleator.cli.app import Json, app
from aleator.errors import DataError
from aleator.files import check_target
from aleator.locks import only_one
from aleator.progress import display


@app.command
def predict(
    model: Path,
    data: Annotated[list[Path], Parameter(negative=())],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    split: str | None = None,
    device: str = "auto",
    weights: Path | None = None,
    force: Annotated[bool, Parameter(help="Replace a file that is there already.")] = False,
    json_output: Json = False,
) -> None:
    """Predict DATA with MODEL: a distribution each, what is doubted and why, and an answer where there is one.

    Parameters
    ----------
    model
        The folder that `train` left.
    data
        Pictures, folders of pictures, tables of paths, texts or columns (CSV, TSV, Excel, Parquet, JSON
        lines), arrays (.npy, .npz).
    output
        The file to write: .csv, .parquet, .jsonl, or .html with the pictures.
    split
        For data that comes in splits: predict this one only.
    device
        auto, cpu, cuda, ...
    weights
        For a model on a pretrained network's features: where the file of its weights is now, if it moved.
    json_output
        Print one JSON object instead of the summary.
    """
    from aleator.training.prediction_files import check_ending, write_predictions

    check_ending(output)
    with display(log=True) as progress, only_one(output, DataError):
        check_target(output, force=force)
        start = time.perf_counter()
        from aleator.training import load_model
        from aleator.training.predict import predict as run_prediction

        loaded = load_model(model, device=device, weights=weights)
        predicted = run_prediction(loaded, data, split=split, progress=progress)
        write_predictions(predicted, loaded, output, force=force)
    routes = {name: predicted.table["answer"].to_pylist().count(name) for name in ("answer", "ambiguous", "unfamiliar")}
    if json_output:
        skipped = [{"path": one.source, "reason": one.reason} for one in predicted.skipped]
        print(json.dumps({"output": str(output.resolve()), "routes": routes, "skipped": skipped}, ensure_ascii=False))
        return
    for one in predicted.skipped:
        print(f"left out: {one.source} {one.reason}", file=sys.stderr)
    console = Console(highlight=False, soft_wrap=True)
    console.print(" · ".join(f"{count:,} {name}" for name, count in routes.items()))
    console.print(f"Look: {escape(str(output))}\n[dim]{time.perf_counter() - start:.0f} seconds[/dim]")
