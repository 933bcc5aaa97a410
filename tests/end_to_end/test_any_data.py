"""The main job on texts, on tables and on features: audit, look, judge, train, predict, export."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.metrics import average_precision_score, roc_auc_score

import aleator
from aleator.auditing.audit import audit
from aleator.auditing.result import Audit
from aleator.auditing.settings import AuditSettings
from aleator.audits.data import open_data, with_data
from aleator.data import ImageArray, LabelledDataset, TableRows, read_dataset
from aleator.data.options import ReadOptions
from aleator.data.synthetic_noise import symmetric
from aleator.errors import AleatorError, DataError
from aleator.export import ExportSettings
from aleator.export.onnx import export_onnx
from aleator.review.contents import content, marks
from aleator.review.examples import of_audit
from aleator.training.predict import predict
from aleator.training.prediction_files import write_predictions
from aleator.training.settings import TrainSettings
from aleator.training.train import train

SHARED = Path(__file__).parents[3] / "shared" / "data"
NEWS = SHARED / "noisyag" / "noisyag.csv"


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A table of opinions in made-up sentences, a sixth of whose labels are wrong."""
    random = np.random.default_rng(0)
    said = {
        "praise": ["lovely", "perfect", "delighted", "great", "wonderful", "recommend", "happy", "superb"],
        "blame": ["broken", "refund", "awful", "late", "useless", "angry", "damaged", "terrible"],
        "question": ["how", "when", "which", "where", "size", "possible", "ask", "manual"],
    }
    anything = ["the", "shoes", "kettle", "lamp", "arrived", "box", "shop", "it", "was", "my", "order", "today", "and"]
    names = list(said)
    truth = random.integers(0, 3, 600)
    given = symmetric(truth, 3, 1 / 6, random)
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "label"])
        for row, (true, label) in enumerate(zip(truth, given, strict=True)):
            words = [*random.choice(said[names[true]], 3), *random.choice(anything, 9)]
            table.writerow([f"r{row}", " ".join(random.permutation(words)), names[label]])
    order = np.array([sorted(names).index(name) for name in names])
    return path, order[truth]


@pytest.fixture(scope="module")
def audited(reviews: tuple[Path, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return audit(reviews[0], tmp_path_factory.mktemp("audit") / "reviews-audit")


def test_wrong_labels_of_texts_are_found(reviews: tuple[Path, np.ndarray], audited: Audit) -> None:
    wrong = audited.column("given_label") != reviews[1]
    p_mislabelled = audited.column("p_mislabelled")
    assert roc_auc_score(wrong, p_mislabelled) > 0.96
    shares = audited.info.estimates.mislabelled
    assert shares.share_low <= wrong.mean() <= shares.share_high
    flagged = p_mislabelled > audited.info.estimates.flag_above
    assert 2 * (flagged & wrong).sum() / (flagged.sum() + wrong.sum()) > 0.83
    assert (audited.column("suggested_label") == reviews[1]).mean() > 0.95


def test_the_words_that_speak_against_a_label_are_marked(audited: Audit) -> None:
    rows = np.flatnonzero(audited.column("verdict") == "mistake")
    marked, texts = audited.column("marked"), audited.dataset.source.texts  # type: ignore[union-attr]
    assert all(marked[row] for row in rows)
    assert all(word.split()[0] in texts[row] for row in rows for word in marked[row])
    html = (audited.folder / "report.html").read_text(encoding="utf-8")
    assert texts[int(rows[0])] in html
    assert audited.dataset is not None
    examples = of_audit(audited, audited.dataset)
    card = content(examples, int(rows[0])) | marks(examples, int(rows[0]))
    assert card == {"kind": "texts", "text": texts[int(rows[0])], "marked": marked[int(rows[0])]}


def test_an_audit_of_texts_is_read_again_with_its_data(audited: Audit) -> None:
    again = Audit.load(audited.folder)
    assert with_data(again, open_data(again)).dataset is not None
    assert np.allclose(again.logits[0], audited.logits[0])


def test_a_model_of_texts_learns_through_the_noise_and_predicts(
    reviews: tuple[Path, np.ndarray], audited: Audit, tmp_path: Path
) -> None:
    model = train(audited, tmp_path / "model", TrainSettings(effort="quick", members=2))
    predicted = predict(model, reviews[0])
    names = np.array(predicted.table["predicted_label"].to_pylist(), dtype=object)
    answered = names != None  # noqa: E711 (an array)
    right = names[answered] == np.array(model.class_names, dtype=object)[reviews[1]][answered]
    assert answered.mean() > 0.8
    assert right.mean() > 0.93
    other = tmp_path / "other.csv"
    other.write_text("text\nthe lamp was broken and awful refund\nhow possible which size manual\n", encoding="utf-8")
    assert predict(model, other).table["predicted_label"].to_pylist() == ["blame", "question"]
    write_predictions(predict(model, other), model, tmp_path / "answers.html")
    assert "the lamp was broken" in (tmp_path / "answers.html").read_text(encoding="utf-8")
    assert export_onnx(model, tmp_path / "model.onnx") < 1e-3
    with pytest.raises(DataError, match="is no table"):
        predict(model, audited.folder)


def test_wrong_labels_of_a_table_are_found(tmp_path: Path) -> None:
    """With a column that is constant, one with gaps, a category and a date."""
    frame = load_wine(as_frame=True).frame
    random = np.random.default_rng(0)
    truth = frame["target"].to_numpy()
    given = symmetric(truth, 3, 0.15, random)
    path = tmp_path / "wine.csv"
    columns = [name for name in frame.columns if name != "target"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*columns, "shop", "opened", "cultivar"])
        for row in range(len(frame)):
            cells = [frame[name].iloc[row] if random.random() > 0.05 else "" for name in columns]
            table.writerow([*cells, "here", f"2024-{1 + row % 12:02}-01", "abc"[given[row]]])
    found = audit(read_dataset(path, ReadOptions(label_column="cultivar")), tmp_path / "audit")
    wrong = given != truth
    assert roc_auc_score(wrong, found.column("p_mislabelled")) > 0.97
    assert "'shop' is 'here' in every row" in " ".join(found.info.data.how_read.lines())
    assert found.info.data.kind == "table"
    assert "trees" in found.info.model.reason
    model = train(found, tmp_path / "model", TrainSettings(effort="quick", members=2))
    assert predict(model, path).table.num_rows == len(frame)


def test_texts_and_rows_are_exported_with_their_new_labels_and_read_again(audited: Audit, tmp_path: Path) -> None:
    assert audited.dataset is not None
    texts = tmp_path / "texts.csv"
    aleator.export(audited, texts, settings=ExportSettings(relabel_above=0.9))
    again = read_dataset(texts)
    assert list(again.source.texts) == list(audited.dataset.source.texts)  # type: ignore[union-attr]
    changed = again.given_labels != audited.dataset.given_labels
    assert 0 < changed.sum() < 120
    random, labels = np.random.default_rng(0), np.arange(60) % 2
    table = pa.table({"age": labels * 3.0 + random.random(60), "label": ["x", "y"] * 30})
    rows = LabelledDataset(
        name="rows", path="rows", ids=np.arange(60).astype(str), source=TableRows(table), given_labels=labels,
        class_names=("a", "b"),
    )  # fmt: skip
    audit(rows, tmp_path / "rows-audit")
    aleator.export(tmp_path / "rows-audit", tmp_path / "rows.csv")
    read = read_dataset(tmp_path / "rows.csv")
    assert read.source.table.column_names == ["age", "own label"]  # type: ignore[union-attr]


def test_features_from_elsewhere_judge_pictures(tmp_path: Path) -> None:
    features, truth = load_breast_cancer(return_X_y=True)
    given = symmetric(truth.astype(np.int64), 2, 0.1, np.random.default_rng(0))
    random = np.random.default_rng(1)
    pictures = LabelledDataset(
        name="cells", path="cells", ids=np.array([f"cell-{row}" for row in range(len(given))]),
        source=ImageArray(random.integers(0, 256, (len(given), 12, 12), dtype=np.uint8)),
        given_labels=given, class_names=("malignant", "benign"),
    )  # fmt: skip
    file = tmp_path / "features.npy"
    np.save(file, features.astype(np.float32))
    found = audit(pictures, tmp_path / "audit", AuditSettings(features=file))
    wrong = given != truth
    assert average_precision_score(wrong, found.column("p_mislabelled")) > 0.85
    assert found.info.data.kind == "images"
    np.save(file, features[:-1].astype(np.float32))
    with pytest.raises(DataError, match="568 rows, the data have 569 examples"):
        audit(pictures, tmp_path / "other", AuditSettings(features=file))


@pytest.mark.slow
@pytest.mark.skipif(not NEWS.is_file(), reason="the news texts are not here")
def test_people_who_labelled_news(tmp_path: Path) -> None:
    """A logistic regression of words ranks 2,500 of these labels with average precision .48, whose flags have F1 .45
    where they are those that it contradicts."""
    with NEWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:2500]
    path = tmp_path / "news.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        table.writerows([row["text"], row["label"]] for row in rows)
    found = audit(path, tmp_path / "audit")
    wrong = np.array([row["label"] != row["gt"] for row in rows])
    p_mislabelled = found.column("p_mislabelled")
    assert roc_auc_score(wrong, p_mislabelled) > 0.80
    assert average_precision_score(wrong, p_mislabelled) > 0.58


def test_a_pretrained_network_makes_the_features(tmp_path: Path, reviews: tuple[Path, np.ndarray]) -> None:
    """Pictures in three tints, by a graph that weighs the channels."""
    pytest.importorskip("onnxruntime")
    from PIL import Image

    from tests.embedding.test_onnx import graph

    random = np.random.default_rng(0)
    truth = np.arange(150) % 3
    given = symmetric(truth, 3, 0.12, random)
    for row, (true, label) in enumerate(zip(truth, given, strict=True)):
        pixels = random.integers(0, 120, (20, 20, 3))
        pixels[:, :, true] += 90
        folder = tmp_path / "tints" / "abc"[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row:03}.png")
    network = graph(tmp_path / "tints.onnx", ["n", 3, 16, 16])
    found = audit(tmp_path / "tints", tmp_path / "audit", AuditSettings(backbone=network))
    rows = np.array([int(Path(name).stem) for name in found.labels["id"].to_pylist()])
    assert roc_auc_score((given != truth)[rows], found.column("p_mislabelled")) > 0.97
    assert network in found.info.model.reason
    assert (found.folder / "features").is_dir()
    with pytest.raises(AleatorError, match="text"):
        audit(reviews[0], tmp_path / "other", AuditSettings(backbone=network))
