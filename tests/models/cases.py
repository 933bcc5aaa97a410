"""The list of posteriors: each entry gets every test of `test_posteriors.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from aleator.models.posteriors.base import Posterior
from aleator.models.posteriors.bayes_by_backprop import BayesByBackprop
from aleator.models.posteriors.deep_ensemble import DeepEnsemble
from aleator.models.posteriors.duq import DUQ
from aleator.models.posteriors.flipout import Flipout
from aleator.models.posteriors.gradient_confidence import GradientConfidence
from aleator.models.posteriors.last_layer_laplace import LastLayerLaplace
from aleator.models.posteriors.mc_dropconnect import MCDropConnect
from aleator.models.posteriors.mc_dropout import MCDropout
from aleator.models.posteriors.sub_ensemble import SubEnsemble
from aleator.models.posteriors.surgery import varying
from aleator.models.posteriors.swag import SWAG
from aleator.models.posteriors.variational import VariationalLayer


@dataclass(frozen=True)
class Case:
    posterior: Posterior
    quiet: Posterior
    """The same without any noise."""
    hush: Callable[[nn.Module], None] = lambda network: None
    """What else silences a prepared network."""
    linear: Posterior | None = None
    """For a model of one linear layer, where the default does not fit one."""
    members: int = 1
    random: bool = True
    """Draws follow from a generator; otherwise they are the parts themselves."""
    last_layer: bool = True
    needs: str | None = None
    """What a network without it is told."""
    leaks_noise: bool = False
    """Known and documented: label noise raises its epistemic part."""
    bare: Callable[[], nn.Module] = field(default=lambda: nn.Sequential(nn.Flatten(), nn.Softplus()))


def _no_spread(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, VariationalLayer):
            nn.init.constant_(layer.log_spread, -torch.inf)


def _one_top(network: nn.Module) -> None:
    for branches in varying(network):
        first = branches.copies[0].state_dict()
        for other in branches.copies:
            other.load_state_dict(first)


CASES: dict[str, Case] = {
    "deep_ensemble": Case(DeepEnsemble(), DeepEnsemble(), members=3, random=False, last_layer=False),
    "sub_ensemble": Case(
        SubEnsemble(), SubEnsemble(), _one_top, linear=SubEnsemble(depth=1), random=False, needs="smaller depth"
    ),
    "mc_dropout": Case(MCDropout(), MCDropout(rate=0.0), needs="nn.Dropout"),
    "mc_dropconnect": Case(MCDropConnect(), MCDropConnect(rate=0.0), needs="kinds="),
    "flipout": Case(Flipout(), Flipout(), _no_spread, needs="kinds="),
    "bayes_by_backprop": Case(BayesByBackprop(), BayesByBackprop(), _no_spread, needs="kinds="),
    "last_layer_laplace": Case(LastLayerLaplace(), LastLayerLaplace(prior_precision=1e30), needs="linear last layer"),
    "swag": Case(SWAG(), SWAG(start=1.0), last_layer=False),
    "duq": Case(DUQ(), DUQ(doubt=0.0), needs="linear last layer", leaks_noise=True),
    "gradient_confidence": Case(GradientConfidence(), GradientConfidence(step=0.0), needs="linear last layer"),
}


class Spread(nn.Module):
    """Logits as Gaussian logits with a spread of their own."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.network(inputs)
        return logits, logits.abs() * 0.1


class Residual(nn.Module):
    """An architecture that nobody wrote for us: a sum around a convolution, batch norm, dropout in two places."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.inner = nn.Conv2d(8, 8, 3, padding=1)
        self.channels = nn.Dropout2d(0.2)
        self.hidden = nn.Linear(8, 16)
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(16, classes)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.relu(self.norm(self.stem(images)))
        features = features + self.channels(torch.relu(self.inner(features)))
        answer: Tensor = self.out(self.dropout(torch.relu(self.hidden(features.mean((2, 3))))))
        return answer
