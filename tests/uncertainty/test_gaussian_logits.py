"""The sampling softmax against closed forms, integrals computed another way, and finite differences."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from aleator.uncertainty.gaussian_logits import (
    DEFAULT,
    METHODS,
    SPREAD_FLOOR,
    log_expected_softmax,
    log_likelihood,
    normal_draws,
    spread_from_raw,
)

F32, F64 = torch.float32, torch.float64


def logits(rows: int, classes: int, spread: float, *, seed: int = 0, dtype: torch.dtype = F64) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    mean = 2 * torch.randn(rows, classes, generator=random, dtype=F64)
    return mean.to(dtype), (spread * torch.rand(rows, classes, generator=random, dtype=F64)).to(dtype)


def on_a_grid(mean: Tensor, spread: Tensor, step: float = 0.4, reach: float = 8.0) -> Tensor:
    """The expectation as a sum over a cube of Gaussian values: no Gumbel noise, no table, no identity."""
    axis = torch.arange(-reach, reach + step / 2, step, dtype=F64)
    values = torch.cartesian_prod(*[axis] * mean.shape[-1])
    weight = torch.exp(-0.5 * (values**2).sum(1))
    drawn = torch.softmax(mean[:, None] + spread[:, None] * values, dim=-1)
    return (drawn * weight[:, None]).sum(1) / weight.sum()


# Two classes: the logistic of one Gaussian


def two_classes(gap: float, spread: float) -> float:
    with mpmath.workdps(25):
        density = lambda x: mpmath.npdf(x) / (1 + mpmath.exp(-(gap + spread * x)))  # noqa: E731
        return float(mpmath.quad(density, mpmath.linspace(-12, 12, 25)))


CASES = [(0.0, 1.0, 1.0), (1.0, 0.5, 0.1), (-2.0, 1.0, 3.0), (3.0, 2.0, 0.0), (-9.0, 2.5, 2.5), (6.0, 6.0, 1.0)]


@pytest.mark.parametrize(("gap", "first", "second"), CASES)
def test_two_classes_agree_with_the_one_dimensional_integral(gap: float, first: float, second: float) -> None:
    exact = two_classes(gap, math.hypot(first, second))
    for dtype, tolerance in ((F64, 1e-6), (F32, 1e-4)):
        mean, spread = torch.tensor([[gap, 0.0]], dtype=dtype), torch.tensor([[first, second]], dtype=dtype)
        result = log_expected_softmax(mean, spread)
        assert result.dtype == dtype
        assert float(result.exp()[0, 0]) == pytest.approx(exact, abs=tolerance)


def test_two_classes_with_one_factor_agree_with_the_one_dimensional_integral() -> None:
    mean, spread = torch.tensor([[1.0, 0.0]], dtype=F64), torch.tensor([[0.5, 1.0]], dtype=F64)
    factors = torch.tensor([[[0.8], [-1.2]]], dtype=F64)
    exact = two_classes(1.0, math.sqrt(0.25 + 1 + 2.0**2))
    assert float(log_expected_softmax(mean, spread, factors=factors).exp()[0, 0]) == pytest.approx(exact, abs=1e-6)


# More classes


@pytest.mark.parametrize("spread", [0.05, 1.0, 2.5])
def test_three_classes_agree_with_a_sum_over_a_grid(spread: float) -> None:
    mean, spreads = logits(8, 3, spread)
    exact = on_a_grid(mean, spreads)
    assert torch.allclose(log_expected_softmax(mean, spreads).exp(), exact, atol=1e-6, rtol=1e-5)
    single = log_expected_softmax(mean.to(F32), spreads.to(F32)).double()
    assert float((exact * (exact.log() - single)).sum(1).max()) < 1e-6


def test_factors_agree_with_a_sum_over_a_grid() -> None:
    """Low rank plus diagonal: with two factors the correlated Gaussian is averaged over directly."""
    mean, spread = logits(4, 3, 0.7)
    factors = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(5), dtype=F64)
    covariance = factors @ factors.mT + torch.diag_embed(spread**2)
    root = torch.linalg.cholesky(covariance)
    axis = torch.arange(-7, 7.2, 0.4, dtype=F64)
    values = torch.cartesian_prod(axis, axis, axis)
    weight = torch.exp(-0.5 * (values**2).sum(1))
    exact = (torch.softmax(mean[:, None] + values @ root.mT, -1) * weight[:, None]).sum(1) / weight.sum()
    for draws, tolerance in ((128, 4e-3), (2048, 5e-4)):
        result = log_expected_softmax(mean, spread, factors=factors, draws=draws).exp()
        assert float((result - exact).abs().max()) < tolerance
    rank_one = log_expected_softmax(mean, torch.zeros_like(spread), factors=factors[..., :1]).exp()
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    along = mean[:, None] + torch.tensor(nodes)[:, None] * factors[:, None, :, 0]
    exact = (torch.softmax(along, -1) * torch.tensor(weights / weights.sum())[:, None]).sum(1)
    assert torch.allclose(rank_one, exact, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3, 30, 1000])
def test_equal_classes_share_equally(classes: int) -> None:
    result = log_expected_softmax(torch.full((1, classes), 3.0), torch.full((1, classes), 2.0))
    assert torch.allclose(result.exp(), torch.full_like(result, 1 / classes), rtol=1e-4)


@pytest.mark.parametrize("spread", [7.0, 40.0, 120.0])
def test_wide_spreads_tend_to_the_share_of_each_class_being_greatest(spread: float) -> None:
    """The noise dwarfs the softmax: with two classes the probability is the normal distribution function."""
    mean = torch.tensor([[spread, 0.0]])
    result = log_expected_softmax(mean, torch.full((1, 2), spread)).exp()
    exact = two_classes(spread, math.sqrt(2) * spread)
    assert float(result[0, 0]) == pytest.approx(exact, abs=1e-3)


# Limits that hold exactly


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [F32, F64])
def test_zero_spread_is_the_plain_softmax_to_the_last_bit(method: str, dtype: torch.dtype) -> None:
    mean, _ = logits(50, 7, 1, dtype=dtype)
    result = log_expected_softmax(mean, torch.zeros_like(mean), method=method, draws=16)  # type: ignore[arg-type]
    assert torch.equal(result, torch.log_softmax(mean, -1))


def test_a_row_without_spread_is_exact_beside_rows_with_spread() -> None:
    mean, spread = logits(6, 5, 2, dtype=F32)
    spread[2] = 0
    result = log_expected_softmax(mean, spread)
    assert torch.equal(result[2], torch.log_softmax(mean[2], -1))
    assert not torch.equal(result[3], torch.log_softmax(mean[3], -1))


def test_tiny_spread_is_the_second_order_expansion() -> None:
    mean, _ = logits(10, 4, 1)
    spread = torch.full_like(mean, 0.01)
    p = torch.softmax(mean, -1)
    # Half the variance times the trace of the softmax's Hessian.
    correction = 0.5 * 0.01**2 * p * (1 - 2 * p - (p * (1 - 2 * p)).sum(-1, keepdim=True))
    result = log_expected_softmax(mean, spread).exp()
    assert torch.allclose(result - p, correction, atol=1e-7)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(0, 9), st.floats(-50, 50))
def test_it_is_a_distribution_that_ignores_a_common_shift(mean: list[float], spread: float, shift: float) -> None:
    centre = torch.tensor([mean], dtype=F64)
    spreads = torch.full_like(centre, spread)
    result = log_expected_softmax(centre, spreads)
    assert float(result.exp().sum()) == pytest.approx(1.0, abs=1e-9)
    assert torch.allclose(result, log_expected_softmax(centre + shift, spreads), atol=2e-6)


@given(st.permutations(range(5)), st.floats(0, 4))
def test_the_order_of_the_classes_does_not_matter(order: list[int], spread: float) -> None:
    mean, spreads = logits(3, 5, spread)
    result = log_expected_softmax(mean, spreads)
    assert torch.allclose(result[:, order], log_expected_softmax(mean[:, order], spreads[:, order]), atol=1e-12)


def test_a_class_that_cannot_win_changes_nothing() -> None:
    mean, spread = logits(6, 4, 2)
    more = torch.cat([mean, torch.full((6, 3), -300.0, dtype=F64)], 1)
    result = log_expected_softmax(more, torch.cat([spread, spread[:, :3]], 1))
    assert torch.allclose(result[:, :4], log_expected_softmax(mean, spread), atol=2e-6)


def test_temperature_divides_mean_spread_and_factors() -> None:
    mean, spread = logits(4, 3, 1.5)
    factors = torch.randn(4, 3, 1, dtype=F64)
    scaled = log_expected_softmax(mean / 3, spread / 3, factors=factors / 3)
    assert torch.allclose(log_expected_softmax(mean, spread, factors=factors, temperature=3.0), scaled)
    learned = torch.tensor(3.0, dtype=F64, requires_grad=True)
    log_expected_softmax(mean, spread, temperature=learned).max().backward()
    assert learned.grad is not None
    assert learned.grad != 0


def test_rows_do_not_depend_on_their_batch_and_draws_have_an_axis_of_their_own() -> None:
    mean, spread = logits(12, 5, 8, dtype=F32)
    mean, spread = mean.view(3, 4, 5), spread.view(3, 4, 5)
    for method in ("quadrature", "sobol", "mean_field"):
        whole = log_expected_softmax(mean, spread, method=method)  # type: ignore[arg-type]
        assert whole.shape == (3, 4, 5)
        alone = log_expected_softmax(mean[1, 2], spread[1, 2], method=method)  # type: ignore[arg-type]
        assert torch.allclose(whole[1, 2], alone, atol=1e-6)


def test_many_rows_in_blocks_are_the_rows() -> None:
    mean, spread = logits(700, 40, 3, dtype=F32)
    whole = log_expected_softmax(mean, spread)
    assert torch.allclose(whole[650:], log_expected_softmax(mean[650:], spread[650:]), atol=1e-6)


def test_half_precision_is_computed_in_single() -> None:
    mean, spread = logits(5, 4, 2, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        result = log_expected_softmax(mean, spread)
    assert result.dtype == F32
    assert torch.equal(result, log_expected_softmax(mean.float(), spread.float()))


# The methods beside each other


def test_random_draws_converge_to_the_integral_and_repeat_with_their_generator() -> None:
    mean, spread = logits(20, 6, 2)
    exact = log_expected_softmax(mean, spread).exp()

    def drawn(draws: int, seed: int) -> Tensor:
        random = torch.Generator().manual_seed(seed)
        return log_expected_softmax(mean, spread, method="monte_carlo", draws=draws, generator=random).exp()

    assert torch.equal(drawn(50, 1), drawn(50, 1))
    assert not torch.equal(drawn(50, 1), drawn(50, 2))
    few, many = (drawn(50, 3) - exact).abs().mean(), (drawn(20_000, 3) - exact).abs().mean()
    assert float(many) < 0.15 * float(few)  # 400 times the draws, a twentieth of the error
    assert float(many) < 2e-3


def test_one_fixed_set_of_128_is_as_good_as_a_thousand_random_draws() -> None:
    mean, spread = logits(200, 8, 3)
    exact = log_expected_softmax(mean, spread)

    def divergence(other: Tensor) -> float:
        return float((exact.exp() * (exact - other)).sum(1).mean())

    sobol = log_expected_softmax(mean, spread, method="sobol", draws=128)
    random = torch.Generator().manual_seed(0)
    assert torch.equal(sobol, log_expected_softmax(mean, spread, method="sobol", draws=128))
    assert divergence(sobol) < divergence(
        log_expected_softmax(mean, spread, method="monte_carlo", draws=1000, generator=random)
    )


def test_the_fixed_set_is_standard_normal() -> None:
    values = normal_draws(4096, 8)
    assert torch.allclose(values.mean(0), torch.zeros(8, dtype=F64), atol=5e-3)
    assert torch.allclose(values.T @ values / 4096, torch.eye(8, dtype=F64), atol=3e-2)


def test_mean_field_by_hand() -> None:
    mean, spread = torch.tensor([[2.0, 0.0]], dtype=F64), torch.tensor([[1.0, 3.0]], dtype=F64)
    scale = [math.sqrt(1 + math.pi / 8 * s**2) for s in (1.0, 3.0)]
    expected = torch.log_softmax(torch.tensor([[2 / scale[0], 0.0]], dtype=F64), -1)
    assert torch.allclose(log_expected_softmax(mean, spread, method="mean_field"), expected)


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="quadrature, sobol, monte_carlo, mean_field"):
        log_expected_softmax(torch.zeros(1, 2), torch.ones(1, 2), method="magic")  # type: ignore[arg-type]
    assert DEFAULT in METHODS


# Gradients


@pytest.mark.parametrize("spread", [0.3, 2.0, 5.0])
def test_gradients_agree_with_differences(spread: float) -> None:
    mean, spreads = logits(3, 4, spread, seed=2)
    weights = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=F64)

    def value(mean: Tensor, spreads: Tensor) -> Tensor:
        return (weights * log_expected_softmax(mean, spreads)).sum()

    leaves = mean.clone().requires_grad_(), spreads.clone().requires_grad_()
    grads = torch.autograd.grad(value(*leaves), leaves)
    # Steps wide against the error of the tables, five points to keep the formula's own error below it.
    step, factors = 0.05, {2: -1 / 12, 1: 8 / 12, -1: -8 / 12, -2: 1 / 12}
    for which, grad in enumerate(grads):
        for row, column in np.ndindex(3, 4):
            total = 0.0
            for shift, factor in factors.items():
                moved = [mean.clone(), spreads.clone()]
                moved[which][row, column] += shift * step
                total += factor * float(value(*moved))
            assert float(grad[row, column]) == pytest.approx(total / step, abs=1e-4)


@pytest.mark.parametrize(("classes", "spread"), [(2, 1.0), (8, 3.0), (8, 6.0), (100, 3.0)])
def test_single_precision_gradients_are_within_a_thousandth(classes: int, spread: float) -> None:
    grads = {}
    for dtype in (F32, F64):
        mean, spreads = (value.requires_grad_() for value in logits(64, classes, spread, dtype=dtype))
        labels = torch.arange(64) % classes
        (-log_likelihood(log_expected_softmax(mean, spreads), labels)).mean().backward()
        assert mean.grad is not None
        assert spreads.grad is not None
        grads[dtype] = torch.cat([mean.grad, spreads.grad]).double()
    difference = (grads[F32] - grads[F64]).norm() / grads[F64].norm()
    assert float(difference) < 1e-3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["label", "one-hot", "soft", "counts"])
def test_extreme_logits_give_finite_losses_and_live_gradients(method: str, kind: str) -> None:
    mean = torch.tensor([[200.0, -200.0, 0.0], [-200.0, 200.0, 0.0]], requires_grad=True)
    raw = torch.tensor([[200.0, -200.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    target = {
        "label": torch.tensor([1, 0]),
        "one-hot": torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        "soft": torch.tensor([[0.1, 0.8, 0.1], [0.9, 0.0, 0.1]]),
        "counts": torch.tensor([[0, 10, 0], [8, 0, 2]]),
    }[kind]
    random = torch.Generator().manual_seed(0)
    log_probs = log_expected_softmax(mean, spread_from_raw(raw), method=method, draws=32, generator=random)  # type: ignore[arg-type]
    loss = -log_likelihood(log_probs, target)
    assert loss.shape == (2,)
    assert torch.isfinite(loss).all()
    loss.sum().backward()
    assert mean.grad is not None
    assert raw.grad is not None
    assert torch.isfinite(mean.grad).all()
    assert torch.isfinite(raw.grad).all()
    # The confidently wrong class still pulls, as hard as under the plain softmax where the spread is small.
    assert mean.grad[1, 0] < -0.5
    assert mean.grad[1, 1] > 0.3


def test_agreeing_on_what_is_impossible_gives_no_nan() -> None:
    mean = torch.tensor([[0.0, -torch.inf, 1.0]])
    plain = torch.log_softmax(mean, -1)
    assert torch.equal(log_expected_softmax(mean, torch.zeros(1, 3)), plain)


# The likelihood


def test_likelihood_of_labels_soft_labels_and_counts() -> None:
    log_probs = torch.tensor([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]]).log()
    assert torch.allclose(log_likelihood(log_probs, torch.tensor([1, 0])), torch.tensor([0.3, 1.0]).log())
    soft = torch.tensor([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    assert torch.allclose(log_likelihood(log_probs, soft), torch.tensor([0.5 * math.log(0.06), 0.0]))
    counts = torch.tensor([[2, 3, 0], [4, 0, 0]])
    assert torch.allclose(log_likelihood(log_probs, counts), torch.tensor([2 * math.log(0.5) + 3 * math.log(0.3), 0.0]))
    with pytest.raises(ValueError, match="a weight for each class"):
        log_likelihood(log_probs, torch.ones(2, 4))


# The head's spread


def test_spread_is_positive_rising_and_alive_everywhere() -> None:
    raw = torch.tensor([-200.0, -5.0, 0.0, 5.0, 200.0], requires_grad=True)
    spread = spread_from_raw(raw)
    assert spread[2].item() == pytest.approx(math.log(2) + SPREAD_FLOOR)
    assert torch.isfinite(spread).all()
    assert (spread.diff() > 0).all()
    assert spread.min().item() >= SPREAD_FLOOR
    spread.sum().backward()
    assert raw.grad is not None
    assert torch.isfinite(raw.grad).all()


@settings(max_examples=30)
@given(st.integers(2, 9), st.floats(0.1, 5), st.integers(0, 99))
def test_more_spread_does_not_sharpen_equal_spreads(classes: int, spread: float, seed: int) -> None:
    mean, _ = logits(1, classes, 1, seed=seed)

    def entropy(spread: float) -> float:
        log_probs = log_expected_softmax(mean, torch.full_like(mean, spread))
        return float(-(log_probs.exp() * log_probs).sum())

    assert entropy(1.3 * spread) > entropy(spread) - 1e-6
