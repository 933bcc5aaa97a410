"""`aleator embed`."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from aleator.cli.app import FLAT, READING, Json, app
from aleator.cli.audit import DATA
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.embedding import AUTO, Backbone, EmbedSettings, family_forms
from aleator.embedding.options import PretrainedOptions
from aleator.errors import AleatorError
from aleator.progress import display
from aleator.workers import Where, workers_at


@app.command
def embed(
    data: Annotated[Path, Parameter(help=DATA)],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    pretrained: Annotated[PretrainedOptions, FLAT] = PretrainedOptions(),
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    settings: Annotated[EmbedSettings, FLAT] = EmbedSettings(),
    force: Annotated[bool, Parameter(help="Replace a file that is there already.")] = False,
    where: Annotated[Where, FLAT] = Where(),
    json_output: Json = False,
) -> None:
    """Make a feature vector of each picture or text of DATA with a pretrained network, for `audit --features` and
    other tools.

    Parameters
    ----------
    output
        The file: .npy, with the ids in a table beside it, .npz or .parquet. An interrupted run goes on from its last
        batch.
    """
    with display(log=True) as progress:
        from aleator.embedding.features_file import put_in_place, work_for

        if pretrained.backbone is None or pretrained.backbone == AUTO:
            raise AleatorError(f"Which pretrained network? Name it with --backbone ({family_forms()}).")
        network = pretrained.pretrained or Backbone(pretrained.backbone)
        start = time.perf_counter()
        with work_for(output, force=force) as work:
            from aleator.data import read_dataset
            from aleator.embedding.embed import embed as run_embedding

            dataset = read_dataset(data, reading, progress=progress)
            with workers_at(where) as workers:
                embedded = run_embedding(dataset, network, work, settings, on=workers, progress=progress)
            put_in_place(output, work, embedded.dataset.ids, embedded.features)
    skipped = embedded.dataset.skipped
    if json_output:
        told = {
            "output": str(output.resolve()),
            "examples": len(embedded.features),
            "dimension": embedded.network.dimension,
            "backbone": embedded.network.name,
            "weights": embedded.network.weights,
            "skipped": [{"id": one.id, "reason": one.reason} for one in skipped],
        }
        print(json.dumps(told, ensure_ascii=False))
        return
    for one in skipped:
        print(f"left out: {one.source} {one.reason}", file=sys.stderr)
    seconds = time.perf_counter() - start
    Console(highlight=False, soft_wrap=True).print(
        f"{len(embedded.features):,} examples, {embedded.network.dimension:,} features each: {escape(str(output))}\n"
        f"[dim]{seconds:.0f} seconds[/dim]"
    )
