"""Brought labels and probabilities are joined class by class as they are meant, or refused in words."""

import gzip
from pathlib import Path

import numpy as np
import pandas
import pytest

from aleator.auditing.brought import read_predictions
from aleator.auditing.predictions import LabelledPredictions
from aleator.data.options import ReadOptions
from aleator.errors import DataError

NAMES = ("zebra", "ant", "cow")
GIVEN = np.arange(60) % 3
PROBS = np.where(np.eye(3)[np.where(np.arange(60) % 7, GIVEN, (GIVEN + 1) % 3)] > 0, 0.8, 0.1)
"""Six in seven labels are the likeliest class."""


def read(folder: Path, probs: str, labels: str, **asked: str) -> LabelledPredictions:
    return read_predictions(folder / probs, ReadOptions(label_file=folder / labels, **asked))  # type: ignore[arg-type]


def written(folder: Path, columns: tuple[str, ...], labels: list[str | int]) -> None:
    pandas.DataFrame(PROBS, columns=list(columns)).to_csv(folder / "p.csv", index=False)
    pandas.DataFrame({"label": labels}).to_csv(folder / "y.csv", index=False)
    np.save(folder / "p.npy", PROBS)


@pytest.mark.parametrize(
    ("columns", "called"),
    [
        (NAMES, NAMES),
        (("prob_zebra", "prob_ant", "prob_cow"), NAMES),
        (("p_ape", "p_ant", "p_asp"), ("ape", "ant", "asp")),
        (("P(zebra)", "P(ant)", "P(cow)"), NAMES),
        (("2", "0", "1"), ("2", "0", "1")),
        (("class 30", "class 10", "class 20"), ("30", "10", "20")),
    ],
)
def test_columns_are_classes_by_their_names(tmp_path: Path, columns: tuple[str, ...], called: tuple[str, ...]) -> None:
    numbers = called[0].isdecimal()
    written(tmp_path, columns, [int(called[one]) if numbers else called[one] for one in GIVEN])
    found = read(tmp_path, "p.csv", "y.csv")
    assert found.class_names == called
    np.testing.assert_array_equal(found.labels, GIVEN)


def test_numbers_beside_columns_with_names_are_their_places(tmp_path: Path) -> None:
    written(tmp_path, NAMES, GIVEN.tolist())
    found = read(tmp_path, "p.csv", "y.csv")
    assert found.class_names == NAMES
    np.testing.assert_array_equal(found.labels, GIVEN)


def test_columns_without_names_in_another_order_than_that_of_the_names_are_told(tmp_path: Path) -> None:
    written(tmp_path, NAMES, [NAMES[one] for one in GIVEN])
    with pytest.raises(DataError, match="--class-names zebra,ant,cow"):
        read(tmp_path, "p.npy", "y.csv")
    found = read(tmp_path, "p.npy", "y.csv", class_names=",".join(NAMES))
    np.testing.assert_array_equal(found.labels, GIVEN)
    ordered = ("ant", "cow", "zebra")
    written(tmp_path, ordered, [ordered[one] for one in GIVEN])
    np.testing.assert_array_equal(read(tmp_path, "p.npy", "y.csv").labels, GIVEN)
    np.save(tmp_path / "p.npy", PROBS[:-1])
    assert len(read(tmp_path, "p.npy", "y.csv").pred_probs) == 59, (
        "that they do not line up is told where they are judged"
    )
    # A classifier that fits the labels in no order says nothing of the order.
    np.save(tmp_path / "p.npy", np.random.default_rng(0).dirichlet(np.ones(3), 60))
    np.testing.assert_array_equal(read(tmp_path, "p.npy", "y.csv").labels, GIVEN)


def test_compressed_files_are_read_and_called_by_their_names(tmp_path: Path) -> None:
    written(tmp_path, NAMES, [NAMES[one] for one in GIVEN])
    for name in ("p.csv", "y.csv"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    found = read(tmp_path, "p.csv.gz", "y.csv.gz")
    np.testing.assert_array_equal(found.labels, GIVEN)
    assert found.path == str(tmp_path / "y.csv.gz")
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(DataError, match=r"y\.csv\.gz has no column 'label'"):
        read(tmp_path, "p.csv.gz", "y.csv.gz")
