"""The classifier keeps scikit-learn's contract, and does what it is for."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import aleator
from aleator.data.synthetic_noise import pair_flip
from aleator.errors import AleatorError, MissingExtraError
from aleator.export.onnx import TOLERANCE, export_onnx
from aleator.training.settings import TrainSettings
from tests.conftest import tiny_dataset

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "weight two is not two examples: mini-batches, folds",
}
OF_REGRESSIONS = {"check_methods_subset_invariance": "single precision: probabilities differ by 2e-7"}


@pytest.mark.slow
@parametrize_with_checks(
    [
        aleator.AleatorClassifier(epochs=20, batch_size=16, random_state=0),
        aleator.AleatorClassifier(random_state=0),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES | ({} if estimator.epochs else OF_REGRESSIONS),
)
def test_scikit_learns_own_checks(estimator, check) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, the names of the digits, and the same with a fifth of them named as the next one."""
    features, true = load_digits(return_X_y=True)
    names = np.array([f"digit {number}" for number in range(10)])
    return features, names[true], names[pair_flip(true, 10, 0.2, np.random.default_rng(0))]


@pytest.mark.slow
def test_it_learns_the_truth_through_wrong_labels_doubts_what_is_strange_and_is_pickled(digits) -> None:
    features, true, noisy = digits
    classifier = aleator.AleatorClassifier(random_state=0).fit(features[:1200], noisy[:1200])
    assert (classifier.predict(features[1200:]) == true[1200:]).mean() > 0.85
    probs = classifier.predict_proba(features[1200:])
    assert probs.shape == (597, 10)
    assert np.allclose(probs.sum(axis=1), 1, atol=1e-5)
    doubt = classifier.predict_uncertainty(features[1200:])
    assert np.allclose(doubt["total"], doubt["aleatoric"] + doubt["epistemic"])
    strange = classifier.predict_uncertainty(np.random.default_rng(0).uniform(0, 16, (300, 64)))
    assert strange["epistemic"].mean() > 3 * doubt["epistemic"].mean()
    again = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(again.predict_proba(features[1200:]), probs)


@pytest.mark.slow
def test_it_finds_the_wrong_labels(digits) -> None:
    features, true, noisy = digits
    found = aleator.AleatorClassifier(random_state=0).find_label_issues(features[:800], noisy[:800])
    wrong = true[:800] != noisy[:800]
    order = np.argsort(-found["p_mislabelled"].to_numpy())
    assert wrong[order][: wrong.sum()].mean() > 0.8


def test_pipelines_and_grid_search(digits) -> None:
    features, true, _ = digits
    pipeline = make_pipeline(StandardScaler(), aleator.AleatorClassifier(epochs=10, random_state=0))
    search = GridSearchCV(pipeline, {"aleatorclassifier__objective": ["cross_entropy", "early_learning"]}, cv=2)
    search.fit(features[:400], true[:400])
    assert search.best_score_ > 0.8


def test_weights_count() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 3))
    labels = np.array(["no", "yes"])[(features[:, 0] > 0).astype(int)]
    wrong = random.random(400) < 0.5
    labels[wrong] = "no"
    classifier = aleator.AleatorClassifier(objective="cross_entropy", random_state=0)
    classifier.fit(features, labels, sample_weight=np.where(wrong, 0.0, 2.0))
    assert (classifier.predict(features) == np.where(features[:, 0] > 0, "yes", "no")).mean() > 0.95


def test_pictures_and_networks_of_ones_own() -> None:
    drawn = aleator.drawn_faces(300, seed=1)
    pictures = drawn.dataset.source.pixels
    happy = (drawn.true_label == 3).astype(int)
    backbone = nn.Sequential(nn.Conv2d(1, 8, 5, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten())
    as_given = backbone[0].weight.detach().clone()
    classifier = aleator.AleatorClassifier(backbone=backbone, epochs=3, random_state=0).fit(pictures, happy)
    assert torch.equal(backbone[0].weight, as_given), "a parameter of an estimator is not changed by fit"
    one, other = (network.backbone[0].weight for network in classifier.networks_)
    assert not torch.equal(one, other), "each network has weights of its own"
    assert classifier.predict_proba(pictures).shape == (300, 2)
    with pytest.raises(ValueError, match="expecting 48"):
        classifier.predict(pictures[:, :20, :20])
    with pytest.raises(AleatorError, match="feature vectors"):
        aleator.AleatorClassifier(backbone=nn.Conv2d(1, 8, 5), epochs=1).fit(pictures, happy)


def test_a_network_of_timm_needs_the_extra(digits) -> None:
    try:
        import timm  # noqa: F401
    except ImportError:
        pictures = np.random.default_rng(0).integers(0, 256, (20, 32, 32), dtype=np.uint8)
        with pytest.raises(MissingExtraError, match=r"aleator\[timm\]"):
            aleator.AleatorClassifier(backbone="timm:resnet18").fit(pictures, np.arange(20) % 2)
    else:
        pytest.skip("timm is here")


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_a_network_of_timm_is_trained_pickled_and_written_as_onnx(name: str, tmp_path: Path) -> None:
    pytest.importorskip("timm", reason="timm is not installed")
    dataset = tiny_dataset(60, classes=2, side=48)
    pictures, labels = dataset.source.pixels, dataset.given_labels
    classifier = aleator.AleatorClassifier(backbone=f"timm:{name}", epochs=1, random_state=0).fit(pictures, labels)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(pictures), classifier.predict_proba(pictures))
    model = aleator.train(dataset, tmp_path / "model", TrainSettings(effort="quick", epochs=1), backbone=f"timm:{name}")
    assert export_onnx(model, tmp_path / "model.onnx") < TOLERANCE
