"""A backbone by its name, and what it makes of examples."""

import torch
from torch import nn

from aleator.errors import AleatorError, MissingExtraError
from aleator.models.backbones import BACKBONES, TIMM
from aleator.models.backbones.layers import StandardizeImage


def build_backbone(name: str, shape: tuple[int, ...]) -> nn.Module:
    """A backbone by name for examples of `shape`: `(channel, height, width)` or `(feature,)`.

    `timm:NAME` is one of the timm library's, with random weights and without its head. Raises AleatorError for a name
    that is unknown and MissingExtraError without timm.
    """
    if name.startswith(TIMM):
        return _from_timm(name.removeprefix(TIMM), shape)
    if name not in BACKBONES:
        raise AleatorError(f"There is no backbone {name!r}; choose {', '.join(BACKBONES)}, or timm:NAME.")
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


def _from_timm(name: str, shape: tuple[int, ...]) -> nn.Module:
    if len(shape) != 3:
        raise AleatorError(f"timm:{name} takes pictures, and the examples are feature vectors; leave --backbone out.")
    try:
        import timm
    except ImportError as error:
        raise MissingExtraError(
            f"timm:{name} needs timm, which is not installed; run: pip install 'aleator[timm]'"
        ) from error
    options = {"pretrained": False, "num_classes": 0, "in_chans": shape[0]}
    try:
        try:
            body = timm.create_model(name, img_size=shape[1:], **options)  # transformers must know it
        except TypeError:
            body = timm.create_model(name, **options)
    except (RuntimeError, AssertionError) as error:
        raise AleatorError(f"timm cannot build {name!r}: {error}") from error
    return nn.Sequential(StandardizeImage(), body)
