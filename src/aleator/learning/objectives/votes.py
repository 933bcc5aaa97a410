"""Votes: what the voters say, and how much they differ."""

import torch
from torch import Tensor

from aleator.learning.objectives.cross_entropy import CrossEntropy
from aleator.learning.objectives.targets import as_weights
from aleator.uncertainty.gaussian_logits import log_softmax_draws

ONE_VOTE = 1.001
"""The weights of a soft label add up to a little more than one where they are rounded."""


class VoteLikelihood(CrossEntropy):
    """Cross-entropy of vote counts, and a spread of the logits that is doubt about how people would vote.

    `-sum_k n_k log p_k + strength * n * (E[1 - sum_k softmax(z)_k^2] - d)^2`, where `n_k` counts the votes, `p` is the
    expected softmax of the logits `z`, and `d` is the share of pairs of an example's votes that differ.

    From one label an example only `p` can be learned: a picture of which the network cannot tell whether it is sad or
    afraid, and one over which people quarrel, have the same. Two votes of one example tell them apart. `d` estimates
    how often two voters differ without a bias, however few votes there are, as their entropy would not. That doubt is
    better learned directly than read off a prediction: Raghu et al. (2019, arXiv 1807.01771).

    What reads the logits is `of_logits`, which the plain step adds; a label is one vote, and has no pairs.
    """

    def __init__(self, examples: int, classes: int, *, strength: float = 2.0) -> None:
        super().__init__(examples, classes)
        self.strength = strength

    def of_logits(self, mean: Tensor, spread: Tensor, targets: Tensor) -> Tensor:
        """The second term, `(example,)`, of Gaussian logits `(example, class)`."""
        votes = as_weights(targets, mean)
        count = votes.sum(1)
        observed = (count.square() - votes.square().sum(1)) / (count * (count - 1)).clamp(min=1)
        expected = 1 - log_softmax_draws(mean, spread).exp().square().sum(-1).mean(0)
        return self.strength * torch.where(count > ONE_VOTE, count, 0.0) * (expected - observed).square()
