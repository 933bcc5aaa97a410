"""Every posterior gets every one of these tests; `cases.py` is the list."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.learning.checkpoints import load_network, save_network
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.prediction import predict_draws, predict_examples
from aleator.learning.settings import TrainingSettings
from aleator.models.network import Network, NetworkSpec
from aleator.models.posteriors import POSTERIORS
from aleator.models.posteriors.base import Posterior, gaussian_logits_of
from aleator.models.posteriors.deep_ensemble import draw_members
from aleator.uncertainty.decomposition import gaussian_logits, information_theoretic
from aleator.uncertainty.gaussian_logits import log_expected_softmax, log_likelihood
from tests.models.cases import CASES, Case, Residual, Spread

CPU = torch.device("cpu")
NAMES = pytest.mark.parametrize("name", CASES)


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def images(count: int = 12) -> Tensor:
    return torch.randn(count, 1, 8, 8, generator=generator(5))


def ready(posterior: Posterior, network: nn.Module, inputs: Tensor, *, seed: int = 0, steps: int = 30) -> nn.Module:
    """A network with this posterior after a short training on random labels, all hooks called."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        posterior.prepare(network)
        labels = torch.randint(3, (len(inputs),), generator=generator(seed))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)

        def loss_of(output: object, learner: int) -> Tensor:
            return -log_likelihood(log_expected_softmax(*gaussian_logits_of(output)), labels).mean()

        network.train()
        for step in range(steps):
            optimizer.zero_grad()
            posterior.loss(network, inputs, labels, loss_of, len(inputs)).backward()
            optimizer.step()
            posterior.after_step(network, step + 1, steps)
        network.eval()
        posterior.after_training(network, lambda: [inputs])
    return network


def draw(case: Case, networks: list[nn.Module], inputs: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        return draw_members(case.posterior, networks, inputs, generator=generator(seed))


def residuals(case: Case) -> list[nn.Module]:
    made = []
    for seed in range(case.members):
        torch.manual_seed(seed)
        made.append(ready(case.posterior, Residual(), images(), seed=seed))
    return made


def test_the_list_is_complete() -> None:
    assert set(CASES) == set(POSTERIORS)
    for name, make in POSTERIORS.items():
        assert type(make()) is type(CASES[name].posterior)


# Any network, and what drawing may not do


@NAMES
def test_draws_differ_repeat_with_their_generator_and_leave_the_network_as_it_was(name: str) -> None:
    case = CASES[name]
    networks = residuals(case)
    before = [{key: value.clone() for key, value in network.state_dict().items()} for network in networks]
    state = torch.random.get_rng_state()
    mean, spread = draw(case, networks, images())
    assert mean.shape == spread.shape == (case.members * case.posterior.draws, 12, 3)
    assert (mean.std(0).mean(1) > 0).all()
    assert torch.equal(draw(case, networks, images())[0], mean)
    if case.random:
        assert not torch.equal(draw(case, networks, images(), seed=1)[0], mean)
    assert torch.equal(torch.random.get_rng_state(), state)
    for network, old in zip(networks, before, strict=True):
        assert not any(module.training for module in network.modules())
        assert not any("forward" in vars(module) for module in network.modules())
        for key, value in network.state_dict().items():
            assert torch.equal(value, old[key]), f"drawing changed {key}"


@NAMES
def test_a_row_does_not_depend_on_its_batch(name: str) -> None:
    case = CASES[name]
    networks = residuals(case)
    whole, _ = draw(case, networks, images())
    alone, _ = draw(case, networks, images()[7:8])
    assert torch.allclose(whole[:, 7:8], alone, atol=1e-5)


@NAMES
def test_without_noise_every_draw_is_the_plain_network_to_the_last_bit(name: str) -> None:
    case = CASES[name]
    torch.manual_seed(0)
    network = ready(case.quiet, Spread(Residual()), images())
    case.hush(network)
    with torch.no_grad():
        drawn = case.quiet.draw(network, images(), draws=4, generator=generator())
        plain = network(images())
    assert torch.equal(drawn.mean, plain[0].expand(drawn.mean.shape))
    assert torch.equal(drawn.spread, plain[1].expand(drawn.mean.shape))
    assert torch.equal(drawn.plain[0], plain[0])
    log_probs = log_expected_softmax(drawn.mean, drawn.spread)
    assert torch.equal(information_theoretic(log_probs).epistemic, torch.zeros(12))
    assert torch.equal(gaussian_logits(drawn.mean, drawn.spread).epistemic, torch.zeros(12))


@NAMES
def test_the_mean_of_the_draws_converges_to_the_closed_form_of_a_linear_model(name: str) -> None:
    case = CASES[name]
    posterior = case.linear or case.posterior
    inputs = torch.randn(16, 6, generator=generator(1))
    networks = []
    for seed in range(case.members):
        torch.manual_seed(seed)
        networks.append(ready(posterior, nn.Sequential(nn.Dropout(0.3), nn.Linear(6, 3)), inputs, seed=seed))
    with torch.no_grad():
        if name == "sub_ensemble":
            drawn = posterior.draw(networks[0], inputs, generator=generator())
            weight = torch.stack([copy.weight for copy in networks[0][1].copies]).mean(0)
            bias = torch.stack([copy.bias for copy in networks[0][1].copies]).mean(0)
            assert torch.allclose(drawn.mean.mean(0), inputs @ weight.T + bias, atol=1e-5)
            return
        if case.members > 1:
            mean, _ = draw_members(posterior, networks, inputs, generator=generator())
            weight = torch.stack([network[1].weight for network in networks]).mean(0)
            bias = torch.stack([network[1].bias for network in networks]).mean(0)
            assert torch.allclose(mean.mean(0), inputs @ weight.T + bias, atol=1e-5)
            return
        drawn = posterior.draw(networks[0], inputs, draws=4000, generator=generator())
        few = posterior.draw(networks[0], inputs, draws=20, generator=generator())
    error = (drawn.mean.mean(0) - drawn.plain).abs()
    deviation = drawn.mean.std(0) / 4000**0.5
    assert (error < 5 * deviation + 1e-5).all()
    assert float(error.mean()) < 0.6 * float((few.mean.mean(0) - drawn.plain).abs().mean()) + 1e-6


@NAMES
def test_the_common_part_runs_once(name: str) -> None:
    case = CASES[name]
    network = Network(NetworkSpec("small_vgg", (1, 16, 16), 3, posterior=name)).eval()
    calls = []
    stem: nn.Conv2d = network.backbone[1]
    compute = stem._conv_forward
    stem._conv_forward = lambda *given: (calls.append(1), compute(*given))[1]
    with torch.no_grad():
        drawn = POSTERIORS[name]().draw(network, torch.rand(3, 1, 16, 16) * 255, generator=generator())
    assert len(calls) == (1 if case.last_layer or name == "deep_ensemble" else 1 + len(drawn.mean))


@NAMES
def test_a_network_with_nothing_to_act_on_is_an_error_that_says_how_to_mend_it(name: str) -> None:
    case = CASES[name]
    if case.needs is None:
        case.posterior.prepare(case.bare())  # every network has weights or members
    else:
        with pytest.raises(AleatorError, match=case.needs):
            case.posterior.prepare(case.bare())


@NAMES
@pytest.mark.parametrize("kind", ["label", "one-hot", "soft", "counts"])
def test_extreme_logits_give_finite_losses_and_live_gradients(name: str, kind: str) -> None:
    posterior = CASES[name].posterior
    torch.manual_seed(0)
    network = Residual()
    posterior.prepare(network)
    target = {
        "label": torch.tensor([0, 1, 2]),
        "one-hot": torch.eye(3),
        "soft": torch.tensor([[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0]]),
        "counts": torch.tensor([[8.0, 2.0, 0.0], [1.0, 8.0, 1.0], [0.0, 0.0, 9.0]]),
    }[kind]
    sizes = []

    def loss_of(output: Tensor, learner: int) -> Tensor:
        logits = output * (200 / output.detach().abs().max())
        sizes.append(float(logits.detach().abs().max()))
        return -log_likelihood(log_expected_softmax(logits, torch.zeros_like(logits)), target).mean()

    loss = posterior.loss(network, images(3), target, loss_of, 3)
    assert max(sizes) == pytest.approx(200)
    assert torch.isfinite(loss)
    loss.backward()
    grads = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    assert all(torch.isfinite(grad).all() for grad in grads)
    assert sum(float(grad.abs().sum()) for grad in grads) > 0


# Trained in the one loop

SPEC = NetworkSpec("mlp", (2,), 3)
CENTRES = np.array([[0.0, 2.0], [1.8, -1.0], [-1.8, -1.0]], dtype=np.float32)


def points(count: int, *, noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    values = (CENTRES[labels] + random.normal(size=(count, 2))).astype(np.float32)
    wrong = random.random(count) < noise
    return values, np.where(wrong, random.integers(0, 3, count), labels)


@cache
def trained(name: str, count: int, noise: float = 0.0) -> tuple[Network, ...]:
    values, labels = points(count, noise=noise)
    settings = TrainingSettings(
        epochs=max(12, 2400 // count), batch_size=30 if count > 100 else 10, objective="cross_entropy"
    )
    spec = NetworkSpec("mlp", (2,), 3, posterior=name)
    job = TrainingJob(spec, values, labels, settings, CPU)
    return tuple(train_network(job, Task(seed, np.arange(count)))[0] for seed in range(CASES[name].members))


def epistemic(name: str, count: int, noise: float = 0.0) -> float:
    values, _ = points(300, seed=9)
    drawn = [
        predict_draws(network, values, flip=False, device=CPU, seed=4)[1] for network in trained(name, count, noise)
    ]
    mean, spread = torch.from_numpy(np.concatenate(drawn, axis=1))
    return float(information_theoretic(log_expected_softmax(mean, spread)).epistemic.mean())


@pytest.mark.slow
@NAMES
def test_it_learns_and_epistemic_uncertainty_falls_with_more_data(name: str) -> None:
    values, labels = points(600, seed=1)
    right = predict_examples(trained(name, 1200)[0], values, flip=False, device=CPU).mean.argmax(1) == labels
    assert right.mean() > 0.85
    assert epistemic(name, 1200) < 0.8 * epistemic(name, 30)


@pytest.mark.slow
@NAMES
def test_epistemic_uncertainty_does_not_rise_with_label_noise(name: str) -> None:
    clean, noisy = epistemic(name, 1200), epistemic(name, 1200, 0.4)
    if CASES[name].leaks_noise:
        assert noisy > 3 * clean
    else:
        # Labels that tell less leave the weights more open: a little more doubt is right.
        assert noisy < 1.5 * clean + 0.005


@NAMES
def test_a_saved_network_draws_the_same(name: str, tmp_path: Path) -> None:
    network = trained(name, 30)[0]
    values, _ = points(40, seed=2)
    plain, drawn = predict_draws(network, values, flip=False, device=CPU, seed=7)
    save_network(network, tmp_path / "network.safetensors")
    loaded = load_network(tmp_path / "network.safetensors")
    assert loaded.spec.posterior == name
    again_plain, again = predict_draws(loaded, values, flip=False, device=CPU, seed=7)
    assert np.array_equal(drawn, again)
    assert np.array_equal(plain.mean, again_plain.mean)
    assert np.array_equal(predict_examples(loaded, values, flip=False, device=CPU).mean, plain.mean)


@NAMES
def test_pictures_are_trained_on_and_drawn_from(name: str) -> None:
    """In the memory format and precision of the loop, which are not those of the tests above."""
    pictures = np.random.default_rng(0).integers(0, 255, (24, 1, 12, 12), dtype=np.uint8)
    labels, rows = np.arange(24) % 3, np.arange(24)
    spec = NetworkSpec("small_vgg", (1, 12, 12), 3, posterior=name)
    network, margins = train_network(TrainingJob(spec, pictures, labels, TrainingSettings(2, 8), CPU), Task(0, rows))
    plain, draws = predict_draws(network, pictures, flip=True, device=CPU, seed=0)
    assert np.isfinite(margins).all()
    assert draws.shape == (2, POSTERIORS[name]().draws, 24, 3)
    assert np.isfinite(draws).all()
    assert np.isfinite(plain.embedding).all()


def test_batches_and_mirrored_views_meet_the_same_draws() -> None:
    network = Network(NetworkSpec("small_vgg", (1, 8, 8), 3, posterior="mc_dropout"))
    pictures = np.random.default_rng(0).integers(0, 255, (3, 1, 8, 8), dtype=np.uint8)
    many = np.concatenate([pictures] * 200)  # more than a batch of prediction
    _, drawn = predict_draws(network, many, flip=True, device=CPU, seed=1)
    assert np.allclose(drawn[:, :, :3], drawn[:, :, 597:], atol=1e-2)  # half precision where the processor has it
    _, mirrored = predict_draws(network, pictures[..., ::-1].copy(), flip=True, device=CPU, seed=1)
    assert np.allclose(drawn[:, :, :3], mirrored, atol=1e-2)
