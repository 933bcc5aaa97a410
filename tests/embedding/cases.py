"""Small networks and data sets for the tests of features."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from aleator.data import ImageFiles, LabelledDataset
from aleator.embedding import Preprocessing

SMALL = Preprocessing(16, 16, scale=1.0, mean=(0.5,), std=(0.25,))


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Counting:
    """The mean of each picture's rows; counts the batches and examples that it was asked for."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.batches, self.examples, self.stop_after = 0, 0, stop_after

    def __call__(self, batch: Tensor) -> Tensor:
        if self.stop_after is not None and self.batches >= self.stop_after:
            raise KeyboardInterrupt
        self.batches += 1
        self.examples += len(batch)
        return batch.mean(dim=(1, 3))


def picture_files(folder: Path, count: int = 12, side: int = 20, mode: str = "L") -> LabelledDataset:
    """Noise pictures of two classes."""
    random = np.random.default_rng(3)
    folder.mkdir(exist_ok=True)
    names = [f"{row:03}.png" for row in range(count)]
    for name in names:
        shape = (side, side) if mode == "L" else (side, side, 3)
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(folder / name)
    return LabelledDataset(
        name="pictures",
        path=str(folder),
        ids=np.array(names),
        source=ImageFiles(folder, tuple(names)),
        given_labels=np.arange(count) % 2,
        class_names=("a", "b"),
    )
