"""The features of a regression: principal axes, and similarities to some of the examples. Nothing of it is trained."""

import torch
from torch import Tensor, nn

REGRESSION = "regression"
"""The name of a network whose backbone this is, and whose head is a regression on it."""


class RegressionFeatures(nn.Module):
    """From vectors `(example, feature)` to their place along principal axes beside a Gaussian kernel's features.

    The same as `vectors.dense.PrincipalAxes` and, of what that makes, `learners.kernel.Similarities`. What lies farther
    out than all that was learned from is moved there (`reach`): a line goes on to all certainty where nothing is known.
    The last feature says how far an example is from all landmarks, 0 to 1: what the kernel leaves open there.
    """

    mean: Tensor
    scale: Tensor
    axes: Tensor
    reach: Tensor
    landmarks: Tensor
    width: Tensor
    projection: Tensor
    centre: Tensor

    def __init__(self, features: int, axes: int, landmarks: int, similarities: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.register_buffer("axes", torch.zeros(features, axes))
        self.register_buffer("reach", torch.full((), torch.inf))
        self.register_buffer("landmarks", torch.zeros(landmarks, axes))
        self.register_buffer("width", torch.ones(()))
        self.register_buffer("projection", torch.zeros(landmarks, similarities))
        self.register_buffer("centre", torch.zeros(similarities))

    def forward(self, values: Tensor) -> Tensor:
        # In double precision: the projection makes much of small differences.
        exact = torch.float32 if values.device.type == "mps" else torch.float64
        places = ((values.to(exact) - self.mean) * self.scale) @ self.axes.to(exact)
        length = places.square().sum(1, keepdim=True).sqrt()
        places = places * (self.reach / length.clamp(min=1e-12)).clamp(max=1)
        landmarks = self.landmarks.to(exact)
        squares = places.square().sum(1, keepdim=True) + landmarks.square().sum(1) - 2 * places @ landmarks.T
        near = torch.exp(-squares.clamp(min=0) / self.width.to(exact)) @ self.projection.to(exact)
        alone = (1 - near.square().sum(1, keepdim=True)).clamp(min=0).sqrt()
        return torch.cat([places, near - self.centre, alone], dim=1).float()
