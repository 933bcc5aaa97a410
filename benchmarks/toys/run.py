"""The two toy problems of the field, as pictures.

Two moons: where a classifier is unsure because the classes overlap, and where because it has seen nothing. And
`x sin x` with noise that grows with x: a regression that knows its noise, and doubts itself outside of the data.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import make_moons
from torch import Tensor, nn

from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.prediction import predict_draws
from aleator.learning.settings import TrainingSettings
from aleator.models.network import NetworkSpec
from aleator.progress import Progress, silent
from aleator.uncertainty.decomposition import Uncertainty, information_theoretic, regression
from aleator.uncertainty.gaussian_logits import log_expected_softmax, spread_from_raw
from aleator.uncertainty.gaussian_regression import beta_nll, gaussian_nll
from benchmarks.figures import Axis, Panel, Series, figure

SHOWN = ("deep_ensemble", "mc_dropout", "last_layer_laplace", "swag", "duq")
MEMBERS = 5
CELLS = 36
X_RANGE, Y_RANGE = (-2.5, 3.5), (-2.0, 2.5)
LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "likelihood": gaussian_nll,
    "beta likelihood": partial(beta_nll, beta=0.5),
}


def run(*, seed: int = 0, progress: Progress = silent) -> dict[str, str]:
    """Train on both problems; returns the text of an SVG file for each."""
    progress("two moons", 0, 1)
    moons = two_moons(seed)
    progress("two moons", 1, 1)
    progress("x sin x", 0, 1)
    sine = x_sin_x(seed)
    progress("x sin x", 1, 1)
    return {"two_moons": moons, "x_sin_x": sine}


def two_moons(seed: int) -> str:
    """Aleatoric uncertainty of the ensemble, and the epistemic one of several posteriors."""
    values, labels = make_moons(400, noise=0.25, random_state=seed)
    values, labels = values.astype(np.float32), labels.astype(np.int64)
    across, up = (np.linspace(*reach, CELLS, dtype=np.float32) for reach in (X_RANGE, Y_RANGE))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    found = {name: _uncertainty(name, values, labels, grid, seed) for name in SHOWN}
    points = [
        Series("", values[labels == label, 0], values[labels == label, 1], label, "points") for label in (0, 1)
    ]  # fmt: skip

    def panel(title: str, heat: Tensor) -> Panel:
        cells = heat.numpy().reshape(CELLS, CELLS)
        # Nats against the greatest possible for two classes.
        return Panel(title, Axis("", *X_RANGE), Axis("", *Y_RANGE), points, heat=cells / np.log(2))

    panels = [panel("aleatoric, deep ensemble", found["deep_ensemble"].aleatoric)]
    panels += [panel(f"epistemic, {name}", found[name].epistemic) for name in SHOWN]
    return figure(panels, columns=3)


def _uncertainty(
    name: str, values: NDArray[np.float32], labels: NDArray[np.int64], grid: NDArray[np.float32], seed: int
) -> Uncertainty:
    spec = NetworkSpec("mlp", (2,), 2, posterior=name)
    settings = TrainingSettings(epochs=30, batch_size=40, objective="cross_entropy")
    device, rows = torch.device("cpu"), np.arange(len(values))
    draws = []
    job = TrainingJob(spec, values, labels, settings, device)
    for member in range(MEMBERS if name == "deep_ensemble" else 1):
        network, _ = train_network(job, Task(seed + member, rows))
        draws.append(predict_draws(network, grid, flip=False, device=device, seed=seed)[1])
    mean, spread = torch.from_numpy(np.concatenate(draws, axis=1))
    return information_theoretic(log_expected_softmax(mean, spread))


def x_sin_x(seed: int) -> str:
    """Mean, noise and doubt of an ensemble of two-head networks, for both losses."""
    random = np.random.default_rng(seed)
    x = random.uniform(0, 10, 400)
    y = x * np.sin(x) + 0.3 * random.normal(size=400) * (1 + x)
    shown = np.linspace(-2, 14, 160)
    panels = []
    for name, loss in LOSSES.items():
        mean, spread = _regressions(x, y, shown, loss, seed)
        parts, centre = regression(mean, spread), mean.mean(0).numpy()
        total, doubt = (2 * part.sqrt().numpy() for part in (parts.total, parts.epistemic))
        series = [
            Series("both, two deviations", shown, [centre - total, centre + total], 3, "band"),
            Series("epistemic", shown, [centre - doubt, centre + doubt], 1, "band"),
            Series("data", x, y, 6, "points"),
            Series("mean", shown, centre, 0),
            Series("x sin x", shown, shown * np.sin(shown), 6, "dashed"),
        ]
        panels.append(Panel(name, Axis("x (data from 0 to 10)", -2, 14), Axis("y", -20, 25), series))
    return figure(panels)


def _regressions(
    x: NDArray[np.float64], y: NDArray[np.float64], shown: NDArray[np.float64], loss: Any, seed: int
) -> tuple[Tensor, Tensor]:
    """Mean and spread `(draw, point)` of small two-head networks; all members train at once, side by side."""
    inputs = torch.tensor((x - 5) / 3, dtype=torch.float32)[None, :, None].expand(MEMBERS, -1, -1)
    targets = torch.tensor(y, dtype=torch.float32) / 5
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sizes = [(1, 64), (64, 64), (64, 2)]
        weights = [nn.Parameter(torch.randn(MEMBERS, a, b) * (2 / a) ** 0.5) for a, b in sizes]
        biases = [nn.Parameter(torch.randn(MEMBERS, 1, b)) for _, b in sizes]

    def forward(values: Tensor) -> tuple[Tensor, Tensor]:
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            values = torch.relu(values @ weight + bias)
        mean, raw = (values @ weights[-1] + biases[-1]).unbind(-1)
        return mean, spread_from_raw(raw)

    optimizer = torch.optim.Adam([*weights, *biases], lr=3e-3)
    for _ in range(2500):
        optimizer.zero_grad()
        torch.autograd.backward(loss(*forward(inputs), targets.expand(MEMBERS, -1)).mean(1).sum())
        optimizer.step()
    with torch.no_grad():
        points = torch.tensor((shown - 5) / 3, dtype=torch.float32)[None, :, None].expand(MEMBERS, -1, -1)
        mean, spread = forward(points)
    return 5 * mean, 5 * spread
