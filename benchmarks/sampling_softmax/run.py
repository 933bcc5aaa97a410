"""Error, time and memory of each way to the expected softmax.

The reference is the integral of `uncertainty/quadrature.py` computed anew in double precision: no table, every
distribution function summed at every node, derivatives in closed form. What is compared runs in single precision, as
in training: the mean log-likelihood of random labels, and its gradient with respect to means and spreads.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from weakref import finalize

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from aleator.cores import available_cores
from aleator.progress import Progress, silent
from aleator.uncertainty.gaussian_logits import Method, log_expected_softmax, log_likelihood
from benchmarks.figures import Axis, Panel, Series, figure

ROWS = {2: 256, 8: 256, 100: 64, 1000: 16}
"""Examples for each number of classes: as many as the reference computes in a few seconds."""
SPREADS = (1.0, 3.0, 6.0)
"""Spreads are uniform from 0 to this; means are normal with deviation 2. All in logits."""
CURVE_DRAWS = (3, 10, 30, 100, 300, 1000, 3000)
Estimator = Callable[[Tensor, Tensor], Tensor]
ESTIMATORS: dict[str, Estimator] = {
    "quadrature": partial(log_expected_softmax, method="quadrature"),
    "sobol 128": partial(log_expected_softmax, method="sobol", draws=128),
    "monte carlo 32": partial(log_expected_softmax, method="monte_carlo", draws=32),
    "monte carlo 100": partial(log_expected_softmax, method="monte_carlo", draws=100),
    "monte carlo 1000": partial(log_expected_softmax, method="monte_carlo", draws=1000),
    "mean field": partial(log_expected_softmax, method="mean_field"),
}


class Problem(NamedTuple):
    """Gaussian logits with the true answer; float64, `(example, class)`."""

    mean: Tensor
    spread: Tensor
    labels: Tensor
    log_probs: Tensor
    gradient: Tensor
    """Of the mean negative log-likelihood, with respect to mean and spread: `(2, example, class)`."""


def run(*, seed: int = 0, seconds: float = 1.0, progress: Progress = silent) -> dict[str, Any]:
    """Measure every estimator on every problem, each for about `seconds`; and the error of Monte Carlo by draws."""
    torch.manual_seed(seed)  # Monte Carlo draws from torch's own generator
    rows, total = [], len(ROWS) * len(SPREADS)
    for number, (classes, spread) in enumerate((k, s) for k in ROWS for s in SPREADS):
        progress("measuring", number, total)
        problem = make_problem(classes, spread, seed)
        for name, estimator in ESTIMATORS.items():
            rows.append({"classes": classes, "spread": spread, "method": name, **measure(problem, estimator, seconds)})
    progress("measuring", total, total)
    return {
        "seed": seed,
        "cores": available_cores(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "rows": rows,
        "curve": _curve(seed),
        "targets": targets(rows),
    }


def make_problem(classes: int, spread: float, seed: int) -> Problem:
    random = torch.Generator().manual_seed(seed)
    shape = (ROWS[classes], classes)
    mean = 2 * torch.randn(shape, generator=random, dtype=torch.float64)
    spreads = spread * torch.rand(shape, generator=random, dtype=torch.float64)
    labels = torch.randint(classes, shape[:1], generator=random)
    exact = [reference(*row) for row in zip(mean, spreads, labels.tolist(), strict=True)]
    log_probs, gradient = (torch.stack(part) for part in zip(*exact, strict=True))
    return Problem(mean, spreads, labels, log_probs, gradient.movedim(0, 1) / len(mean))


def reference(mean: Tensor, spread: Tensor, label: int) -> tuple[Tensor, Tensor]:
    """Log of the expected softmax of one example, `(class,)`, and the gradient of `-log p(label)`, `(2, class)`."""
    step = 0.25  # the trapezoidal rule converges exponentially: half of it changes the 13th digit
    low, high = float((mean - 8 * spread).max()) - 6, float((mean + 8 * spread).max()) + 40
    height = torch.arange(low, high, step, dtype=torch.float64)
    eps = torch.arange(-9, 9.01, 0.1, dtype=torch.float64)
    weight = torch.exp(-0.5 * eps**2)
    cdf, density, slope = torch.zeros(3, len(mean), len(height), dtype=torch.float64)
    for value, share in zip(eps.tolist(), (weight / weight.sum()).tolist(), strict=True):
        rate = torch.exp(mean[:, None] + spread[:, None] * value - height)
        kernel = torch.exp(-rate) * share
        cdf += kernel
        density += kernel * rate
        slope += kernel * rate * (rate - 1)
    # Where a distribution function is nothing, so is the whole integrand.
    cdf = cdf.clamp(min=1e-280)
    all_below = cdf.log().sum(0).exp() * step
    hazard, curvature = density / cdf, slope / cdf
    probs = (hazard * all_below).sum(1)
    given = all_below * hazard[label] / probs[label]
    to_mean, to_spread = hazard * given, -spread[:, None] * curvature * given
    own = all_below * hazard.sum(0) / probs[label]
    to_mean[label] -= hazard[label] * own
    to_spread[label] += spread[label] * curvature[label] * own
    return probs.log(), torch.stack([to_mean.sum(1), to_spread.sum(1)])


def measure(problem: Problem, estimator: Estimator, seconds: float) -> dict[str, float]:
    """Error, milliseconds and memory of one estimator in float32."""
    mean, spread = (part.float().requires_grad_() for part in (problem.mean, problem.spread))

    def forward() -> Tensor:
        return estimator(mean, spread)

    def both() -> tuple[Tensor, Tensor]:
        log_probs = forward()
        loss = -log_likelihood(log_probs, problem.labels).mean()
        return log_probs, torch.stack(torch.autograd.grad(loss, [mean, spread]))

    log_probs, gradient = both()
    divergence = (problem.log_probs.exp() * (problem.log_probs - log_probs.double())).sum(1)
    with PeakMemory() as memory:
        both()
    return {
        "kl": float(divergence.detach().mean().clamp(min=0)),
        "gradient_error": float((gradient.double() - problem.gradient).norm() / problem.gradient.norm()),
        "forward_ms": _milliseconds(forward, seconds / 2),
        "both_ms": _milliseconds(both, seconds / 2),
        "megabytes": memory.peak / 1e6,
    }


def _milliseconds(call: Callable[[], object], seconds: float) -> float:
    """Time of the fastest call: what other programs take from the processor does not count."""
    call()
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


class PeakMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The most bytes that tensors made within have held at one time, forward and backward."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[int, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_iter(result):
            if isinstance(tensor, Tensor) and tensor.untyped_storage()._cdata not in self.held:
                storage = tensor.untyped_storage()
                key = storage._cdata
                self.held[key] = storage.nbytes()
                finalize(storage, self.held.pop, key, None)
        self.peak = max(self.peak, sum(self.held.values()))
        return result


def _curve(seed: int) -> dict[str, Any]:
    """Mean divergence by the number of draws for eight classes: what "more than 100 samples" buys."""
    curve: dict[str, Any] = {"draws": list(CURVE_DRAWS)}
    for spread in SPREADS:
        problem = make_problem(8, spread, seed)

        def error(method: Method, draws: int, problem: Problem = problem) -> float:
            log_probs = log_expected_softmax(
                problem.mean.float(),
                problem.spread.float(),
                method=method,
                draws=draws,
            )
            divergence = (problem.log_probs.exp() * (problem.log_probs - log_probs.double())).sum(1)
            return float(divergence.mean().clamp(min=1e-9))

        curve[f"{spread:g}"] = {
            "monte_carlo": [error("monte_carlo", draws) for draws in CURVE_DRAWS],
            "sobol": [error("sobol", draws) for draws in CURVE_DRAWS],
            "quadrature": error("quadrature", 0),
        }
    return curve


def targets(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The figures that the default was chosen by."""
    by = {(row["classes"], row["spread"], row["method"]): row for row in rows}
    exact = [row for row in rows if row["method"] == "quadrature"]
    at = partial(_worst_ratio, by)
    return {
        "worst KL, spread up to 3 (at most 1e-5)": max(row["kl"] for row in exact if row["spread"] <= 3),
        "worst KL, spread up to 6 (at most 1e-4)": max(row["kl"] for row in exact),
        "worst gradient error (at most 1e-3)": max(row["gradient_error"] for row in exact),
        "8 classes: times faster than Monte Carlo 1000 (at least 10)": 1 / at(8, "both_ms", "monte carlo 1000"),
        "1000 classes: time over Monte Carlo 32's (at most 1)": at(1000, "both_ms", "monte carlo 32"),
        "1000 classes: memory over Monte Carlo 32's (at most 1)": at(1000, "megabytes", "monte carlo 32"),
    }


def _worst_ratio(by: dict[tuple[int, float, str], dict[str, Any]], classes: int, figure: str, other: str) -> float:
    return max(float(by[classes, s, "quadrature"][figure] / by[classes, s, other][figure]) for s in SPREADS)


def format_table(result: dict[str, Any]) -> str:
    """The table as text."""
    lines = [
        f"float32, forward and backward, torch {result['torch']}, {result['threads']} threads; "
        + ", ".join(f"{rows} examples of {classes}" for classes, rows in ROWS.items()),
        "",
        "classes spread  method                   KL  gradient  forward     both   memory",
        "                                       nats rel. error       ms       ms       MB",
    ]
    lines += [
        f"{row['classes']:7} {row['spread']:6.0f}  {row['method']:17} {row['kl']:9.1e} {row['gradient_error']:9.1e} "
        f"{row['forward_ms']:8.2f} {row['both_ms']:8.2f} {row['megabytes']:8.2f}"
        for row in result["rows"]
    ]
    return "\n".join([*lines, "", *(f"{name}: {value:.2g}" for name, value in result["targets"].items())])


def draw_figure(result: dict[str, Any]) -> str:
    """Error by draws, and error by time, for eight classes; an SVG."""
    curve = result["curve"]
    draws = curve["draws"]
    lines = []
    for colour, spread in enumerate(SPREADS):
        values = curve[f"{spread:g}"]
        lines.append(Series(f"Monte Carlo, spread up to {spread:g}", draws, values["monte_carlo"], colour))
        lines.append(Series("", [draws[0], draws[-1]], [values["quadrature"]] * 2, colour, "dashed"))
    times = [row for row in result["rows"] if row["classes"] == 8]
    points = [
        Series(
            name,
            [row["both_ms"] for row in times if row["method"] == name],
            [max(row["kl"], 1e-9) for row in times if row["method"] == name],
            colour,
            "points",
        )
        for colour, name in enumerate(ESTIMATORS)
    ]
    low, high = (pick(row["both_ms"] for row in times) for pick in (min, max))
    error = Axis("KL from the exact answer (nats)", 1e-9, 3, log=True)
    reach = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
    return figure(
        [
            Panel(
                "8 classes: draws (dashed: the integral)", Axis("draws", draws[0], draws[-1], log=True), error, lines
            ),
            Panel("8 classes, 256 examples: time", Axis("ms, forward and backward", *reach, log=True), error, points),
        ]
    )
