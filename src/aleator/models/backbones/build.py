"""A backbone by its name, and what it makes of examples."""

import torch
from torch import nn

from aleator.errors import AleatorError
from aleator.models.backbones import BACKBONES
from aleator.models.backbones.regression import REGRESSION, RegressionFeatures


def build_backbone(name: str, shape: tuple[int, ...], sizes: tuple[int, ...] = ()) -> nn.Module:
    """A backbone by name for examples of `shape`: `(channel, height, width)` or `(feature,)`; `sizes` are those of the
    features of a regression. Raises AleatorError for a name that is unknown.
    """
    if name == REGRESSION:
        return RegressionFeatures(*shape, *sizes)
    if name not in BACKBONES:
        raise AleatorError(f"There is no backbone {name!r}; choose {', '.join(BACKBONES)}.")
    return BACKBONES[name](shape)


@torch.no_grad()
def embedding_size(backbone: nn.Module, shape: tuple[int, ...]) -> int:
    """Features that a backbone makes of an example of `shape`; found by trying one.

    Raises AleatorError when it does not take such examples, or makes something else than `(example, feature)`.
    """
    training = backbone.training
    try:
        embedding = backbone.eval()(torch.zeros(1, *shape))
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise AleatorError(f"The backbone does not take examples of shape {shape}: {error}") from error
    finally:
        backbone.train(training)
    if embedding.ndim != 2:
        raise AleatorError(
            f"The backbone makes {tuple(embedding.shape)} of one example; wanted are feature vectors (1, feature): "
            "add a mean over all places and nn.Flatten()."
        )
    return int(embedding.shape[1])
