"""What backbones are built of."""

import math

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm

from aleator.models.winograd import Conv3x3


class StandardizeImage(nn.Module):
    """Each image to zero mean and unit deviation, so that exposure and contrast do not matter.

    Takes uint8 or float `(example, channel, height, width)`; colours of one image keep their relation.
    """

    def forward(self, images: Tensor) -> Tensor:
        images = images.float()
        centred = images - images.mean((1, 2, 3), keepdim=True)
        # As `std` has it, which takes twelve times as long on a processor.
        values = math.prod(images.shape[1:])
        deviation: Tensor = vector_norm(centred, dim=(1, 2, 3), keepdim=True) / math.sqrt(values - 1)
        # The constant keeps a blank image blank: without it, sensor noise would be blown up to full contrast.
        return centred / (deviation + 8.0)


class StandardizeFeatures(nn.Module):
    """Each feature to zero mean and unit deviation over the data set; the statistics are buffers."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        self.mean.copy_(values.mean(0))
        deviation = values.std(0)
        self.scale.copy_(torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def forward(self, values: Tensor) -> Tensor:
        return (values.float() - self.mean) / self.scale


def convolution(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    """Three by three, normalised over the batch, without what is negative."""
    return [
        Conv3x3(inputs, outputs, stride),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]
