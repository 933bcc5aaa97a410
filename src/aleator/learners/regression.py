"""Regressions that are kept, to predict other examples: linear and by similarities, together, and not misled by labels
that are wrong."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import log_softmax, softmax

from aleator.evidence.neighbours import VOTERS, neighbour_vote
from aleator.learners.folds import Folds, draw_folds
from aleator.learners.hear import MOST_FOR_KERNEL_CLASSES
from aleator.learners.kernel import Similarities
from aleator.learners.linear import MOST_TO_FIT, ROUGHLY, fit_folds, linear, out_of_fold
from aleator.learners.softmax_regression import FREE, Floats, Targets, fit_many, with_intercept
from aleator.models.backbones.regression import REGRESSION, RegressionFeatures
from aleator.models.network import Network, NetworkSpec
from aleator.neighbours.search import nearest_neighbours
from aleator.noise.label_noise import LabelNoise
from aleator.noise.likelihood import ENOUGH, estimate_corrected
from aleator.noise.pooling import pooling_weights
from aleator.rows import evenly
from aleator.vectors.dense import PrincipalAxes, fit_principal, whitened

COLD, MOST_DOUBT = 0.3, 0.25
"""Of the posterior's deviation, and of the logits' own, which no draw deviates more by. A cold posterior (Wenzel et al.
2020, arXiv 2002.02405): the penalty that predicts best is less than a prior would be. With all of it the log loss of
digits, a fifth of whose labels were moved to the next digit, was .560, with the best weights alone .407."""
ALONE = 0.5
"""Of the logits' deviation, for what the kernel leaves open far from all landmarks. Noise has 9 to 12 times the
epistemic uncertainty of these digits, and without this .2 to 2.4 times; the log loss is the same."""
FEWEST_DRAWS = 4
"""Fewer say too little of what is not known."""
NO_SPREAD = -20.0
"""Of the head, before its softplus: what a regression does not know shows in how the draws differ."""


@dataclass(frozen=True)
class Regressions:
    """What was fitted."""

    networks: tuple[Network, ...]
    """One for each draw; their embedding is the place along principal axes, then the kernel's features."""
    noise: LabelNoise | None
    """How the labels err, where that was asked for."""
    log_probs: NDArray[np.float32]
    """Of each example by who has not seen its label, `(example, class)`."""


def fit_regressions(
    features: NDArray[np.floating],
    targets: Targets,
    classes: int,
    *,
    draws: int,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float32] | None = None,
    through_noise: bool = False,
    seed: int = 0,
) -> Regressions:
    """Softmax regressions on features `(example, feature)`, one for each draw from the posterior of their weights.

    Each is two, on the principal axes and on similarities to some examples, whose logits are added. Their penalties and
    what each counts are those under which labels that were left out are most probable. Of many examples `MOST_TO_FIT`
    are fitted, evenly spread.

    Args:
        targets: labels `(example,)` or distributions `(example, class)`.
        groups: of copies `(example,)`, -1 stands alone: they are left out together.
        weights: of each example in the losses, `(example,)`.
        through_noise: fit what is believed of the true labels, from the labels and from what regressions say that have
            not seen them, in place of the labels themselves.
    """
    rows = evenly(np.arange(len(targets)), MOST_TO_FIT)
    if len(rows) < len(targets):
        features, targets = features[rows], targets[rows]
        groups = None if groups is None else groups[rows]
        weights = None if weights is None else weights[rows]
    labels = np.asarray(targets if targets.ndim == 1 else targets.argmax(axis=1), dtype=np.int64)
    groups = np.full(len(labels), -1) if groups is None else groups
    axes = fit_principal(features, seed)
    places = axes.of(features)
    forms = [places]
    kernel = None
    if classes <= MOST_FOR_KERNEL_CLASSES:
        kernel = Similarities(places, seed)
        forms.append(kernel[:])
    weight = np.ones(len(labels), dtype=np.float32) if weights is None else weights
    folds = draw_folds(labels, groups, 1, seed)
    folds = Folds(folds.fold, folds.weight * weight)
    opinions = [linear(form, labels, classes, folds) for form in forms]
    said = [opinion.log_probs[0] for opinion in opinions]
    counts = pooling_weights(said, labels)
    log_probs, noise = _pooled(said, counts), None
    if through_noise:
        forms_and_penalties = [(form, one.penalty) for form, one in zip(forms, opinions, strict=True)]
        targets, noise, log_probs = _beliefs(places, forms_and_penalties, said, labels, classes, groups, folds)
    size = float((log_probs - log_probs.mean(axis=1, keepdims=True)).std())
    fitted = [
        _draws(with_intercept(form), targets, classes, weight, opinion.penalty, count, size, draws, [seed, place])
        for place, (form, opinion, count) in enumerate(zip(forms, opinions, counts, strict=True))
    ]
    alone = np.zeros((draws, 1, classes), dtype=np.float32)
    if kernel is not None:
        deviation = ALONE * size
        alone += deviation * _both_sides(np.random.default_rng([seed, 2]).normal(size=(draws // 2, 1, classes)), draws)
    backbone = _backbone(axes, kernel, float(np.linalg.norm(places, axis=1).max()))
    networks = tuple(_network(backbone, [of_all[draw] for of_all in fitted], alone[draw]) for draw in range(draws))
    return Regressions(networks, noise, log_probs.astype(np.float32))


def _beliefs(
    places: Floats,
    forms: list[tuple[Floats, float]],
    said: list[Floats],
    labels: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64],
    folds: Folds,
) -> tuple[Floats, LabelNoise, NDArray[np.float64]]:
    """What is believed of the true labels `(example, class)`, how the given ones err, and the log-probabilities that
    both rest on, by who has not seen the label.

    Neighbours have a say here. What is believed is learned once more in place of the labels, and what that predicts is
    heard in place of what the labels taught: digits with 30 % moved to the next, accuracy .819 without either, .888
    with neighbours and .908 with both.
    """
    votes = []
    for where in (places, whitened(places)):
        votes.append(neighbour_vote(nearest_neighbours(where, groups, count=VOTERS).rows, labels, classes))
    some = evenly(np.arange(len(labels)), ENOUGH)
    for again in (True, False):
        heard = [*said, *votes]
        log_probs = _pooled(heard, pooling_weights(heard, labels))
        noise = estimate_corrected(log_probs[some], labels[some])
        believed = noise.posterior(log_probs, labels).astype(np.float32)
        if again:
            fits = [fit_folds(with_intercept(form), believed, classes, folds, p, ROUGHLY) for form, p in forms]
            said = [out_of_fold(form, fit, folds)[0] for (form, _), fit in zip(forms, fits, strict=True)]
    return believed, noise, log_probs


def _pooled(said: list[Floats], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities `(example, class)`."""
    return np.asarray(log_softmax(np.tensordot(counts, said, axes=1).astype(np.float64), axis=1))


def _draws(
    matrix: Floats,
    targets: Targets,
    classes: int,
    weight: NDArray[np.float32],
    penalty: float,
    count: float,
    size: float,
    draws: int,
    seed: list[int],
) -> Floats:
    """Weights `(draw, feature, class)` from the Laplace approximation of their posterior, around the best ones.

    All classes share one covariance, from the mean of their curvatures; see `COLD`. Draws come in pairs on either side
    of the best weights, so that their mean is these. `count` is what the regression counts in the pool, `size` the
    deviation of the pool's logits.
    """
    best = fit_many(matrix, targets, classes, weight[:, None], np.array([penalty]))[:, 0]
    probs = softmax(matrix @ best, axis=1)
    curvature = weight * (probs * (1 - probs)).mean(axis=1)
    precision = (matrix.T @ (matrix * curvature[:, None])).astype(np.float64)
    precision[np.diag_indices(len(precision))] += penalty * np.append(np.ones(len(precision) - 1), FREE)
    root = np.linalg.cholesky(precision)
    noise = np.random.default_rng(seed).normal(size=(len(precision), (draws // 2) * classes))
    moved = solve_triangular(root, noise, lower=True, trans="T").reshape(len(precision), -1, classes)
    moved = np.moveaxis(moved, 1, 0).astype(np.float32)
    typical = count * float((matrix @ moved).std()) if draws > 1 else 1.0
    factor = min(COLD, MOST_DOUBT * size / max(typical, 1e-9))
    return np.asarray(count * (best + factor * _both_sides(moved, draws)), dtype=np.float32)


def _both_sides(half: NDArray[np.floating], draws: int) -> NDArray[np.floating]:
    """Half of the draws `(draw // 2, ...)`, their negatives and, where their number is odd, zero."""
    middle = np.zeros((draws % 2, *half.shape[1:]))
    return np.concatenate([half, -half, middle])


def _backbone(axes: PrincipalAxes, kernel: Similarities | None, reach: float) -> RegressionFeatures:
    landmarks, similarities = (0, 0) if kernel is None else kernel.projection.shape
    features, count = axes.axes.shape
    backbone = RegressionFeatures(features, count, landmarks, similarities)
    values = {"mean": axes.mean, "scale": 1 / axes.deviation, "axes": axes.axes, "reach": np.array(reach)}
    if kernel is not None:
        turned = {"projection": kernel.projection @ kernel.axes, "centre": kernel.centre @ kernel.axes}
        values |= {"landmarks": kernel.landmarks, "width": np.array(kernel.width), **turned}
    tensors = {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in values.items()}
    backbone.load_state_dict(backbone.state_dict() | tensors)
    return backbone


def _network(backbone: RegressionFeatures, weights: list[Floats], alone: Floats) -> Network:
    """One draw as a network: `weights` are `(feature, class)` of each form of the examples, the last the intercept;
    `alone` `(1, class)` those of the feature that says how far an example is from all landmarks."""
    classes = weights[0].shape[1]
    features, axes = backbone.axes.shape
    sizes = (axes, *backbone.projection.shape)
    network = Network(NetworkSpec(REGRESSION, (features,), classes, dropout=0.0, sizes=sizes), backbone)
    head = network.head.linear
    with torch.no_grad():
        head.weight[:classes] = torch.from_numpy(np.concatenate([*(one[:-1] for one in weights), alone]).T)
        head.bias[:classes] = torch.from_numpy(np.sum([one[-1] for one in weights], axis=0))
        head.weight[classes:] = 0
        head.bias[classes:] = NO_SPREAD
    return network.eval()
