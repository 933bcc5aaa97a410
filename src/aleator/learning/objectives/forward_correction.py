"""Forward correction: what the labels would look like, if what the network says were true."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from aleator.uncertainty.gaussian_logits import log_likelihood


class ForwardCorrection(nn.Module):
    """`-sum_k t_k log sum_j p_j T_jk` with the confusion `T`, `(true, given)` (Patrini et al. 2017, 1609.03683, eq. 6).

    Whoever minimises it with the right confusion predicts the true label, not the given one. Without one it is
    cross-entropy. `floor` is the share of labels taken to be given blindly: nothing is then impossible.

    Raises ValueError when the confusion is not `(class, class)` with a distribution in each row.
    """

    log_confusion: Tensor

    def __init__(
        self, examples: int, classes: int, *, confusion: Sequence[Sequence[float]] | None = None, floor: float = 1e-3
    ) -> None:
        super().__init__()
        matrix = torch.eye(classes) if confusion is None else torch.as_tensor(confusion, dtype=torch.float32)
        fits = matrix.shape == (classes, classes) and bool((matrix >= 0).all())
        if not fits or not torch.allclose(matrix.sum(1), torch.ones(classes), atol=1e-3):
            raise ValueError(
                f"the confusion must be ({classes}, {classes}) with a distribution over labels in each row"
            )
        self.register_buffer("log_confusion", ((1 - floor) * matrix + floor / classes).log())

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        log_given = torch.logsumexp(log_probs[:, :, None] + self.log_confusion, dim=1)
        return -log_likelihood(log_given, targets)
