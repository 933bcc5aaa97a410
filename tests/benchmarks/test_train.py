"""The bench of training: its parts by hand, and a run of it on FER2013's own format."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import aleator
from aleator.data.drawn_faces import drawn_faces
from aleator.data.options import ReadOptions
from aleator.errors import DataError
from aleator.learning.prediction import predict_examples
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.models.network import NetworkSpec
from aleator.progress import silent
from aleator.training.abstention import EnsemblePrediction
from aleator.training.settings import TrainSettings
from benchmarks.corruptions import CORRUPTIONS
from benchmarks.train import recipes
from benchmarks.train.peers import co_teaching
from benchmarks.train.recipes import Run, rows
from benchmarks.train.routing import corrupted, routing_factor
from benchmarks.train.run import COLUMNS, format_table, run


def prediction(total: np.ndarray, unfamiliarity: np.ndarray) -> EnsemblePrediction:
    nothing = np.zeros(len(total))
    return EnsemblePrediction(np.full((len(total), 2), 0.5), total, total, nothing, unfamiliarity)


def test_two_thresholds_keep_what_is_ambiguous_by_hand() -> None:
    doubt = np.arange(100) / 100  # of the voters; the 25 from .75 on are ambiguous
    clean = prediction(doubt, np.arange(100) / 100)
    broken = prediction(np.linspace(0.85, 1.85, 1001), np.linspace(1, 2, 1001))
    scores = routing_factor(clean, broken, doubt)
    # To refuse nine tenths, the total may be .95 at most, which 21 of the 25 are; all are familiar.
    assert scores["kept_by_one_at_0.9"] == pytest.approx(21 / 25)
    assert scores["kept_by_two_at_0.9"] == 1
    assert scores["factor"] == pytest.approx(25 / 21)


def test_corruptions_change_pictures_and_repeat_themselves() -> None:
    pixels = drawn_faces(8, seed=0).dataset.source.pixels[:, None]
    first, second = corrupted(pixels, 1), corrupted(pixels, 1)
    assert list(first) == [*CORRUPTIONS, "upside down"]
    for name, changed in first.items():
        assert changed.shape == pixels.shape
        assert changed.dtype == np.uint8
        assert (changed != pixels).mean() > 0.1
        assert np.array_equal(changed, second[name])


@pytest.mark.slow
def test_co_teaching_forgets_wrong_labels() -> None:
    faces = drawn_faces(500, seed=1)
    clear = np.flatnonzero(np.isin(faces.true_label, (3, 5)) & ~faces.is_ambiguous)
    pixels, true = faces.dataset.source.pixels[clear][:, None], (faces.true_label[clear] == 3).astype(np.int64)
    random = np.random.default_rng(0)
    labels = np.where(random.random(len(true)) < 0.2, 1 - true, true)
    spec = NetworkSpec("small_vgg", pixels.shape[1:], 2)
    as_they_are = Augmentation(rotation=0, zoom=0, shift=0, flip=False)  # so that labels can be memorised
    settings = TrainingSettings(epochs=10, batch_size=16, augmentation=as_they_are)
    steps: list[int] = []
    networks = co_teaching(
        spec, pixels, labels, settings, 0.2, 0, torch.device("cpu"), lambda step, total: steps.append(step)
    )
    assert steps[-1] == settings.steps(len(labels))
    right = [
        predict_examples(one, pixels, flip=True, device=torch.device("cpu")).mean.argmax(1) == true for one in networks
    ]
    assert min(share.mean() for share in right) > 0.92  # .96; told that no label is wrong, .88


def test_labels_of_the_rows(fer2013: Path) -> None:
    dataset = aleator.read_dataset(fer2013, ReadOptions(split="Training", votes=fer2013 / "fer2013new.csv"))
    how = Run(0, "quick", "cpu", silent)
    true = recipes.truth(dataset)
    assert (true >= 0).sum() > 24_000
    noisy = rows()["symmetric noise .4"].labels(dataset, how).given_labels
    assert (noisy >= 0).sum() == (true >= 0).sum()
    assert (noisy != true)[true >= 0].mean() == pytest.approx(0.4, abs=0.01)
    options = rows()["forward correction from 500 reviewed"].options(dataset, how)
    confusion = np.array(options["objective_options"]["confusion"])
    assert np.allclose(confusion.sum(axis=1), 1)
    assert confusion[3, 3] > 0.8  # happy faces are called happy
    assert confusion[6, 4] > 0.1  # neutral ones often sad


def test_an_unknown_row_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no row 'magic'"):
        run(tmp_path, only=("magic",))


@pytest.mark.slow
def test_rows_of_another_effort_are_not_taken_for_this_one(fer2013: Path, tmp_path: Path) -> None:
    kept = {"effort": "quick", **dict.fromkeys(COLUMNS, 0.5)}
    (tmp_path / "votes-0.json").write_text(json.dumps(kept))
    options = {"seeds": 1, "only": ("votes",), "folder": tmp_path}
    assert run(fer2013, effort="quick", **options)["rows"] == {"votes": [kept]}
    with pytest.raises(DataError, match=r"votes-0\.json was measured with effort quick, not thorough"):
        run(fer2013, effort="thorough", **options)


@pytest.mark.slow
def test_a_model_of_another_effort_is_not_scored_as_this_one(fer2013: Path, tmp_path: Path) -> None:
    faces = drawn_faces(300, seed=0).dataset
    # As if interrupted while it was scored.
    aleator.train(faces, tmp_path / "default-0", TrainSettings(effort="quick", epochs=1))
    with pytest.raises(DataError, match="default-0 was trained with effort quick, not standard"):
        run(fer2013, seeds=1, only=("default",), folder=tmp_path)


def test_the_table_has_a_line_for_each_row() -> None:
    scores = dict.fromkeys(COLUMNS, 0.5)
    text = format_table(
        {"data": "x", "scored": 3, "effort": "quick", "seeds": 2, "cores": 2, "rows": {"a": [scores, scores]}}
    )
    assert "0.500 ±0.000" in text
