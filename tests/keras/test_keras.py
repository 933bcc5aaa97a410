"""The layers and losses for Keras: the values and gradients of PyTorch, on whichever backend Keras is set to."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from aleator.keras import (  # noqa: E402
    GaussianLogits,
    LogExpectedSoftmax,
    NegativeLogLikelihood,
    VoteNegativeLogLikelihood,
    log_expected_softmax,
)
from aleator.learning.objectives import votes as torch_votes  # noqa: E402
from aleator.models.heads import GaussianLogitHead  # noqa: E402
from aleator.uncertainty import gaussian_logits  # noqa: E402

ops = keras.ops
EXAMPLES, CLASSES = 60, 7


def made_up(classes: int = CLASSES, spread: float = 3) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(classes)
    mean = random.normal(0, 3, (EXAMPLES, classes)).astype(np.float32)
    return mean, random.uniform(0, spread, (EXAMPLES, classes)).astype(np.float32)


def numpy_of(value: Any) -> NDArray[np.float32]:
    return np.asarray(ops.convert_to_numpy(value))


def gradients(loss: Any, *values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Of a scalar, by the backend that is set."""
    if keras.backend.backend() == "jax":
        import jax

        return [np.asarray(one) for one in jax.grad(loss, tuple(range(len(values))))(*values)]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        watched = [tf.Variable(value) for value in values]
        with tf.GradientTape() as tape:
            result = loss(*watched)
        return [one.numpy() for one in tape.gradient(result, watched)]
    given = [torch.tensor(value, requires_grad=True) for value in values]
    loss(*given).backward()
    return [one.grad.numpy() for one in given if one.grad is not None]


@pytest.mark.parametrize("classes", [2, CLASSES, 40])
@pytest.mark.parametrize("spread", [0.5, 3, 6])
def test_the_expected_softmax_and_its_gradient_are_those_of_pytorch(classes: int, spread: float) -> None:
    mean, width = made_up(classes, spread)
    found = numpy_of(log_expected_softmax(mean, width))
    parts = [torch.tensor(one, requires_grad=True) for one in (mean, width)]
    wanted = gaussian_logits.log_expected_softmax(*parts)
    np.testing.assert_allclose(np.exp(found), wanted.detach().exp(), atol=1e-5)
    np.testing.assert_allclose(found, wanted.detach(), atol=5e-5)
    upstream = np.random.default_rng(0).normal(size=mean.shape).astype(np.float32)
    (wanted * torch.tensor(upstream)).sum().backward()
    for part, gradient in zip(
        parts,
        gradients(lambda *at: ops.sum(ops.multiply(log_expected_softmax(*at), upstream)), mean, width),
        strict=True,
    ):
        assert part.grad is not None
        np.testing.assert_allclose(gradient, part.grad, atol=1e-4 * float(part.grad.abs().max()))


def test_without_spread_it_is_the_plain_softmax_and_wide_spreads_stay_finite() -> None:
    mean, _ = made_up()
    plain = numpy_of(log_expected_softmax(mean, np.zeros_like(mean)))
    np.testing.assert_allclose(plain, torch.log_softmax(torch.tensor(mean), dim=1), atol=1e-6)
    wide = numpy_of(log_expected_softmax(mean, np.full_like(mean, 120)))
    np.testing.assert_allclose(np.exp(wide).sum(axis=1), 1, atol=1e-5)


def test_the_head_is_the_one_of_pytorch() -> None:
    torch.manual_seed(0)
    head = GaussianLogitHead(5, CLASSES)
    with torch.no_grad():
        head.linear.weight.normal_()
    embedding = torch.randn(EXAMPLES, 5)
    layer = GaussianLogits(CLASSES)
    layer.build((None, 5))
    start = numpy_of(layer(embedding.numpy()))
    assert start.shape == (EXAMPLES, 2, CLASSES)
    assert np.ptp(start[:, 1]) == 0, "all spreads start equal"
    weight, bias = head.linear.weight.detach().numpy(), head.linear.bias.detach().numpy()
    layer.mean.set_weights([weight[:CLASSES].T, bias[:CLASSES]])
    layer.raw_spread.set_weights([weight[CLASSES:].T, bias[CLASSES:]])
    with torch.no_grad():
        wanted = torch.stack(head(embedding), dim=1)
    np.testing.assert_allclose(numpy_of(layer(embedding.numpy())), wanted, atol=1e-5)


def targets(kind: str) -> NDArray[Any]:
    random = np.random.default_rng(1)
    if kind == "labels":
        return random.integers(0, CLASSES, EXAMPLES)
    if kind == "a column of labels":
        return random.integers(0, CLASSES, (EXAMPLES, 1))
    if kind == "soft labels":
        return random.dirichlet(np.ones(CLASSES), EXAMPLES).astype(np.float32)
    return random.integers(0, 5, (EXAMPLES, CLASSES)).astype(np.float32)


@pytest.mark.parametrize("kind", ["labels", "a column of labels", "soft labels", "votes"])
def test_the_losses_are_those_of_pytorch(kind: str) -> None:
    mean, spread = made_up()
    target, logits = targets(kind), np.stack([mean, spread], axis=1)
    plain = torch.tensor(target.reshape(-1) if "column" in kind else target)
    parts = torch.tensor(mean), torch.tensor(spread)
    log_probs = gaussian_logits.log_expected_softmax(*parts)
    likelihood = -gaussian_logits.log_likelihood(log_probs, plain)
    found = NegativeLogLikelihood()(target, LogExpectedSoftmax()(logits))
    np.testing.assert_allclose(float(numpy_of(found)), likelihood.mean(), rtol=1e-5)
    objective = torch_votes.VoteLikelihood(EXAMPLES, CLASSES)
    with_votes = (likelihood + objective.of_logits(*parts, plain)).mean()
    np.testing.assert_allclose(float(numpy_of(VoteNegativeLogLikelihood()(target, logits))), with_votes, rtol=1e-5)


def test_a_target_of_other_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="there are 7 classes: give integer labels"):
        NegativeLogLikelihood()(np.ones((EXAMPLES, 3), np.float32), made_up()[0])


def test_a_model_learns_is_saved_and_comes_back(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    examples = (random.normal(0, 1, (300, 4)) + 3 * np.eye(4)[labels]).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), GaussianLogits(3), LogExpectedSoftmax()])
    model.compile(keras.optimizers.Adam(0.05), NegativeLogLikelihood(), metrics=["accuracy"])
    history = model.fit(examples, labels, epochs=8, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.9
    predicted = model.predict(examples, verbose=0)
    np.testing.assert_allclose(np.exp(predicted).sum(axis=1), 1, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(examples, verbose=0), predicted)
    assert again.evaluate(examples, labels, verbose=0) == pytest.approx(model.evaluate(examples, labels, verbose=0))


def test_votes_teach_the_spread_how_much_people_differ(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    quarrel = np.arange(400) % 2
    examples = np.stack([quarrel, 1 - quarrel], axis=1).astype(np.float32)
    unsure = random.integers(0, 2, 400)  # of half, each sees one class or the other, and which is not in the example
    sided = np.where(quarrel, random.binomial(10, 0.5, 400), 10 * unsure)
    votes = np.stack([sided, 10 - sided], axis=1).astype(np.float32)
    head = keras.Input((2,))
    logits = GaussianLogits(2, name="logits")(head)
    model = keras.Model(head, {"logits": logits, "log_probs": LogExpectedSoftmax(name="log_probs")(logits)})
    model.compile(keras.optimizers.Adam(0.05), {"logits": VoteNegativeLogLikelihood(strength=4)})
    model.fit(examples, {"logits": votes}, epochs=60, batch_size=100, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss["logits"].strength == 4
    spread = again.predict(np.eye(2, dtype=np.float32), verbose=0)["logits"][:, 1].mean(axis=1)
    assert spread[1] > 3 * spread[0], "people agree on each example of the second kind; only the network cannot tell"
