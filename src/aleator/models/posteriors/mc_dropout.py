"""MC-dropout: the masks of training, drawn again for prediction."""

from dataclasses import dataclass

from torch import Tensor, nn

from aleator.errors import AleatorError
from aleator.models.posteriors.surgery import Varying, VaryingPosterior, replace

KINDS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


class DrawnDropout(Varying):
    """Dropout that in a draw keeps one mask for all examples."""

    def __init__(self, plain: nn.Dropout, rate: float) -> None:
        super().__init__()
        self.rate, self.whole_channels = rate, not isinstance(plain, nn.Dropout)
        self.plain = type(plain)(rate)

    def forward(self, inputs: Tensor) -> Tensor:
        if self.chosen is None:
            answer: Tensor = self.plain(inputs)
            return answer
        shape = inputs.shape[1:2] + (1,) * (inputs.ndim - 2) if self.whole_channels else inputs.shape[1:]
        kept = self.noise(shape, inputs, uniform=True) >= self.rate
        return inputs * kept / (1 - self.rate)


@dataclass(frozen=True)
class MCDropout(VaryingPosterior):
    """Gal & Ghahramani (2016, arXiv 1506.02142). Costs nothing to train; its doubt is often too small far away.

    Acts on dropout modules; dropout by a function call cannot be found.
    """

    draws: int = 16
    rate: float | None = None
    """Share that is dropped, 0 to below 1; by default each module keeps its own."""

    def prepare(self, network: nn.Module) -> None:
        remedy = "give the network an nn.Dropout, for example before its last layer, or choose another posterior."
        replace(network, KINDS, lambda plain: DrawnDropout(plain, self._rate(plain)), remedy=remedy)
        modules = [module for module in network.modules() if isinstance(module, DrawnDropout)]
        if self.rate is None and all(module.rate == 0 for module in modules):
            raise AleatorError(f"Every dropout of {type(network).__name__} has rate 0: {remedy}")

    def _rate(self, plain: nn.Dropout) -> float:
        return plain.p if self.rate is None else self.rate
