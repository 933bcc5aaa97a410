"""Weight averaging: the network that is kept is a running mean of the one that is trained."""

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of all parameters and buffers (Polyak & Juditsky 1992; Tarvainen & Valpola 2017).

    The decay rises to its value with the steps, `min(decay, (1 + step) / (10 + step))`, so that the start is soon
    forgotten. Statistics of batch normalisation are averaged like weights.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        for name, value in network.state_dict().items():
            mean: Tensor = self.state[name]
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)
