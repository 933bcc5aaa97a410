"""Uncertainty taken apart: by hand, by exhaustive averaging, and in the limits that published versions get wrong."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from aleator.uncertainty.decomposition import gaussian_logits, information_theoretic, of_voters, regression
from aleator.uncertainty.gaussian_logits import log_expected_softmax

F64 = torch.float64


def draws(count: int, examples: int, classes: int, scale: float = 1.0, seed: int = 0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return scale * torch.randn(count, examples, classes, generator=random, dtype=F64)


def entropy(probs: Tensor) -> Tensor:
    return torch.special.entr(probs).sum(-1)


# Where the spread is doubt about how people would vote


def test_without_a_spread_the_voters_differ_as_the_softmax_says() -> None:
    mean = draws(3, 40, 5, 2)
    for found, wanted in zip(
        of_voters(mean, torch.zeros_like(mean)), information_theoretic(torch.log_softmax(mean, -1)), strict=True
    ):
        assert torch.allclose(found, wanted, atol=1e-12)


def test_voters_by_a_great_many_draws() -> None:
    mean, spread = draws(2, 6, 4, 2), draws(2, 6, 4, 1, seed=1).abs()
    noise = torch.randn(200_000, 1, 1, 4, generator=torch.Generator().manual_seed(2), dtype=F64)
    probs = torch.softmax(mean + spread * noise, -1)
    parts = of_voters(mean, spread)
    assert torch.allclose(parts.aleatoric, entropy(probs).mean((0, 1)), atol=0.02)
    assert torch.allclose(parts.total, entropy(probs.mean((0, 1))), atol=0.02)
    assert torch.allclose(parts.total, parts.aleatoric + parts.epistemic)


def test_the_more_a_member_doubts_how_they_vote_the_less_of_it_is_their_quarrel() -> None:
    mean = torch.zeros(1, 4, 2, dtype=F64)
    parts = of_voters(mean, torch.tensor([0.0, 1.0, 4.0, 50.0], dtype=F64)[None, :, None].expand(1, 4, 2))
    assert torch.allclose(parts.total, torch.full((4,), math.log(2), dtype=F64), atol=0.01)
    assert (parts.aleatoric.diff() < -0.05).all()
    assert parts.aleatoric[-1] < 0.05


# From log-probabilities


def test_by_hand() -> None:
    log_probs = torch.tensor([[[0.9, 0.1]], [[0.5, 0.5]]], dtype=F64).log()
    parts = information_theoretic(log_probs)
    h = lambda p: -p * math.log(p) - (1 - p) * math.log(1 - p)  # noqa: E731
    assert parts.total.item() == pytest.approx(h(0.7))
    assert parts.aleatoric.item() == pytest.approx((h(0.9) + h(0.5)) / 2)
    assert parts.epistemic.item() == pytest.approx(h(0.7) - (h(0.9) + h(0.5)) / 2)


def test_agreeing_draws_have_no_epistemic_uncertainty_and_contradicting_ones_nothing_else() -> None:
    agree = torch.log_softmax(draws(1, 50, 7, 3).float(), -1).expand(4, 50, 7)
    assert torch.equal(information_theoretic(agree).epistemic, torch.zeros(50))
    yes = torch.tensor([[1.0, 0.0]]).log()
    contradict = information_theoretic(torch.stack([yes, yes.flip(-1)]))
    assert contradict.aleatoric.item() == pytest.approx(0, abs=1e-6)
    assert contradict.epistemic.item() == pytest.approx(math.log(2), abs=1e-6)


@given(st.integers(1, 6), st.integers(2, 6), st.floats(0, 30), st.integers(0, 50))
def test_the_parts_add_up_and_stay_within_their_bounds(count: int, classes: int, scale: float, seed: int) -> None:
    parts = information_theoretic(torch.log_softmax(draws(count, 5, classes, scale, seed), -1))
    assert torch.allclose(parts.total, parts.aleatoric + parts.epistemic)
    for part in parts:
        assert (part >= 0).all()
        assert (part <= math.log(classes) + 1e-9).all()
    assert (parts.epistemic <= math.log(count) + 1e-9).all()


def test_a_small_disagreement_survives_single_precision() -> None:
    """As a difference of entropies it would drown in rounding: here it is 5e-9 nats."""
    mean = torch.tensor([[0.3, 0.0]], dtype=F64)
    log_probs = torch.log_softmax(torch.stack([mean + torch.tensor([2e-4, 0.0]), mean]), -1)
    exact = information_theoretic(log_probs).epistemic.item()
    assert exact == pytest.approx(0.5 * 1e-8 * math.exp(0.3) / (1 + math.exp(0.3)) ** 2, rel=1e-3)
    assert information_theoretic(log_probs.float()).epistemic.item() == pytest.approx(exact, rel=0.1)


# From Gaussian logits


def test_agreeing_draws_have_no_epistemic_part_at_any_flatness() -> None:
    """The published split reports the entropy of the plain softmax here, up to log 8 = 2.08 nats for a flat one."""
    for margin in (8.0, 2.0, 0.0):
        mean = torch.zeros(3, 1, 8)
        mean[..., 0] = margin
        parts = gaussian_logits(mean, torch.full_like(mean, 0.7))
        assert parts.epistemic.item() == 0.0
        expected = entropy(log_expected_softmax(mean[0], torch.full((1, 8), 0.7)).exp())
        assert parts.aleatoric.item() == pytest.approx(expected.item(), rel=1e-4)


def test_a_shift_of_all_logits_is_no_disagreement() -> None:
    mean = draws(1, 4, 5).expand(3, 4, 5)
    shifted = mean + torch.tensor([0.0, 7.0, -3.0], dtype=F64)[:, None, None]
    assert (gaussian_logits(shifted, torch.ones_like(mean)).epistemic < 1e-9).all()


def test_both_parts_agree_with_exhaustive_averaging() -> None:
    mean, spread = draws(6, 3, 3, 1.5), draws(6, 3, 3, 0.8, seed=1).abs()
    centred = mean - mean.mean(-1, keepdim=True)
    between, within = centred.std(0), (spread**2).mean(0).sqrt()
    random = torch.Generator().manual_seed(3)
    outer = torch.randn(2000, 3, 3, generator=random, dtype=F64)
    inner = torch.randn(1000, 1, 3, 3, generator=random, dtype=F64)
    p_given_z = torch.cat(
        [torch.softmax(centred.mean(0) + between * block + within * inner, -1).mean(0) for block in outer.split(100)]
    )
    total, aleatoric = entropy(p_given_z.mean(0)), entropy(p_given_z).mean(0)
    parts = gaussian_logits(mean, spread, points=512)
    assert torch.allclose(parts.total, total, atol=0.01)
    assert torch.allclose(parts.aleatoric, aleatoric, atol=0.015)
    assert torch.allclose(parts.epistemic, total - aleatoric, atol=0.015)


def test_variances_add_not_deviations() -> None:
    """With one unit within and one between, the total is that of the root of two: adding deviations makes it two."""
    mean = torch.tensor([[[1.0, 0.0]], [[-1.0, 0.0]]], dtype=F64) / math.sqrt(2)
    parts = gaussian_logits(mean, torch.ones(2, 1, 2, dtype=F64), points=2048)
    # The difference of the logits has variance 1 between the draws (per class 1/4, once centred), and 2 within.
    between = (mean - mean.mean(-1, keepdim=True)).var(0)
    exact = log_expected_softmax(torch.zeros(1, 2, dtype=F64), (1 + between).sqrt())
    assert parts.total.item() == pytest.approx(entropy(exact.exp()).item(), abs=1e-4)


def test_epistemic_grows_with_disagreement_and_aleatoric_with_spread() -> None:
    base = draws(8, 20, 5)
    centre = base.mean(0)
    growing = [gaussian_logits(centre + k * (base - centre), 0.5 + 0 * base) for k in (0.1, 0.5, 1, 2)]
    for less, more in pairwise(growing):
        assert (more.epistemic > less.epistemic).all()
    wider = [gaussian_logits(base, torch.full_like(base, s)).aleatoric.mean().item() for s in (0.1, 1, 3)]
    assert wider == sorted(wider)


def test_one_draw_has_no_disagreement_and_blocks_change_nothing() -> None:
    one = gaussian_logits(draws(1, 3, 4), torch.ones(1, 3, 4, dtype=F64))
    assert torch.equal(one.epistemic, torch.zeros(3, dtype=F64))
    mean, spread = draws(3, 9000, 60).float(), draws(3, 9000, 60, seed=1).abs().float()
    whole = gaussian_logits(mean, spread, points=4)
    part = gaussian_logits(mean[:, 8990:], spread[:, 8990:], points=4)
    assert torch.allclose(whole.epistemic[8990:], part.epistemic, atol=1e-6)


# Regression


def test_regression_is_the_law_of_total_variance() -> None:
    mean, spread = draws(40, 6, 1), draws(40, 6, 1, seed=1).abs()
    parts = regression(mean, spread)
    assert torch.allclose(parts.aleatoric, (spread**2).mean(0))
    assert torch.allclose(parts.epistemic, mean.var(0))
    assert torch.allclose(parts.total, parts.aleatoric + parts.epistemic)
    # Drawn from the mixture itself, the values have the total variance.
    random = np.random.default_rng(0)
    which = random.integers(0, 40, 400_000)
    values = mean.numpy()[which, 0, 0] + spread.numpy()[which, 0, 0] * random.normal(size=400_000)
    biased = (parts.aleatoric + mean.var(0, correction=0))[0].item()
    assert values.var() == pytest.approx(biased, rel=0.02)


def test_agreeing_regressions_are_all_aleatoric() -> None:
    mean = draws(1, 5, 1).float().expand(3, 5, 1)
    parts = regression(mean, torch.full_like(mean, 2.0))
    assert torch.equal(parts.epistemic, torch.zeros(5, 1))
    assert torch.equal(parts.total, torch.full((5, 1), 4.0))
    assert torch.equal(regression(mean[:1], mean[:1].abs()).epistemic, torch.zeros(5, 1))
