"""Posteriors: ways to draw networks, one short file each. `POSTERIORS` names them all.

Each is applied to any `nn.Module` by replacing modules, and yields draws of Gaussian logits:

    from aleator.models.posteriors.mc_dropout import MCDropout

    posterior = MCDropout(draws=20)
    posterior.prepare(network)                                        # before training and before loading weights
    posterior.draw(network, inputs, generator=torch.Generator())      # mean and spread, (draw, example, class)

A network whose output is a tensor of logits has no spread; one that returns a tuple starts it with mean and spread.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aleator.registry import Registry

if TYPE_CHECKING:
    from aleator.models.posteriors.base import Posterior

DEFAULT = "deep_ensemble"
_HERE = "aleator.models.posteriors"
POSTERIORS: "Registry[Callable[[], Posterior]]" = Registry(
    "posterior",
    {
        "deep_ensemble": f"{_HERE}.deep_ensemble:DeepEnsemble",
        "sub_ensemble": f"{_HERE}.sub_ensemble:SubEnsemble",
        "mc_dropout": f"{_HERE}.mc_dropout:MCDropout",
        "mc_dropconnect": f"{_HERE}.mc_dropconnect:MCDropConnect",
        "flipout": f"{_HERE}.flipout:Flipout",
        "bayes_by_backprop": f"{_HERE}.bayes_by_backprop:BayesByBackprop",
        "last_layer_laplace": f"{_HERE}.last_layer_laplace:LastLayerLaplace",
        "swag": f"{_HERE}.swag:SWAG",
        "duq": f"{_HERE}.duq:DUQ",
        "gradient_confidence": f"{_HERE}.gradient_confidence:GradientConfidence",
    },
)
"""Each is made without arguments, by the defaults of its fields."""
