"""The two-head Gaussian: the density, its gradient, and what the beta changes."""

import math

import pytest
import torch

from aleator.uncertainty.gaussian_logits import spread_from_raw
from aleator.uncertainty.gaussian_regression import beta_nll, gaussian_nll


def test_the_density_is_the_one_of_torch() -> None:
    mean, spread, target = torch.randn(3, 40, generator=torch.Generator().manual_seed(0)).unbind()
    spread = spread.abs() + 0.1
    expected = -torch.distributions.Normal(mean, spread).log_prob(target)
    assert torch.allclose(gaussian_nll(mean, spread, target), expected, atol=1e-6)


def test_the_least_loss_is_at_the_moments_of_the_target() -> None:
    target = torch.randn(500, generator=torch.Generator().manual_seed(0)) * 2 + 3
    mean, raw = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([mean, raw], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = gaussian_nll(mean, spread_from_raw(raw), target).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert mean.item() == pytest.approx(target.mean().item(), abs=1e-3)
    assert spread_from_raw(raw).item() == pytest.approx(target.std(correction=0).item(), abs=1e-3)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_beta_scales_each_gradient_by_the_variance(beta: float) -> None:
    mean, spread = torch.zeros(2, requires_grad=True), torch.tensor([0.5, 4.0], requires_grad=True)
    target = torch.tensor([1.0, 1.0])
    plain = torch.autograd.grad(gaussian_nll(mean, spread, target).sum(), [mean, spread])
    scaled = torch.autograd.grad(beta_nll(mean, spread, target, beta=beta).sum(), [mean, spread])
    for one, other in zip(plain, scaled, strict=True):
        assert torch.allclose(other, one * spread.detach() ** (2 * beta))
    if beta == 1:  # the mean is trained as by half the squared error
        assert torch.allclose(scaled[0], torch.tensor([-1.0, -1.0]))


def test_beta_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0"):
        beta_nll(torch.zeros(1), torch.ones(1), torch.zeros(1), beta=1.5)


def test_a_target_far_away_is_finite() -> None:
    spread = spread_from_raw(torch.tensor([-200.0], requires_grad=True))
    loss = gaussian_nll(torch.zeros(1), spread, torch.tensor([200.0]))
    assert math.isfinite(loss.item())
