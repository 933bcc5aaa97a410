"""Pictures as vectors without a trained network: how strongly small patches of their own kind occur, and where.

One layer of random patches (Coates, Ng & Lee 2011, "An analysis of single-layer networks in unsupervised feature
learning"; random ones serve as well as k-means, Thiry et al. 2021, arXiv 2101.07528): patches of the pictures at hand,
normalised and whitened, are laid over every place of each picture; what exceeds a threshold is summed in quarters of
the picture. No label is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional as F

PATCHES = 256
"""That pictures are compared with; each makes two features in each part of a picture, for it and for its negative."""
SIDE = 6
"""Of a patch, in pixels; of smaller pictures a third of the side (400 digits of 8 by 8 with a fifth of the labels
wrong: average precision .998, with a quarter of the side .984)."""
PARTS = 2
"""Of each side of a picture, in which responses are summed."""
LARGEST = 48
"""Pixels a side that pictures are brought down to."""
SAMPLED, SAMPLED_OF_EACH = 60_000, 40
"""Patches that the whitening is found on, and from each picture."""
FLAT = 0.03
"""Of the mean variance, added to that of each patch: what is all but flat is not blown up to full contrast."""
SHRINKAGE = 1.0
"""Added to the variances of normalised patches that are whitened."""
RARE = 0.9
"""Share of responses that are too weak to count."""
AT_ONCE, ON_GPU = 4, 256
"""Pictures whose responses fit into a processor's cache (with 64 it takes four times as long), and on a GPU."""


@dataclass(frozen=True)
class _Detectors:
    """What is laid over every place of a picture."""

    kernels: Tensor
    """`(patch, channel, height, width)`, without a mean."""
    offset: Tensor
    """`(patch,)`."""
    flat: float
    """Added to the variance of a patch."""
    threshold: float


def patch_features(
    pictures: NDArray[np.generic],
    *,
    flip: bool,
    seed: int = 0,
    device: torch.device | None = None,
    on_block: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float32]:
    """Square roots of the summed responses of each picture, `(example, feature)`.

    Args:
        pictures: `(example, channel, height, width)`.
        flip: a mirrored picture means the same: responses are those of both.
        device: where to compute; the processor unless told otherwise.
        on_block: told how many pictures are done, and how many there are.
    """
    device = device or torch.device("cpu")
    at_once = AT_ONCE if device.type == "cpu" else ON_GPU
    detectors = _detectors(pictures, Generator().manual_seed(seed))
    detectors = replace(detectors, kernels=detectors.kernels.to(device), offset=detectors.offset.to(device))
    made = []
    with torch.inference_mode():
        for start in range(0, len(pictures), at_once):
            some = _brought_down(pictures[start : start + at_once]).to(device)
            responses = _responses(some, detectors)
            if flip:
                responses = (responses + _responses(some.flip(3), detectors)) / 2
            made.append(responses.sqrt().cpu())
            on_block(min(start + at_once, len(pictures)), len(pictures))
    return torch.cat(made).numpy()


def _brought_down(pictures: NDArray[np.generic]) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(pictures)).float()
    size = [min(side, LARGEST) for side in values.shape[2:]]
    if size != list(values.shape[2:]):
        values = F.interpolate(values, size, mode="area")
    return values.contiguous(memory_format=torch.channels_last)


def _detectors(pictures: NDArray[np.generic], generator: Generator) -> _Detectors:
    """Some of the pictures' own patches, as far as they differ from what patches have in common."""
    patches, shape = _sampled(pictures, generator)
    patches = patches - patches.mean(1, keepdim=True)
    variances = patches.square().mean(1, keepdim=True)
    flat = max(FLAT * float(variances.mean()), 1e-6)
    patches = patches / (variances + flat).sqrt()
    centre = patches.mean(0)
    values, axes = torch.linalg.eigh(torch.cov(patches.T).reshape(len(centre), -1).double())
    whitening = ((axes / (values.clamp(min=0) + SHRINKAGE).sqrt()) @ axes.T).float()
    white = (patches - centre) @ whitening
    chosen = white[torch.randperm(len(white), generator=generator)[:PATCHES]]
    chosen = chosen / chosen.norm(dim=1, keepdim=True).clamp(min=1e-6)
    turned = chosen @ whitening
    kernels = (turned - turned.mean(1, keepdim=True)).reshape(-1, *shape)
    threshold = float(np.quantile((white[: 16 * PATCHES] @ chosen.T).abs().numpy(), RARE))
    return _Detectors(kernels.contiguous(memory_format=torch.channels_last), -turned @ centre, flat, threshold)


def _sampled(pictures: NDArray[np.generic], generator: Generator) -> tuple[Tensor, tuple[int, int, int]]:
    """Patches of random places in random pictures, `(patch, value)`, and the shape of one."""
    count = min(SAMPLED, SAMPLED_OF_EACH * len(pictures))
    of_picture = torch.randint(len(pictures), (count,), generator=generator).sort().values
    found = []
    for picture, places in zip(*torch.unique_consecutive(of_picture, return_counts=True), strict=True):
        whole = _brought_down(pictures[int(picture)][None])[0]
        height, width = (_side_of_patch(side) for side in whole.shape[1:])
        windows = whole.unfold(1, height, 1).unfold(2, width, 1)  # (channel, row, column, height, width)
        place = torch.randint(windows.shape[1] * windows.shape[2], (int(places),), generator=generator)
        row, column = place // windows.shape[2], place % windows.shape[2]
        found.append(windows[:, row, column].transpose(0, 1).flatten(1))
    return torch.cat(found), (len(whole), height, width)


def _side_of_patch(side: int) -> int:
    """Of pictures with so many pixels a side; single pixels would have no contrast."""
    return min(SIDE, side, max(2, round(side / 3)))


def _responses(pictures: Tensor, detectors: _Detectors) -> Tensor:
    """`(picture, feature)`, at least 0."""
    kernels = detectors.kernels
    mean = torch.full_like(kernels[:1], 1 / kernels[0].numel())
    centre, square = F.conv2d(pictures, mean), F.conv2d(pictures.square(), mean)
    variance = (square - centre.square()).clamp(min=0)
    response = F.conv2d(pictures, kernels) / (variance + detectors.flat).sqrt() + detectors.offset[:, None, None]
    parts = [-(-side // PARTS) for side in response.shape[2:]]
    signs = [F.relu(sign * response - detectors.threshold) for sign in (1, -1)]
    return torch.cat([F.avg_pool2d(one, parts, ceil_mode=True) for one in signs], dim=1).flatten(1)
