"""Posteriors: ways to draw networks, one short file each. `POSTERIORS` names them all.

Each is applied to any `nn.Module` by replacing modules, and yields draws of Gaussian logits:

    posterior = MCDropout(draws=20)
    posterior.prepare(network)                                        # before training and before loading weights
    posterior.draw(network, inputs, generator=torch.Generator())      # mean and spread, (draw, example, class)

A network whose output is a tensor of logits has no spread; one that returns a tuple starts it with mean and spread.
"""

from collections.abc import Callable

from aleator.models.posteriors.base import DeepEnsemble, Drawn, Posterior, draw_members
from aleator.models.posteriors.bayes_by_backprop import BayesByBackprop
from aleator.models.posteriors.duq import DUQ
from aleator.models.posteriors.flipout import Flipout
from aleator.models.posteriors.gradient_confidence import GradientConfidence
from aleator.models.posteriors.last_layer_laplace import LastLayerLaplace
from aleator.models.posteriors.mc_dropconnect import MCDropConnect
from aleator.models.posteriors.mc_dropout import MCDropout
from aleator.models.posteriors.sub_ensemble import SubEnsemble
from aleator.models.posteriors.swag import SWAG

DEFAULT = "deep_ensemble"
POSTERIORS: dict[str, Callable[[], Posterior]] = {
    "deep_ensemble": DeepEnsemble,
    "sub_ensemble": SubEnsemble,
    "mc_dropout": MCDropout,
    "mc_dropconnect": MCDropConnect,
    "flipout": Flipout,
    "bayes_by_backprop": BayesByBackprop,
    "last_layer_laplace": LastLayerLaplace,
    "swag": SWAG,
    "duq": DUQ,
    "gradient_confidence": GradientConfidence,
}

__all__ = [
    "DEFAULT",
    "DUQ",
    "POSTERIORS",
    "SWAG",
    "BayesByBackprop",
    "DeepEnsemble",
    "Drawn",
    "Flipout",
    "GradientConfidence",
    "LastLayerLaplace",
    "MCDropConnect",
    "MCDropout",
    "Posterior",
    "SubEnsemble",
    "draw_members",
]
