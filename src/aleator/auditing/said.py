"""What was said of all examples, by networks or by learners: all that the judge and the table need."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.audits.info import ModelInfo
from aleator.learning.settings import TrainingSettings
from aleator.rows import blocks
from aleator.uncertainty.decomposition import Uncertainty, information_theoretic


@dataclass(frozen=True)
class Said:
    """What was said of all examples."""

    mean: NDArray[np.float32]
    """Of each logit, `(draw, example, class)`, as the spread. The first `unseen` draws are by who has not seen the
    example."""
    spread: NDArray[np.float32]
    unseen: int
    margin_history: NDArray[np.float32]
    """While training, `(member and epoch, example)`; NaN where nothing is known."""
    log_probs: NDArray[np.float64]
    """Log of each draw's expected softmax, `(draw, example, class)`."""
    embedding: NDArray[np.float32]
    """`(example, feature)`."""
    neighbours: NDArray[np.int64]
    distance: NDArray[np.float64]
    """To the neighbours, `(example,)`."""
    model: ModelInfo
    training: TrainingSettings | None = None
    """Of networks, as the next."""
    networks: tuple[NDArray[np.uint8], ...] = ()
    """Themselves, each as the content of a file of safetensors."""

    @cached_property
    def uncertainty(self) -> dict[str, NDArray[np.float64]]:
        """`total`, `aleatoric` and `epistemic` in nats, `(example,)` each."""
        draws, examples, classes = self.log_probs.shape
        found = {name: np.empty(examples) for name in Uncertainty._fields}
        for rows in blocks(examples, draws * classes):
            for name, part in information_theoretic(torch.from_numpy(self.log_probs[:, rows]))._asdict().items():
                found[name][rows] = part.numpy()
        return found
