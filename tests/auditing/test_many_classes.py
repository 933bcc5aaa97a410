"""`aleator judge` by each example's likeliest classes: the files it reads, and the folder it leaves."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
import pytest
from numpy.typing import NDArray
from scipy import sparse

from aleator.auditing import Audit
from aleator.auditing.judging import inputs_of
from aleator.auditing.predictions import judge_predictions, read_predictions
from aleator.data.options import ReadOptions
from aleator.errors import AleatorError, AuditFolderError, DataError

CLASSES, EXAMPLES, LEADING = 400, 2500, 6
NAMES = tuple(f"kind {number:03}" for number in range(CLASSES))


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.bool_]]:
    """A folder with the same probabilities and labels in every form, and which labels are wrong."""
    folder, random = tmp_path_factory.mktemp("brought"), np.random.default_rng(0)
    truth = random.integers(0, CLASSES, EXAMPLES)
    label = (truth[:, None] + np.arange(LEADING) * 31) % CLASSES
    logits = random.standard_normal((EXAMPLES, LEADING))
    logits[:, 0] += random.normal(4, 1.5, EXAMPLES)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) * 0.98
    chance = random.random(EXAMPLES)
    wrong = chance < 0.1
    given = np.where(chance < 0.05, label[:, 1], np.where(wrong, (truth + 7) % CLASSES, truth))
    matrix = sparse.coo_array(
        (probs.ravel(), (np.repeat(np.arange(EXAMPLES), LEADING), label.ravel())), shape=(EXAMPLES, CLASSES)
    ).tocsr()
    sparse.save_npz(folder / "probs.npz", matrix)
    np.save(folder / "labels.npy", given)
    order = np.argsort(-probs, axis=1)
    names = np.array(NAMES)
    columns: dict[str, object] = {"id": [f"photo {row}" for row in range(EXAMPLES)]}
    for place in range(LEADING):
        one = np.arange(EXAMPLES), order[:, place]
        columns[f"class_{place + 1}"] = names[label[one]]
        columns[f"probability_{place + 1}"] = probs[one]
    parquet.write_table(pa.table(columns), folder / "top.parquet")
    csv.write_csv(pa.table(columns), folder / "top.csv")
    csv.write_csv(pa.table({"id": columns["id"], "label": names[given]}), folder / "labels.csv")
    return folder, wrong


@pytest.fixture(scope="module")
def judged(brought: tuple[Path, NDArray[np.bool_]]) -> Audit:
    folder, _ = brought
    options = ReadOptions(label_file=folder / "labels.npy", class_names=",".join(NAMES))
    return judge_predictions(read_predictions(folder / "probs.npz", options), folder / "judged")


def test_the_folder_says_what_was_found_and_nothing_in_it_is_as_wide_as_the_classes(
    brought: tuple[Path, NDArray[np.bool_]], judged: Audit
) -> None:
    folder, wrong = brought
    audit = Audit.load(judged.folder)
    p_mislabelled = audit.column("p_mislabelled")
    assert p_mislabelled[wrong].mean() > 0.9 > 0.2 > p_mislabelled[~wrong].mean()
    distribution = audit.column("label_distribution")
    assert distribution.shape == (EXAMPLES, CLASSES)
    assert distribution.nnz <= EXAMPLES * (LEADING + 1)
    total = distribution.sum(axis=1)
    assert ((total > 0.8) & (total < 1.001)).all()
    given = audit.column("given_label")
    assert 1 - distribution[np.arange(EXAMPLES), given] == pytest.approx(p_mislabelled, abs=1e-4)
    estimates = audit.info.estimates
    about = estimates.mislabelled
    assert about.low < about.count < about.high
    assert about.share == pytest.approx(wrong.mean(), abs=0.04)
    assert estimates.confusion == []
    assert estimates.pairs[0].count >= estimates.pairs[-1].count > 0
    assert len(estimates.per_class) == CLASSES
    assert sum(one.mislabelled for one in estimates.per_class) == pytest.approx(estimates.mislabelled.count, rel=1e-3)
    assert all(one.low <= one.mislabelled <= one.high <= one.examples for one in estimates.per_class if one.examples)
    assert not (folder / "judged" / "logits.npy").exists()
    html = (folder / "judged" / "report.html").read_text(encoding="utf-8")
    assert NAMES[estimates.pairs[0].given] in html
    assert len(html) < 4_000_000
    assert "review" not in html.split("id=labels")[0].split("Next")[-1]


@pytest.mark.parametrize("file", ["top.parquet", "top.csv"])
def test_columns_of_likeliest_classes_say_the_same(
    file: str, brought: tuple[Path, NDArray[np.bool_]], judged: Audit, tmp_path: Path
) -> None:
    folder, _ = brought
    read = read_predictions(folder / file, ReadOptions(label_file=folder / "labels.csv"))
    assert read.class_names == NAMES
    assert read.named_examples[3] == "photo 3"
    audit = judge_predictions(read, tmp_path / "judged")
    assert audit.column("p_mislabelled") == pytest.approx(judged.column("p_mislabelled"), abs=1e-4)


def test_classes_may_be_numbers_and_there_may_be_fewer(tmp_path: Path) -> None:
    table = {"class_1": ["3", "0", "4"], "probability_1": [0.9, 0.8, 1.0], "class_2": ["1", "", "2"]}
    csv.write_csv(pa.table(table | {"probability_2": [0.05, None, 0.0]}), tmp_path / "top.csv")
    np.save(tmp_path / "y.npy", np.array([3, 6, 4]))
    read = read_predictions(tmp_path / "top.csv", ReadOptions(label_file=tmp_path / "y.npy"))
    assert read.class_names == tuple("0123456")
    assert read.pred_probs.toarray()[0].tolist() == [0, 0.05, 0, 0.9, 0, 0, 0]  # type: ignore[union-attr]


def test_a_page_and_a_new_judgement_are_refused_in_words(judged: Audit) -> None:
    with pytest.raises(AuditFolderError, match="likeliest classes, and is neither judged again nor"):
        inputs_of(judged)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"class_1": ["a", "zebra"], "probability_1": [0.5, 0.5]}, "row 1: class_1 is 'zebra', which is no class"),
        ({"class_1": ["a", "b"], "probability_1": [0.5, 0.5], "class_2": ["b", "a"]}, "no column 'probability_2'"),
        ({"class_1": ["a", "b"], "probability_1": ["x", "y"]}, "cannot be read as probabilities"),
        ({"class_1": ["a", "b"], "probability_1": [0.5, 0.5], "class_33": ["a", "b"]}, "has a column 'class_33'; 32"),
        (
            {"class_1": ["a", "b"], "probability_1": [0.5, 0.5], "class_2": ["a", "a"], "probability_2": [0.1, 0.1]},
            "row 0: a class stands there twice",
        ),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_row(
    table: dict[str, list[object]], said: str, tmp_path: Path
) -> None:
    parquet.write_table(pa.table(table), tmp_path / "top.parquet")
    parquet.write_table(pa.table({"label": ["a", "b"]}), tmp_path / "labels.parquet")
    options = ReadOptions(label_file=tmp_path / "labels.parquet", class_names="a,b")
    with pytest.raises(DataError, match=said):
        read_predictions(tmp_path / "top.parquet", options)


def test_files_that_do_not_belong_together_are_refused(brought: tuple[Path, NDArray[np.bool_]], tmp_path: Path) -> None:
    folder, _ = brought
    options = ReadOptions(label_file=folder / "labels.npy")
    with pytest.raises(DataError, match="no other learner, features or votes"):
        read_predictions([folder / "probs.npz", folder / "probs.npz"], options)
    np.save(tmp_path / "few.npy", np.arange(5))
    with pytest.raises(DataError, match=r"few.npy has 5 labels, .*probs.npz 2500 rows"):
        read_predictions(folder / "probs.npz", ReadOptions(label_file=tmp_path / "few.npy"))
    broken = dict(np.load(folder / "probs.npz"))
    broken["indices"] = broken["indices"] + 10_000
    with (tmp_path / "broken.npz").open("wb") as file:
        np.savez(file, **broken)
    with pytest.raises(AleatorError, match=r"broken.npz cannot be read as a sparse matrix"):
        read_predictions(tmp_path / "broken.npz", options)
