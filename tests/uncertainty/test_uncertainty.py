"""The sampling softmax and the decomposition against closed forms and high-precision integrals."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aleator.uncertainty.decomposition import information_theoretic
from aleator.uncertainty.gaussian_logits import log_expected_softmax, spread_from_raw


def test_zero_spread_is_the_plain_softmax() -> None:
    mean = torch.randn(5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    result = log_expected_softmax(mean, torch.zeros_like(mean))
    assert torch.allclose(result, torch.log_softmax(mean, -1), atol=1e-12)


@pytest.mark.parametrize(("gap", "spread"), [(0.0, 1.0), (1.0, 0.5), (-2.0, 1.0), (3.0, 2.0)])
def test_two_classes_agree_with_the_integral(gap: float, spread: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    exact = float((weights / weights.sum()) @ (1 / (1 + np.exp(-(gap + np.sqrt(2) * spread * nodes)))))
    result = log_expected_softmax(torch.tensor([gap, 0.0]), torch.tensor([spread, spread])).exp()
    assert float(result[0]) == pytest.approx(exact, abs=5e-3)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(0, 3), st.floats(-50, 50))
def test_it_is_a_distribution_that_ignores_a_common_shift(mean: list[float], spread: float, shift: float) -> None:
    centre = torch.tensor(mean, dtype=torch.float64)
    spreads = torch.full_like(centre, spread)
    result = log_expected_softmax(centre, spreads)
    assert float(result.exp().sum()) == pytest.approx(1.0, abs=1e-9)
    assert torch.allclose(result, log_expected_softmax(centre + shift, spreads), atol=1e-9)


def test_rows_do_not_depend_on_their_batch_and_draws_have_an_axis_of_their_own() -> None:
    mean, spread = torch.randn(3, 4, 5), torch.rand(3, 4, 5)
    whole = log_expected_softmax(mean, spread)
    assert whole.shape == (3, 4, 5)
    assert torch.allclose(whole[1, 2], log_expected_softmax(mean[1, 2], spread[1, 2]), atol=1e-6)


def test_extreme_logits_keep_a_gradient() -> None:
    mean = torch.tensor([[200.0, -200.0, 0.0]], requires_grad=True)
    raw = torch.tensor([[200.0, -200.0, 0.0]], requires_grad=True)
    loss = -log_expected_softmax(mean, spread_from_raw(raw))[0, 1]
    loss.backward()
    assert torch.isfinite(loss)
    assert mean.grad is not None
    assert raw.grad is not None
    assert torch.isfinite(mean.grad).all()
    assert torch.isfinite(raw.grad).all()
    assert mean.grad[0, 1] < -0.5


def test_spread_is_positive_everywhere() -> None:
    spread = spread_from_raw(torch.tensor([-200.0, 0.0, 200.0]))
    assert (spread > 0).all()
    assert torch.isfinite(spread).all()


def test_agreeing_draws_have_no_epistemic_uncertainty_and_disagreeing_ones_all() -> None:
    coin = torch.tensor([[0.5, 0.5]]).log()
    agree = information_theoretic(torch.stack([coin, coin, coin]))
    assert agree.epistemic.item() == pytest.approx(0, abs=1e-7)
    assert agree.total.item() == pytest.approx(np.log(2), abs=1e-6)
    yes = torch.tensor([[1.0, 0.0]]).log()
    disagree = information_theoretic(torch.stack([yes, yes.flip(-1)]))
    assert disagree.aleatoric.item() == pytest.approx(0, abs=1e-6)
    assert disagree.epistemic.item() == pytest.approx(np.log(2), abs=1e-6)
