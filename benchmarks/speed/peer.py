"""What one would write without Aleator: three folds of the same network in plain PyTorch, then cleanlab.

`python -m benchmarks.speed.peer FILE [PASSES]` reads `pixels` (picture, height, width), `given` and `truth` from a .npz
file, and prints how cleanlab's label quality ranks the wrong labels.

It is the script of somebody who knows PyTorch: single precision, channels last, AdamW with one cycle of the rate,
pictures moved and mirrored.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from torch import Tensor, nn
from torch.nn import functional

from aleator.auditing.referee import detection_scores
from benchmarks.extras import import_extra

PASSES, BATCH, RATE = 12, 128, 3e-3
"""As many passes over the data as an audit takes; who trains for accuracy takes two or three times as many."""
SHIFT = 4
"""Pixels that a picture is moved at most."""


def network(classes: int) -> nn.Sequential:
    """The layers of `small_vgg`."""
    layers: list[nn.Module] = []
    widths = [(1, 32, 2), (32, 48, 1), (48, 96, 1), (96, 96, 1), (96, 192, 1), (192, 192, 1)]
    for place, (inputs, outputs, stride) in enumerate(widths):
        layers += [
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
        if place in (1, 3):
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(192, classes))


def fold_probabilities(
    pictures: Tensor, labels: Tensor, seen: Tensor, unseen: Tensor, classes: int, passes: int
) -> Tensor:
    """Train on what is seen; probabilities `(example, class)` of what is not."""
    model = network(classes)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05)
    steps = passes * (len(seen) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(passes):
        order = seen[torch.randperm(len(seen))]
        for rows in torch.split(order[: len(order) // BATCH * BATCH], BATCH):
            loss = functional.cross_entropy(model(moved(pictures[rows])), labels[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(pictures[rows]).softmax(1) for rows in torch.split(unseen, BATCH)])


def moved(pictures: Tensor) -> Tensor:
    """A random crop of the padded batch, and half of the pictures mirrored."""
    padded = functional.pad(pictures, (SHIFT,) * 4, mode="replicate")
    down, right = torch.randint(0, 2 * SHIFT + 1, (2,)).tolist()
    views = padded[:, :, down : down + pictures.shape[2], right : right + pictures.shape[3]]
    mirrored = torch.rand(len(views), 1, 1, 1) < 0.5
    return torch.where(mirrored, views.flip(3), views).contiguous(memory_format=torch.channels_last)


def run(pixels: NDArray[np.uint8], given: NDArray[np.int64], passes: int = PASSES) -> NDArray[np.float64]:
    """Cleanlab's label quality of each example."""
    torch.manual_seed(0)
    pictures = torch.from_numpy(pixels).float()[:, None]
    pictures = (pictures - pictures.mean()) / pictures.std()
    labels, classes = torch.from_numpy(given), int(given.max()) + 1
    probabilities = np.zeros((len(given), classes))
    for seen, unseen in StratifiedKFold(3, shuffle=True, random_state=0).split(given, given):
        made = fold_probabilities(pictures, labels, torch.from_numpy(seen), torch.from_numpy(unseen), classes, passes)
        probabilities[unseen] = made.numpy()
    quality = import_extra("cleanlab.rank").get_label_quality_scores(given, probabilities)
    return np.asarray(quality, dtype=np.float64)


def main(file: Path, passes: int = PASSES) -> None:
    with np.load(file) as arrays:
        pixels, given, truth = arrays["pixels"], arrays["given"], arrays["truth"]
    quality = run(pixels, given, passes)
    scores = detection_scores(1 - quality, given, truth)
    print(json.dumps({"auroc": scores.auroc, "average_precision": scores.average_precision}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
