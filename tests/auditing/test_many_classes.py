"""`aleator judge` by each example's likeliest classes: the files it reads, and the folder it leaves."""

from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
import pytest
from numpy.typing import NDArray
from scipy import sparse

from aleator.auditing import Audit
from aleator.auditing.brought import read_predictions
from aleator.auditing.judging import inputs_of
from aleator.auditing.many_classes import judged_by_likeliest
from aleator.auditing.predictions import judge_predictions
from aleator.auditing.rejudge import rejudge
from aleator.data.options import ReadOptions
from aleator.decisions.decision import AMBIGUOUS, LABEL, UNUSABLE, Decision
from aleator.decisions.reviews import reviews_of_decisions
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
    assert not (folder / "judged" / "embeddings.npy").exists()


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


def test_decisions_settle_their_own_examples_and_can_be_taken_back(
    brought: tuple[Path, NDArray[np.bool_]], judged: Audit
) -> None:
    audit = Audit.load(judged.folder)
    given, before = audit.column("given_label"), audit.column("p_mislabelled")
    worst, other = np.argsort(-before)[:3].tolist(), int(np.argmin(before))
    right = (given[worst[0]] + 7) % CLASSES
    decisions = [
        Decision(str(uuid4()), str(worst[0]), "ann", LABEL, (NAMES[right],)),
        Decision(str(uuid4()), str(worst[1]), "ann", LABEL, (NAMES[given[worst[1]]],)),
        Decision(str(uuid4()), str(worst[2]), "ann", UNUSABLE, ()),
        Decision(str(uuid4()), str(other), "ann", AMBIGUOUS, (NAMES[given[other]], NAMES[0])),
    ]
    answered = [(int(one.example), {one.reviewer: one}) for one in decisions]
    heard = rejudge(audit, reviews_of_decisions(answered, NAMES))
    assert heard.column("verdict")[[*worst, other]].tolist() == ["mistake", "ok", "unfamiliar", "ambiguous"]
    assert heard.column("p_mislabelled")[[*worst, other]] == pytest.approx([1, 0, before[worst[2]], 0.5])
    assert heard.column("suggested_label")[worst[:2]].tolist() == [right, given[worst[1]]]
    distribution = heard.column("label_distribution")
    assert distribution[[worst[0]]].nnz == 1
    assert distribution[worst[0], right] == 1
    rest = np.setdiff1d(np.arange(EXAMPLES), [*worst, other])
    assert np.array_equal(heard.column("p_mislabelled")[rest], before[rest])
    about, left = heard.info.estimates.mislabelled, heard.info.estimates.errors_left
    assert about.count == pytest.approx(heard.column("p_mislabelled").sum(), rel=1e-4)
    assert left.count == pytest.approx(before[rest].sum(), rel=1e-4)
    assert left.low <= left.count <= left.high
    assert left.examples == EXAMPLES - 4
    assert heard.info.estimates.reviewed == 4
    heard.rewrite()
    again = rejudge(Audit.load(judged.folder), reviews_of_decisions(answered[:1], NAMES))
    assert np.array_equal(np.delete(again.column("p_mislabelled"), worst[0]), np.delete(before, worst[0]))
    judged.rewrite()


def test_what_was_judged_without_all_classes_is_not_trained_on(judged: Audit) -> None:
    with pytest.raises(AuditFolderError, match="has no logits: it is reviewed, judged again and exported"):
        inputs_of(judged)
    (judged.folder / "likeliest.npz").rename(judged.folder / "away.npz")
    with pytest.raises(AuditFolderError, match=r"likeliest\.npz"):
        judged_by_likeliest(judged)
    (judged.folder / "away.npz").rename(judged.folder / "likeliest.npz")


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
