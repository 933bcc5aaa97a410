"""Random views of pictures, a whole batch at once, from an explicit generator."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from aleator.learning.settings import Augmentation


def random_views(
    images: Tensor, augmentation: Augmentation, generator: torch.Generator, *, scale: float = 1.0
) -> Tensor:
    """Turn, zoom, shift and mirror each image of `(example, channel, height, width)` at random.

    With a `scale` below 1 the views are about so much smaller than the images: their sides are multiples of 4, which
    can be halved twice.
    """
    count = len(images)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator).to(images.device) * 2 - 1

    angle, zoom = uniform(count) * augmentation.rotation, 1 + uniform(count) * augmentation.zoom
    mirror = torch.where(uniform(count) < 0, -1.0, 1.0) if augmentation.flip else torch.ones_like(angle)
    shift = uniform(count, 2) * augmentation.shift * 2  # affine_grid measures from -1 to 1
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    transform = torch.stack(
        [
            torch.stack([cosine * mirror, -sine, shift[:, 0]], 1),
            torch.stack([sine * mirror, cosine, shift[:, 1]], 1),
        ],
        1,
    )
    size = [side if scale == 1 else min(side, max(4, 4 * round(scale * side / 4))) for side in images.shape[2:]]
    grid = F.affine_grid(transform, [*images.shape[:2], *size], align_corners=False)
    views = F.grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return views if augmentation.erase == 0 else _erase(views, augmentation.erase, generator)


def _erase(images: Tensor, largest: float, generator: torch.Generator) -> Tensor:
    """Paint a rectangle of each picture over (Zhong et al. 2017, arXiv 1708.04896)."""
    count, _, height, width = images.shape
    random = torch.rand((4, count, 1), generator=generator).to(images.device)

    def covered(size: int, side: Tensor, place: Tensor) -> Tensor:
        start = place * (size - side)
        position = torch.arange(size, device=images.device)
        return (position >= start) & (position < start + side)

    down = covered(height, random[0] * largest * height, random[1])
    across = covered(width, random[2] * largest * width, random[3])
    hole = (down[:, :, None] & across[:, None, :])[:, None]
    return torch.where(hole, images.mean((2, 3), keepdim=True), images)


def cosine_one_cycle(step: int, steps: int, warmup: float = 0.25) -> float:
    """Share of the peak learning rate at `step`: up over the first quarter, then down along a cosine."""
    progress = step / max(1, steps)
    if progress < warmup:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * progress / warmup))
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
