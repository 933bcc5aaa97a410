"""What is predicted is read as the data were that the model was trained on."""

from pathlib import Path

import numpy as np

from aleator.data.sources import FeatureArray, TableRows
from aleator.training.inputs import read_inputs

VECTORS = np.random.default_rng(0).normal(size=(6, 3)).round(3)


def test_vectors_in_a_table(tmp_path: Path) -> None:
    rows = [f'x{row},"{list(map(float, one))}"' for row, one in enumerate(VECTORS)]
    (tmp_path / "t.csv").write_text("\n".join(["id,embedding", *rows]) + "\n")
    (inputs,) = read_inputs([tmp_path / "t.csv"], kind=FeatureArray.kind)
    assert inputs.ids == tuple(f"x{row}" for row in range(6))
    assert isinstance(inputs.source, FeatureArray)
    assert np.allclose(inputs.source.values, VECTORS)


def test_vectors_beside_other_features_are_columns(tmp_path: Path) -> None:
    rows = [f'"{one[0]},{one[1]}",{one[2]}' for one in VECTORS]
    (tmp_path / "t.csv").write_text("\n".join(["place,size", *rows]) + "\n")
    (inputs,) = read_inputs([tmp_path / "t.csv"], kind=TableRows.kind)
    assert isinstance(inputs.source, TableRows)
    assert inputs.source.table.column_names == ["place 0", "place 1", "size"]
