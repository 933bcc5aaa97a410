"""`aleator export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from aleator.audits.next_steps import after_export
from aleator.cli.app import DECISIONS, FLAT, READING, app
from aleator.console import print_next
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.decisions.gather import DecisionSources
from aleator.errors import AleatorError
from aleator.export import FORMATS, ExportSettings, export_audit

FORMAT = "; ".join(f"{name}: {form.what}" for name, form in FORMATS.items())
if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[tuple(FORMATS)]


@app.command
def export(
    folder: Path,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    onnx: Path | None = None,
    format: Annotated[FormatName, Parameter(help=f"{FORMAT}.")] = "csv",
    settings: Annotated[ExportSettings, FLAT] = ExportSettings(),
    data: Path | None = None,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    sources: Annotated[DecisionSources, DECISIONS] = DecisionSources(),
    force: Annotated[bool, Parameter(help="Replace a file that is there already.")] = False,
) -> None:
    """Write the cleaned data set, or what people decided, for other tools; or a trained model as one ONNX graph.

    Parameters
    ----------
    folder
        An audit folder, or data with labels that were reviewed; with --onnx the folder that `train` left.
    output
        The file or, for formats with pictures, the new folder; FILE.onnx is the same as --onnx FILE.
    onnx
        The file for a model: from uint8 pictures to distributions and uncertainties, checked against PyTorch first.
    data
        Where the audited data are now, if they moved.
    """
    if output is not None and output.suffix == ".onnx":
        onnx = output
    if onnx is not None:
        from aleator.export.onnx import export_onnx
        from aleator.training import load_model

        difference = export_onnx(load_model(folder, device="cpu"), onnx, force=force)
        print(f"{onnx}: the same as the model to {difference:.1e}.")
        return
    if output is None:
        raise AleatorError("Where to? Name the file or folder with -o, or for a trained model --onnx FILE.")
    corrected = export_audit(folder, output, format, settings, data=data, asked=reading, sources=sources, force=force)
    changed = int((corrected.label != corrected.examples.given).sum())
    decided = int((corrected.decision != "").sum())
    print(f"{len(corrected):,} examples, {decided:,} decided by people, {changed:,} labels changed: {output}")
    audit = corrected.examples.audit
    if audit is not None:
        print_next(after_export(folder, decided, data, sources.database, can_train=not audit.is_of_likeliest))
