"""Columns of a table as numbers."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from aleator.data.sources import TableRows, TextArray
from aleator.errors import DataError
from aleator.vectors.columns import fit_columns, predicts_alone
from aleator.vectors.vectoriser import fit_vectoriser, read_vectoriser, write_vectoriser

ROWS = 200


@pytest.fixture
def table() -> pa.Table:
    random = np.random.default_rng(0)
    return pa.table(
        {
            "age": [None if row % 10 == 0 else float(age) for row, age in enumerate(random.integers(18, 80, ROWS))],
            "city": [("Oslo", "Łódź", "", "Rome")[row % 4] for row in range(ROWS)],
            "joined": [date(2020, 1 + row % 12, 1) for row in range(ROWS)],
            "member": [row % 3 == 0 for row in range(ROWS)],
            "country": ["NO"] * ROWS,
            "name": [f"person {row}" for row in range(ROWS)],
            "nothing": pa.nulls(ROWS, pa.string()),
        }
    )


def test_what_says_something_is_encoded_and_the_rest_is_told(table: pa.Table) -> None:
    fitted = fit_columns(table)
    assert [column.name for column in fitted.columns] == ["age", "city", "joined", "member"]
    assert "in every row" in fitted.passed_over["country"]
    assert "200 different texts" in fitted.passed_over["name"]
    assert "empty" in fitted.passed_over["nothing"]
    codes = fitted.codes(table)
    assert np.isnan(codes[::10, 0]).all()
    assert np.isnan(codes[2::4, 1]).all()  # an empty cell is a gap
    dense = fitted.dense(codes)
    assert np.isfinite(dense).all()
    assert len(dense) == ROWS


def test_other_rows_are_encoded_as_the_first_and_what_is_new_is_a_gap(table: pa.Table) -> None:
    fitted = fit_columns(table)
    other = table.slice(0, 2).set_column(1, "city", pa.array(["Paris", "Rome"]))
    codes = fitted.codes(other)
    assert np.isnan(codes[0, 1])
    assert codes[1, 1] == fitted.columns[1].categories.index("Rome")
    with pytest.raises(DataError, match="no column 'city'"):
        fitted.codes(table.drop_columns(["city"]))
    with pytest.raises(DataError, match="'age' holds string"):
        fitted.codes(table.set_column(0, "age", pa.array(["old"] * ROWS)))


def test_unusual_values_are_named() -> None:
    wealth = [float(row % 7) for row in range(ROWS)]
    wealth[5] = 1000.0
    table = pa.table({"wealth": wealth, "kind": ["a"] * (ROWS - 1) + ["b"]})
    fitted = fit_columns(table)
    codes = fitted.codes(table)
    assert fitted.unusual(codes, 5) == ["wealth"]
    assert fitted.unusual(codes, ROWS - 1) == ["kind"]
    assert fitted.unusual(codes, 0) == []


def test_a_column_made_from_the_label_is_found() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    codes = np.stack([random.normal(size=300), labels * 10 + random.normal(size=300) * 0.1], axis=1).astype(np.float32)
    assert predicts_alone(codes, labels, ["noise", "leak"]) == ["leak"]


@pytest.mark.parametrize("kind", ["texts", "table"])
def test_a_vectoriser_is_kept_and_read(kind: str, table: pa.Table, tmp_path: object) -> None:
    from pathlib import Path

    source = (
        TableRows(table) if kind == "table" else TextArray([f"word{row % 9} and word{row % 7}" for row in range(99)])
    )
    fitted = fit_vectoriser(source, seed=0)
    file = Path(str(tmp_path)) / "vectors.npz"
    write_vectoriser(fitted, file)
    again = read_vectoriser(file)
    assert np.array_equal(again.vectors(source), fitted.vectors(source))
    with pytest.raises(DataError, match="was trained on"):
        again.vectors(TextArray(["a"]) if kind == "table" else TableRows(table))
