"""A head to begin with, fitted to what a backbone that has learned before makes of the examples."""

import torch
from torch import Tensor
from torch.nn import functional as F

from aleator.models.network import Network

PENALTIES = (1.0, 0.1, 0.01, 0.001)
"""Of the squared weights of standardised features, beside the mean loss."""
HELD_OUT = 5
"""One example in so many chooses the penalty."""
STEPS = 50


def fit_head(network: Network, embedding: Tensor, targets: Tensor) -> None:
    """Let the head predict the targets, labels `(example,)` or distributions `(example, class)`, from `embedding`
    `(example, feature)`, by the linear function whose penalty is best for examples that it has not seen.

    All that is trained afterwards begins with what the features tell, and does not spoil them on the way there
    (Kumar et al. 2022, arXiv 2202.10054). The spread of the logits begins as it was.
    """
    classes = network.spec.classes
    wanted = F.one_hot(targets, classes).float() if targets.ndim == 1 else targets / targets.sum(1, keepdim=True)
    centre, scale = embedding.mean(0), embedding.std(0).clamp(min=1e-6)
    values = (embedding - centre) / scale
    held_out = torch.arange(len(values), device=values.device) % HELD_OUT == 0
    tried = [_fitted(values[~held_out], wanted[~held_out], penalty) for penalty in PENALTIES]
    losses = [float(_loss(values[held_out], wanted[held_out], *found)) for found in tried]
    weight, bias = _fitted(values, wanted, PENALTIES[losses.index(min(losses))])
    with torch.no_grad():
        network.head.linear.weight[:classes] = (weight / scale).to(network.head.linear.weight)
        network.head.linear.bias[:classes] = (bias - (weight / scale) @ centre).to(network.head.linear.bias)


def _fitted(values: Tensor, wanted: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Weights `(class, feature)` and intercepts."""
    weight = torch.zeros(wanted.shape[1], values.shape[1], device=values.device, requires_grad=True)
    bias = torch.zeros(wanted.shape[1], device=values.device, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = _loss(values, wanted, weight, bias) + penalty / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad():
        solver.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def _loss(values: Tensor, wanted: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return -(wanted * torch.log_softmax(values @ weight.T + bias, dim=1)).sum(1).mean()
