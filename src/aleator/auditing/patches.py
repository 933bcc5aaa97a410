"""Simple learners of what small patches of pictures show, heard beside networks.

They err in another way than networks, and need fewer examples.
"""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.auditing.hearing import Hearing
from aleator.auditing.judging import said_together
from aleator.learners import LabelledFolds, Material, draw_folds, hear
from aleator.learning.devices import pick_device
from aleator.noise.pooling import pooling_weights
from aleator.progress import Progress, silent
from aleator.vectors.dense import principal
from aleator.vectors.patches import patch_features
from aleator.workers import HERE, Workers


class Pooled(NamedTuple):
    """Networks and patches as one (a logarithmic pool)."""

    mean: NDArray[np.float32]
    """Of each logit, `(draw, example, class)`, as the spread."""
    spread: NDArray[np.float32]
    counted: str
    """What each counts, for people."""


def with_patches(
    hearing: Hearing,
    pictures: NDArray[np.generic],
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    unseen: int,
) -> Pooled:
    """What networks say, `(draw, example, class)`, of which the first `unseen` draws have not seen the example, pooled
    with what learners of patches say, which never have."""
    labels, together, settings = hearing.dataset.given_labels, hearing.together, hearing.settings
    heard = hear_patches(
        pictures,
        LabelledFolds(
            labels,
            hearing.classes,
            draw_folds(labels, together, settings.member_count, settings.seed),
            together,
            settings.seed,
        ),
        flip=settings.flip,
        device=pick_device(settings.device),
        folder=hearing.unfinished / "patches",
        on=hearing.workers,
        progress=hearing.progress,
    )
    of_networks, of_patches = _weights(heard, mean, spread, unseen, labels)
    beside = of_patches * heard[np.arange(len(mean)) % len(heard)]
    return Pooled(
        of_networks * mean + beside,
        of_networks * spread,
        f"networks {of_networks:.2f}, simple learners of patches {of_patches:.2f}",
    )


def _weights(
    heard: NDArray[np.float32],
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    unseen: int,
    labels: NDArray[np.int64],
) -> NDArray[np.float32]:
    """What networks and patches count, `(2,)`: halfway between two ways to make the given labels most probable.

    Networks are judged together, also those that have seen an example. Beside those alone that have not, patches count
    too much; beside all of them too little, since not all that they memorised is taken back.
    """
    if not heard.any():
        return np.array([1, 0], np.float32)
    by_patches = heard.mean(axis=0)
    networks = said_together(mean[:unseen], spread[:unseen], labels), said_together(mean, spread, labels, unseen)
    found = [pooling_weights([one, by_patches], labels) for one in networks]
    return np.asarray(np.mean(found, axis=0), np.float32)


def hear_patches(
    pictures: NDArray[np.generic],
    asked: LabelledFolds,
    *,
    flip: bool,
    device: torch.device,
    folder: Path | None = None,
    on: Workers = HERE,
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """What the learners of vectors say of pictures `(example, channel, height, width)` by their patches: pooled
    log-probabilities of each draw, `(draw, example, class)`; zeros where patches do not tell pictures apart, as of
    pictures in one colour each. `folder` keeps what each said."""
    features = patch_features(
        pictures, flip=flip, seed=asked.seed, device=device, on_block=partial(progress, "looking at patches")
    )
    material = Material(principal(features, asked.seed))
    if not material.dense.shape[1]:
        return np.zeros((asked.folds.draws, len(asked.labels), asked.classes), np.float32)
    return hear(material, asked, folder=folder, on=on, on_learner=partial(progress, "learning from patches")).log_probs
