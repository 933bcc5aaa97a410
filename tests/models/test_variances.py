"""How much the draws of a linear layer differ, in closed form; and the last-layer Laplace beside a plain Hessian."""

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.data import DataLoader, TensorDataset

from aleator.models.heads import GaussianLogitHead
from aleator.models.posteriors.base import Posterior
from aleator.models.posteriors.bayes_by_backprop import BayesByBackprop
from aleator.models.posteriors.flipout import Flipout
from aleator.models.posteriors.last_layer_laplace import (
    LaplaceLinear,
    LastLayerLaplace,
    best_prior_precision,
    fisher_information,
)
from aleator.models.posteriors.mc_dropconnect import MCDropConnect
from aleator.models.posteriors.mc_dropout import MCDropout
from aleator.models.posteriors.sub_ensemble import SubEnsemble
from aleator.models.posteriors.variational import START_SPREAD, VariationalLayer, divergence
from aleator.uncertainty.gaussian_logits import log_expected_softmax, spread_from_raw

F64 = torch.float64


def features(count: int, size: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def linear_model(posterior: Posterior, rate: float = 0.3) -> nn.Sequential:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Dropout(rate), nn.Linear(6, 3))
    posterior.prepare(network)
    return network.eval()


def drawn_variance(posterior: Posterior, network: nn.Module, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return posterior.draw(network, inputs, draws=6000, generator=torch.Generator().manual_seed(0)).mean.var(0)


def test_dropout_and_dropconnect() -> None:
    inputs = features(5)
    dropped = linear_model(MCDropout())
    expected = (inputs**2) @ (dropped[1].weight.detach() ** 2).T * 0.3 / 0.7
    assert torch.allclose(drawn_variance(MCDropout(), dropped, inputs), expected, rtol=0.12)
    connect = linear_model(MCDropConnect(rate=0.4))
    expected = (inputs**2) @ (connect[1].layer.weight.detach() ** 2).T * 0.4 / 0.6
    assert torch.allclose(drawn_variance(MCDropConnect(), connect, inputs), expected, rtol=0.12)


@pytest.mark.parametrize("posterior", [BayesByBackprop(), Flipout()])
def test_variational_layers(posterior: Posterior) -> None:
    inputs = features(5)
    network = linear_model(posterior)
    with torch.no_grad():
        network[1].log_spread.copy_(torch.randn(3, 6, generator=torch.Generator().manual_seed(3)))
    expected = (inputs**2) @ (network[1].spread.detach() ** 2).T
    assert torch.allclose(drawn_variance(posterior, network, inputs), expected, rtol=0.12)


def means(outputs: Tensor) -> Tensor:
    """`(example, channel)`"""
    return outputs.mean((2, 3)) if outputs.ndim == 4 else outputs


@pytest.mark.parametrize("layer", [nn.Linear(6, 3), nn.Conv2d(6, 3, 3, padding=1)])
def test_flipout_gives_each_example_noise_of_its_own_of_the_same_size(layer: nn.Linear | nn.Conv2d) -> None:
    torch.manual_seed(0)
    inputs = features(1, 6).expand(4, 6)
    if isinstance(layer, nn.Conv2d):
        inputs = inputs[:, :, None, None].expand(4, 6, 5, 5)
    outputs = {}
    for flipout in (True, False):
        noisy = VariationalLayer(layer, prior=1.0, flipout=flipout).train()
        with torch.no_grad():
            outputs[flipout] = torch.stack([means(noisy(inputs)) for _ in range(4000)])
    plain = means(layer(inputs).detach())
    for values in outputs.values():
        assert torch.allclose(values.mean(0), plain, atol=0.02)
    assert torch.allclose(outputs[True].var(0), outputs[False].var(0), rtol=0.2)
    # Equal examples of a batch: one weight for all moves them together, flipout does not.
    together = {key: float(torch.corrcoef(values[:, :2, 0].T)[0, 1]) for key, values in outputs.items()}
    assert together[False] > 0.99
    assert abs(together[True]) < 0.06


def test_the_divergence_is_torchs_and_summed_over_the_weights() -> None:
    network = linear_model(BayesByBackprop(prior=0.5))
    layer = network[1]
    own = torch.distributions.Normal(layer.layer.weight, torch.full((3, 6), START_SPREAD))
    prior = torch.distributions.Normal(torch.zeros(3, 6), torch.full((3, 6), 0.5))
    expected = torch.distributions.kl_divergence(own, prior).sum()
    assert divergence(network).item() == pytest.approx(expected.item(), rel=1e-5)


def test_tops_that_start_equal_on_purpose_do_so_and_only_the_first_teaches_the_trunk() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 3)))
    nn.init.zeros_(network[4][0].bias)
    posterior = SubEnsemble(draws=3)
    posterior.prepare(network)
    copies = network[4][0].copies
    assert not torch.equal(copies[0].weight, copies[1].weight)
    assert all(torch.equal(copy.bias, torch.zeros(3)) for copy in copies)

    def trunk_gradient(learner: int) -> Tensor:
        network.zero_grad()

        def loss_of(output: Tensor, number: int) -> Tensor:
            return output.square().mean() * (number == learner)

        posterior.loss(network, features(4), torch.zeros(4), loss_of, 4).backward()
        own = network[2].copies[learner].weight.grad
        assert own is not None
        assert own.abs().sum() > 0
        grad = network[0].weight.grad
        return torch.zeros(()) if grad is None else grad.abs().sum()

    assert trunk_gradient(0) > 0
    assert trunk_gradient(1) == 0


# Last-layer Laplace. laplace-torch brings torchvision, and so is not among the development tools: the test beside it
# runs where somebody has it. The next one finds the same Hessian by differentiating twice.


def laplace(outputs: int, count: int = 40, precision: float = 0.7) -> tuple[nn.Sequential, LaplaceLinear, Tensor]:
    torch.manual_seed(2)
    network = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, outputs))
    posterior = LastLayerLaplace(prior_precision=precision)
    posterior.prepare(network)
    network.eval()
    inputs = features(count, 5)
    posterior.after_training(network, lambda: [inputs[:15], inputs[15:]])
    return network, network[2], inputs


def test_the_covariance_is_the_inverse_of_the_full_hessian() -> None:
    network, layer, inputs = laplace(3)
    embedding = torch.cat([network[1](network[0](inputs)), torch.ones(40, 1)], 1).double().detach()
    labels = torch.randint(3, (40,), generator=torch.Generator().manual_seed(0))

    def minus_log_posterior(weights: Tensor) -> Tensor:
        logits = embedding @ weights.view(3, 5).T
        return torch.nn.functional.cross_entropy(logits, labels, reduction="sum") + 0.35 * weights.square().sum()

    weights = torch.cat([layer.linear.weight, layer.linear.bias[:, None]], 1).double().detach().flatten()
    hessian = torch.autograd.functional.hessian(minus_log_posterior, weights)
    assert torch.allclose(layer.root.double() @ layer.root.double().T, torch.linalg.inv(hessian), atol=1e-5)


def test_the_logits_of_the_draws_have_the_variance_of_the_linearised_model() -> None:
    network, layer, inputs = laplace(3)
    posterior = LastLayerLaplace()
    embedding = torch.cat([network[1](network[0](inputs)), torch.ones(40, 1)], 1).detach()
    covariance = (layer.root @ layer.root.T).view(3, 5, 3, 5)
    expected = torch.einsum("nd,kdle,ne->nkl", embedding, covariance, embedding)
    with torch.no_grad():
        drawn = posterior.draw(network, inputs, draws=6000, generator=torch.Generator().manual_seed(0)).mean
    assert torch.allclose(drawn.var(0), expected.diagonal(dim1=1, dim2=2), rtol=0.12)


def test_the_information_of_gaussian_logits_is_that_of_the_sampling_softmax() -> None:
    """Against `E[g g']` with each label's gradient taken by itself, through the head's own spread."""
    torch.manual_seed(2)
    network = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), GaussianLogitHead(4, 3))
    nn.init.normal_(network[2].linear.weight)
    LastLayerLaplace().prepare(network)
    layer = network[2].linear
    assert layer.classes == 3
    inputs = features(6, 5)
    expected = torch.zeros(15, 15, dtype=F64)
    weight = {name: value.detach().double() for name, value in network.named_parameters()}
    for row in inputs.double():
        leaves = {name: value.clone().requires_grad_() for name, value in weight.items()}
        embedding = torch.tanh(
            functional_call(network[0], {"weight": leaves["0.weight"], "bias": leaves["0.bias"]}, row)
        )
        both = torch.nn.functional.linear(embedding, leaves["2.linear.linear.weight"], leaves["2.linear.linear.bias"])
        mean, raw = both.chunk(2)
        spread = spread_from_raw(raw).detach()
        log_probs = log_expected_softmax(mean[None], spread[None])[0]
        for label in range(3):
            by_weight, by_bias = torch.autograd.grad(
                log_probs[label],
                [leaves["2.linear.linear.weight"], leaves["2.linear.linear.bias"]],
                retain_graph=True,
            )
            g = torch.cat([by_weight[:3], by_bias[:3, None]], 1).flatten()
            expected += float(log_probs[label].exp()) * torch.outer(g, g)
    found = fisher_information(network, layer, [inputs])
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_the_prior_precision_has_the_greatest_evidence_and_data_shrink_the_doubt() -> None:
    network, layer, inputs = laplace(3)
    information = fisher_information(network, layer, [inputs])
    weights = torch.cat([layer.linear.weight, layer.linear.bias[:, None]], 1).detach().double()

    def evidence(precision: float) -> float:
        matrix = information + precision * torch.eye(15, dtype=F64)
        return (
            -0.5 * float(torch.logdet(matrix)) + 7.5 * math.log(precision) - 0.5 * precision * float((weights**2).sum())
        )

    best = best_prior_precision(information, weights)
    assert evidence(best) > max(evidence(best * 1.1), evidence(best / 1.1))
    # A shift of all classes is nothing that data could tell: that part stays as wide as the prior, 5 / .7.
    wide = float((laplace(3, count=40)[1].root ** 2).sum()) - 5 / 0.7
    narrow = float((laplace(3, count=4000)[1].root ** 2).sum()) - 5 / 0.7
    assert 0 < narrow < 0.05 * wide


def test_the_covariance_and_the_variances_are_those_of_laplace_torch() -> None:
    theirs = pytest.importorskip("laplace", reason="laplace-torch is not installed")
    torch.manual_seed(0)
    inputs, labels = torch.randn(60, 5), torch.randint(3, (60,))
    network = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    other = theirs.Laplace(
        copy.deepcopy(network), "classification", subset_of_weights="last_layer", hessian_structure="full",
        prior_precision=0.7,
    )  # fmt: skip
    other.fit(DataLoader(TensorDataset(inputs, labels), batch_size=20))
    posterior = LastLayerLaplace(prior_precision=0.7)
    posterior.prepare(network)
    network.eval()
    posterior.after_training(network, lambda: [inputs])
    covariance = network[2].root @ network[2].root.T
    # Theirs has all weights first, then all biases.
    order = [5 * k + d for k in range(3) for d in range(4)] + [5 * k + 4 for k in range(3)]
    assert torch.allclose(covariance[order][:, order], other.posterior_covariance, atol=1e-5)
    embedding = torch.cat([network[1](network[0](inputs)), torch.ones(60, 1)], 1).detach()
    variance = torch.einsum("nd,kdle,ne->nkl", embedding, covariance.view(3, 5, 3, 5), embedding)
    assert torch.allclose(variance, other._glm_predictive_distribution(inputs)[1], atol=1e-4)
