"""What the data leave open, and what the model does not know."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aleator.uncertainty.gaussian_logits import fixed_draws, log_expected_softmax, log_softmax_draws


class Uncertainty(NamedTuple):
    """Three parts in nats, each `(example,)`: `total = aleatoric + epistemic`."""

    total: Tensor
    aleatoric: Tensor
    epistemic: Tensor


def information_theoretic(log_probs: Tensor) -> Uncertainty:
    """Entropy of the mean distribution, mean entropy of the draws, and their difference, the mutual information.

    Takes log-probabilities `(draw, example, class)`. The epistemic part is zero when the draws agree (Depeweg et al.
    2018, arXiv 1710.07283, eq. 3).
    """
    # Relative to the greatest, so that equal draws have themselves as mean, to the last bit.
    top = log_probs.amax(dim=0).clamp(min=torch.finfo(log_probs.dtype).min)
    mean = top + (log_probs - top).exp().mean(dim=0).log()
    total = torch.special.entr(mean.exp()).sum(dim=-1)
    # Each draw is compared with the mean by terms that are all positive and of second order, so that a disagreement
    # in the last digits is not lost: p log(p / m) - p + m, whose last two parts add up to nothing.
    excess = torch.where(log_probs == -torch.inf, -torch.inf, log_probs - mean)
    terms = torch.where(excess == -torch.inf, 1.0, excess * excess.exp() - torch.expm1(excess))
    divergence = (mean.exp() * terms).sum(dim=-1)
    epistemic = torch.minimum(divergence.mean(dim=0).clamp(min=0), total)
    return Uncertainty(total, total - epistemic, epistemic)


def gaussian_logits(mean: Tensor, spread: Tensor, *, points: int = 64) -> Uncertainty:
    """Split by a Gaussian fitted to the draws of the logits, for mean and spread `(draw, example, class)`.

    Valdenegro-Toro & Saromo Mori (2022, arXiv 2204.09308) give the logits one variance from within the draws,
    `A = mean_t spread_t^2`, and one from between them, `E = var_t mean_t`, and report the entropy of the expected
    softmax with `A` alone and with `E` alone. The second is not zero when the draws agree: it is then the entropy of
    the plain softmax, so that label noise counts as epistemic. Here, with `z ~ N(mean_t mean_t, E)`,

        total     = entropy of E_z[p(z)],   p(z) = expected softmax of N(z, A),
        epistemic = total - E_z[entropy of p(z)],

    the mutual information between the class and `z`: exactly zero when the draws agree, and smooth in `E`, where
    `information_theoretic` is bounded by the log of the number of draws. A shift of all logits of a draw, which no
    softmax sees, is no disagreement. With more than one draw, `E` is the unbiased estimate.

    `points` quasi-random values of `z` make the expectation; the cost is that of as many expected softmaxes.
    """
    draws, _, classes = mean.shape
    centred = mean - mean.mean(dim=-1, keepdim=True)
    # Relative to the first draw: draws that agree then have a variance of exactly zero.
    variation = centred - centred[0]
    between = variation.var(dim=0, correction=1 if draws > 1 else 0).sqrt()
    centre = centred[0] + variation.mean(dim=0)
    within = (spread**2).mean(dim=0).sqrt()
    noise = fixed_draws(points, classes, centre)

    def values(rows: Tensor) -> Tensor:
        logits = centre[rows] + between[rows] * noise
        return log_expected_softmax(logits, within[rows].expand(logits.shape))

    return _in_blocks(values, len(centre), max(1, 2**18 // classes))


def of_voters(mean: Tensor, spread: Tensor) -> Uncertainty:
    """Split where the spread of the logits is doubt about how people would vote, `(member, example, class)`.

    Each draw of the logits is one way in which all of them might vote: its entropy is how much they differ, which is
    aleatoric, and what the draws of all members do not agree about is epistemic. Total is the entropy of one voter's
    answer. Such a spread is learned by the objective `votes`; elsewhere it counts as aleatoric.
    """

    def draws(rows: Tensor) -> Tensor:
        return log_softmax_draws(mean[:, rows].double(), spread[:, rows].double()).flatten(0, 1)

    return _in_blocks(draws, mean.shape[1], max(1, 2**14 // mean.shape[2]))


def _in_blocks(log_probs_of: Callable[[Tensor], Tensor], examples: int, size: int) -> Uncertainty:
    """`information_theoretic` of so many rows at a time that their draws fit in memory."""
    parts = [information_theoretic(log_probs_of(rows)) for rows in torch.split(torch.arange(examples), size)]
    total, aleatoric, epistemic = (torch.cat(part) for part in zip(*parts, strict=True))
    return Uncertainty(total, aleatoric, epistemic)


def regression(mean: Tensor, spread: Tensor) -> Uncertainty:
    """Split the variance of a regression, in squared units of the target, for draws `(draw, ...)`.

    The law of total variance: aleatoric is the mean of the draws' variances, epistemic the variance of their means
    (unbiased with more than one draw), and they add up to the total.
    """
    aleatoric = (spread**2).mean(dim=0)
    variation = mean - mean[0]
    epistemic = variation.var(dim=0, correction=1 if len(mean) > 1 else 0)
    return Uncertainty(aleatoric + epistemic, aleatoric, epistemic)
