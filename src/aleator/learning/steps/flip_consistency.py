"""Flip consistency: what the network looks at has to move with the picture."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from aleator.errors import AleatorError
from aleator.learning.objectives.base import Objective
from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.models.network import Network


def flip_consistency(weight: float = 5.0) -> Step:
    """The objective on a picture, plus `weight` times the mean squared difference of its attention maps (one a class:
    feature map times the head's weights) from those of its mirror image, mirrored back.

    Erasing attention consistency (Zhang et al. 2022, arXiv 2207.10299, eq. 3 and 4). The loss is on one view only: a
    network that learns a label by heart from a part of the picture breaks the consistency. Use it with
    `Augmentation.erase`. For pictures, and backbones that end in a mean over all places.
    """

    def step(network: Network, objective: Objective, batch: Batch, generator: Generator) -> tuple[Tensor, Tensor]:
        features, pooling = _split(network.backbone)
        with mixed_precision(batch.inputs.device):
            seen, mirrored = (features(view) for view in (batch.inputs, batch.inputs.flip(3)))
            output = network.read(pooling(seen))
        log_probs = log_probs_of(output)
        means = network.head.linear.weight[: log_probs.shape[1]]
        maps, other = (torch.einsum("nfhw,kf->nkhw", view.float(), means) for view in (seen, mirrored))
        inconsistency = F.mse_loss(maps, other.flip(3), reduction="none").mean((1, 2, 3))
        return objective(log_probs, batch.targets, batch.rows) + weight * inconsistency, log_probs

    return step


def _split(backbone: nn.Module) -> tuple[nn.Sequential, nn.Sequential]:
    """The part that makes a feature map, and the part that takes its mean."""
    if isinstance(backbone, nn.Sequential):
        layers = list(backbone.children())
        for place, module in enumerate(layers):
            if isinstance(module, nn.AdaptiveAvgPool2d):
                return nn.Sequential(*layers[:place]), nn.Sequential(*layers[place:])
    raise AleatorError(
        "Flip consistency needs a network for pictures that is a sequence of layers with a mean over all places "
        "(nn.AdaptiveAvgPool2d) among them; choose another step, such as mixup."
    )
