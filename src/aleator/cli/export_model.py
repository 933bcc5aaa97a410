"""`aleator export MODEL --onnx FILE`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import app


@app.command(name="export")
def export_model(model: Path, *, onnx: Annotated[Path, Parameter(name=["--onnx"])]) -> None:
    """Write MODEL as one ONNX graph, from uint8 pictures to distributions and uncertainties.

    Parameters
    ----------
    model
        The folder that `train` left.
    onnx
        The file to write. It is checked against PyTorch first.
    """
    from aleator.export.onnx import export_onnx
    from aleator.training import load_model

    difference = export_onnx(load_model(model, device="cpu"), onnx)
    print(f"{onnx}: the same as the model to {difference:.1e}.")
