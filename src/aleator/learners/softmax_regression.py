"""Many softmax regressions at once: all folds, draws and penalties of a cross-validation in the same matrix products.

They differ in their examples' weights and in their penalty, and share the examples; so each step of all of them is one
product with the examples and one with their transpose, in place of two small ones each. They are minimised by L-BFGS
(Liu & Nocedal 1989), each with a step length of its own, preconditioned by the curvature that balanced predictions
would have.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = Floats | sparse.csr_matrix
"""Examples `(example, feature)`, dense or sparse."""
Targets: TypeAlias = NDArray[np.int64] | Floats

MEMORY = 6
"""Steps that L-BFGS remembers."""
MOST_STEPS = 100
ENOUGH = 1e-4
SUFFICIENT_DECREASE, SHORTER = 1e-4, 1 / 3
FREE = 1e-4
"""Of the penalty, that of the intercept."""
MOST_CELLS = 40_000_000
"""Of logits, or of weights, that are held at once."""


def with_intercept(matrix: Matrix) -> Matrix:
    """The examples with a column of ones."""
    ones = np.ones((matrix.shape[0], 1), dtype=np.float32)
    if sparse.issparse(matrix):
        return sparse.csr_matrix(sparse.hstack([matrix, ones], format="csr"))
    return np.concatenate([matrix, ones], axis=1)


def fit_many(
    matrix: Matrix,
    targets: Targets,
    classes: int,
    weights: Floats,
    penalties: NDArray[np.floating[Any]],
    *,
    enough: float = ENOUGH,
) -> Floats:
    """Softmax regressions, `(feature, regression, class)`.

    Args:
        matrix: examples `(example, feature)`, the last feature the intercept (`with_intercept`).
        targets: labels `(example,)`, 0 to classes - 1, or distributions `(example, class)`; of an example of weight
            zero they do not matter.
        weights: of each example in each regression's loss, `(example, regression)`.
        penalties: of the squared weights, `(regression,)`; the precision of their normal prior.
        enough: a regression is done when a step lowers its loss by less than this share.
    """
    examples, features = matrix.shape
    regressions = weights.shape[1]
    wide = features if sparse.issparse(matrix) else max(examples, features)
    block = max(1, MOST_CELLS // (wide * classes * (2 if sparse.issparse(matrix) else 1)))
    result = np.empty((features, regressions, classes), dtype=np.float32)
    for start in range(0, regressions, block):
        some = slice(start, start + block)
        result[:, some] = _fit_block(matrix, targets, classes, weights[:, some], penalties[some], enough)
    return result


def _fit_block(
    matrix: Matrix,
    targets: Targets,
    classes: int,
    weights: Floats,
    penalties: NDArray[np.floating[Any]],
    enough: float,
) -> Floats:
    examples, features = matrix.shape
    regressions = weights.shape[1]
    size = np.ones((features, 1), dtype=np.float32)
    size[-1] = FREE
    penalty = (size * penalties).astype(np.float32)
    """`(feature, regression)`."""
    rows, hard = np.arange(examples), targets.ndim == 1

    def loss_and_gradient(point: Floats) -> tuple[NDArray[np.float64], Floats]:
        logits = np.asarray(matrix @ point.reshape(features, -1)).reshape(examples, regressions, classes)
        logits -= logits.max(axis=2, keepdims=True)
        own = logits[rows, :, targets] if hard else np.einsum("nrc,nc->nr", logits, targets)
        np.exp(logits, out=logits)
        total = logits.sum(axis=2)
        loss = (weights * (np.log(total) - own)).sum(axis=0, dtype=np.float64)
        logits /= total[:, :, None]
        if hard:
            logits[rows, :, targets] -= 1
        else:
            logits -= targets[:, None, :]
        logits *= weights[:, :, None]
        gradient = np.asarray(matrix.T @ logits.reshape(examples, -1)).reshape(point.shape)
        pull = penalty[:, :, None] * point
        loss += _inner(pull, point) / 2
        return loss, np.asarray(gradient + pull, dtype=np.float32)

    curvature = weights.sum(axis=0) * _mean_squares(matrix)[:, None] * (classes - 1) / classes**2 + penalty
    point = np.zeros((features, regressions, classes), dtype=np.float32)
    loss, gradient = loss_and_gradient(point)
    history: list[tuple[Floats, Floats, Floats]] = []
    length = np.ones(regressions, dtype=np.float32)
    for _ in range(MOST_STEPS):
        direction = _direction(gradient, history, curvature.astype(np.float32))
        slope = _inner(gradient, direction)
        step = length[:, None] * direction
        tried_loss, tried_gradient = loss_and_gradient(point + step)
        good = tried_loss <= loss + SUFFICIENT_DECREASE * length * slope + 1e-6 * np.abs(loss)
        gain = np.where(good, (loss - tried_loss) / np.maximum(np.abs(tried_loss), 1e-9), 1.0)
        moved = good[:, None]
        step, change = np.where(moved, step, 0), np.where(moved, tried_gradient - gradient, 0)
        bend = _inner(step, change)
        history.append((step, change, np.where(bend > 1e-10, 1 / np.maximum(bend, 1e-30), 0).astype(np.float32)))
        del history[:-MEMORY]
        point, gradient = point + step, gradient + change
        loss = np.where(good, tried_loss, loss)
        length = np.where(good, 1, length * SHORTER).astype(np.float32)
        if gain.max() < enough:
            break
    return point


def _direction(gradient: Floats, history: list[tuple[Floats, Floats, Floats]], curvature: Floats) -> Floats:
    """Of descent: minus the inverse Hessian that the remembered steps tell, times the gradient (two loops)."""
    result, along = gradient.copy(), []
    for step, change, inverse in reversed(history):
        share = inverse * _inner(step, result)
        result -= share[:, None] * change
        along.append(share)
    result /= curvature[:, :, None]
    if history:
        _, change, inverse = history[-1]
        squared = _inner(change / curvature[:, :, None], change)
        known = (inverse > 0) & (squared > 0)
        result *= np.where(known, 1 / np.maximum(inverse * squared, 1e-30), 1).astype(np.float32)[:, None]
    for (step, change, inverse), share in zip(history, reversed(along), strict=True):
        result += step * (share - inverse * _inner(change, result))[:, None]
    return -result


def _inner(left: Floats, right: Floats) -> Floats:
    """Inner products, one for each regression."""
    return np.asarray(np.einsum("frc,frc->r", left, right))


def _mean_squares(matrix: Matrix) -> Floats:
    """Of each feature, `(feature,)`."""
    if isinstance(matrix, np.ndarray):
        return np.asarray(np.einsum("nf,nf->f", matrix, matrix) / np.float32(len(matrix)))
    return np.asarray(matrix.multiply(matrix).mean(axis=0), dtype=np.float32).ravel()
