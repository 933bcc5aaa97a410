"""`aleator export`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from aleator.cli.app import app
from aleator.errors import AleatorError


@app.command
def export(
    folder: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    onnx: Path | None = None,
    format: Literal[
        "csv", "parquet", "imagefolder", "fer2013", "label-studio", "fiftyone", "cleanlab", "decisions"
    ] = "csv",
    data: Path | None = None,
    database: str | None = None,
    relabel_above: float | None = None,
    drop_unusable: bool = False,
    split: str | None = None,
    labels: Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    id_column: str | None = None,
    class_names: str | None = None,
) -> None:
    """Write the cleaned data set, or what people decided, for other tools; or a trained model as one ONNX graph.

    Parameters
    ----------
    folder
        An audit folder, or data with labels that were reviewed; with --onnx the folder that `train` left.
    output
        The file (csv, parquet, fer2013, cleanlab, decisions) or the new folder (imagefolder, label-studio, fiftyone).
    onnx
        The file for a model: from uint8 pictures to distributions and uncertainties, checked against PyTorch first.
    format
        csv and parquet hold old and new labels; fer2013 is Kaggle's file with corrected emotions; decisions is what
        `aleator review --import` reads.
    data
        Where the audited data are now, if they moved.
    database
        Where the decisions are, if not beside the audit.
    relabel_above
        Where nobody decided, take the audit's suggestion if the label is wrong with at least this probability.
    drop_unusable
        Leave out what people called not usable; otherwise it keeps its given label.
    split, labels, path_column, label_column, id_column, class_names
        How the data are read, as for `aleator audit`.
    """
    if onnx is not None:
        from aleator.export.onnx import export_onnx
        from aleator.training import load_model

        difference = export_onnx(load_model(folder, device="cpu"), onnx)
        print(f"{onnx}: the same as the model to {difference:.1e}.")
        return
    if output is None:
        raise AleatorError("Where to? Name the file or folder with -o, or for a trained model --onnx FILE.")

    from aleator.export import export_audit

    corrected = export_audit(
        folder,
        output,
        format,
        data=data,
        database=database,
        relabel_above=relabel_above,
        drop_unusable=drop_unusable,
        split=split,
        labels=labels,
        path_column=path_column,
        label_column=label_column,
        id_column=id_column,
        class_names=class_names,
    )
    changed = int((corrected.label != corrected.examples.given).sum())
    decided = int((corrected.decision != "").sum())
    print(f"{len(corrected):,} examples, {decided:,} decided by people, {changed:,} labels changed: {output}")
