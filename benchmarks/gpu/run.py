"""What a GPU makes of an audit, and that its results are those of a processor: at most eight minutes.

With `--device cpu` and `--small` the same code runs on a processor, to see that it runs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from aleator.auditing.audit import audit
from aleator.auditing.settings import AuditSettings
from aleator.data.dataset import LabelledDataset
from aleator.data.drawn_faces import drawn_faces
from aleator.embedding import EmbedSettings
from aleator.embedding.embed import open_backbone
from aleator.embedding.torch_extractor import TorchExtractor
from aleator.learning.augment import random_views
from aleator.learning.devices import pick_device, placed
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.optimizers import make_optimizers, start_step
from aleator.learning.prediction import batch_of, predict_examples
from aleator.learning.settings import Augmentation
from aleator.learning.steps.batch import log_probs_of, mixed_precision
from aleator.models.network import Network, NetworkSpec, on_device
from aleator.neighbours.exact import directions_of, exact_neighbours
from aleator.progress import Progress, silent
from aleator.uncertainty.metrics import auroc
from benchmarks.fer2013 import fer2013

PEAK = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12, "A10": 125e12}
"""Operations in a second, dense, in bfloat16, by the makers' sheets."""
TOLERANCE = {"probabilities": 0.02, "AUROC": 0.03, "neighbours": 0.99}
"""The same network asked on both: largest difference of a probability. The same training done on both, whose dropout is
drawn elsewhere: difference of the AUROC. Of the ten neighbours of 2,000 vectors, those that are found on both."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    faces: int | None
    """Of FER2013; None takes the Training split."""
    batches: tuple[int, ...]
    steps: int
    pictures: int
    vectors: int


WHOLE = Sizes(faces=None, batches=(128, 1024), steps=200, pictures=20_000, vectors=1_000_000)
SMALL = Sizes(faces=1000, batches=(64,), steps=3, pictures=64, vectors=3000)


def run(
    data: Path | None = None, *, device: str = "auto", small: bool = False, progress: Progress = silent
) -> dict[str, Any]:
    """All figures; `data` is FER2013's folder, without which faces are drawn."""
    place, sizes = pick_device(device), SMALL if small else WHOLE
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "audit": lambda: _audit(_faces(data, sizes), place),
        "training": lambda: _training(place, sizes),
        "embedding": lambda: _embedding(place, sizes.pictures),
        "neighbours": lambda: _neighbours(place, sizes.vectors),
        "agreement": lambda: _agreement(place, small=small),
    }
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else str(place)
    result: dict[str, Any] = {"device": name, "torch": torch.__version__, "small": small, "tolerance": TOLERANCE}
    for number, (part, measure) in enumerate(parts.items()):
        progress(part, number, len(parts))
        start = time.perf_counter()
        result[part] = measure()
        result[part]["all_seconds"] = time.perf_counter() - start
    progress("done", len(parts), len(parts))
    return result


def format_table(result: dict[str, Any]) -> str:
    audited, embedding, neighbours, agreement = (
        result[part] for part in ("audit", "embedding", "neighbours", "agreement")
    )
    lines = [f"{result['device']}, torch {result['torch']}{', small sizes' if result['small'] else ''}"]
    lines.append(f"audit of {audited['examples']:,} faces: {audited['seconds']:.1f} s, AUROC {audited['auroc']:.3f}")
    for batch, row in result["training"].items():
        if batch != "all_seconds":
            share = "" if row["share_of_peak"] is None else f", {row['share_of_peak']:.1%} of the card's peak"
            lines.append(f"training, batches of {batch}: {row['per_second']:,.0f} pictures a second{share}")
    lines.append(f"embedding: {embedding['per_second']:,.0f} pictures a second ({embedding['network']})")
    lines.append(f"neighbours of {neighbours['vectors']:,} x 512: {neighbours['seconds']:.1f} s")
    for what, (found, wanted) in agreement["found"].items():
        lines.append(f"as on a processor, {what}: {found:.4f}, to be {wanted}")
    lines.append("within the tolerance" if agreement["within"] else "OUTSIDE THE TOLERANCE")
    return "\n".join(lines)


def _faces(data: Path | None, sizes: Sizes) -> LabelledDataset:
    dataset = drawn_faces(sizes.faces or 28_709, seed=0).dataset if data is None else fer2013(data)
    return dataset if sizes.faces is None else dataset.take(np.arange(min(sizes.faces, len(dataset))))


def _audit(dataset: LabelledDataset, device: torch.device) -> dict[str, Any]:
    """An audit from the data set to the report."""
    with TemporaryDirectory() as name:
        with _timed(device) as seconds:
            made = audit(dataset, Path(name) / "audit", AuditSettings(device=str(device)), progress=silent)
        referee = made.info.referee
    auroc = np.nan if referee is None or referee.auroc is None else referee.auroc
    return {"examples": len(dataset), "seconds": seconds(), "auroc": auroc, "timings": made.info.timings}


def _training(device: torch.device, sizes: Sizes) -> dict[Any, Any]:
    """Steps of the audit's network on 48x48 grey pictures, their views included; the compiled network beside it."""
    found: dict[Any, Any] = {}
    for batch in sizes.batches:
        found[batch] = _steps(device, batch, sizes.steps, compiled=False)
        if device.type == "cuda":
            found[f"{batch}, compiled"] = _steps(device, batch, sizes.steps, compiled=True)
    return found


def _steps(device: torch.device, batch: int, steps: int, *, compiled: bool) -> dict[str, Any]:
    torch.manual_seed(0)
    network = on_device(Network(NetworkSpec("small_vgg", (1, 48, 48), 7)), device).train()
    forward: Callable[..., Any] = torch.compile(network) if compiled else network
    optimizers = make_optimizers(network, "muon", learning_rate=3e-3, weight_decay=0.05)
    pixels = np.random.default_rng(0).integers(0, 256, (4 * batch, 1, 48, 48), dtype=np.uint8)
    pictures, labels = placed(pixels, device), torch.arange(batch, device=device) % 7
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        start_step(optimizers, 1.0)
        rows = torch.randint(0, len(pixels), (batch,), generator=generator)
        views = random_views(batch_of(pictures, rows, device), Augmentation(), generator)
        with mixed_precision(device):
            output = forward(views)
        torch.autograd.backward(nn.functional.nll_loss(log_probs_of(output), labels))
        for optimizer in optimizers:
            optimizer.step()

    for _ in range(3):
        step()
    with FlopCounterMode(display=False) as counter:
        start_step(optimizers, 1.0)
        network(torch.zeros(batch, 1, 48, 48, device=device)).mean.sum().backward()
    with _timed(device) as seconds:
        for _ in range(steps):
            step()
    per_second = batch * steps / seconds()
    operations = counter.get_total_flops() / batch
    peak = next((value for name, value in PEAK.items() if name in _name_of(device)), None)
    return {
        "per_second": per_second,
        "operations_of_one": operations,
        "share_of_peak": None if peak is None else per_second * operations / peak,
    }


def _embedding(device: torch.device, pictures: int) -> dict[str, Any]:
    """Pictures of 224x224 in colour, decoded already, through a network of random weights, which do not matter here."""
    network = Network(NetworkSpec("deep_vgg", (3, 224, 224), 2)).backbone
    extractor = open_backbone(network, "images", EmbedSettings(device=str(device)))
    assert isinstance(extractor, TorchExtractor)
    batch = list(np.random.default_rng(0).random((extractor.batch_size, 3, 224, 224), dtype=np.float32))
    extractor.vectors(batch)
    rounds = max(1, pictures // len(batch))
    with _timed(device) as seconds:
        for _ in range(rounds):
            extractor.vectors(batch)
    return {"per_second": rounds * len(batch) / seconds(), "network": "deep_vgg at 224 pixels"}


def _neighbours(device: torch.device, vectors: int) -> dict[str, Any]:
    made = _vectors(vectors)
    start = time.perf_counter()
    exact_neighbours(directions_of(made).to(device), np.arange(vectors), 10)
    return {"vectors": vectors, "seconds": time.perf_counter() - start}


def _vectors(count: int) -> NDArray[np.float32]:
    """In groups, as embeddings are."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((1000, 512), dtype=np.float32)
    made = centres[random.integers(0, 1000, count)]
    made += 0.5 * random.standard_normal((count, 512), dtype=np.float32)
    return made


def _agreement(device: torch.device, *, small: bool) -> dict[str, Any]:
    """One training on the device and on a processor, and one network asked on both."""
    faces = drawn_faces(300 if small else 1500, seed=0)
    pixels = np.asarray(faces.dataset.source.pixels)[:, None]  # type: ignore[union-attr]
    given, rows = faces.dataset.given_labels, np.arange(len(pixels))
    seen, unseen = rows[rows % 3 > 0], rows[rows % 3 == 0]
    settings = AuditSettings(effort="quick").training(len(seen))
    spec, cpu = NetworkSpec("small_vgg", pixels.shape[1:], 7), torch.device("cpu")
    scores, networks = [], []
    for where in (cpu, device):
        network, _ = train_network(TrainingJob(spec, pixels, given, settings, where), Task(0, seen))
        said = _probabilities(network, pixels[unseen], where)
        scores.append(auroc(-said[np.arange(len(unseen)), given[unseen]], faces.is_mistake[unseen]))
        networks.append(network)
    there = _probabilities(networks[0], pixels[unseen], device)
    here = _probabilities(networks[0].to(cpu), pixels[unseen], cpu)
    largest = float(np.abs(here - there).max())
    made, alone = _vectors(2000), np.arange(2000)
    one, other = (exact_neighbours(directions_of(made).to(where), alone, 10).rows for where in (cpu, device))
    shared = float(np.mean([len(np.intersect1d(*rows)) / 10 for rows in zip(one, other, strict=True)]))
    found = {
        "largest difference of a probability": (largest, f"at most {TOLERANCE['probabilities']}"),
        "difference of the AUROC": (abs(scores[0] - scores[1]), f"at most {TOLERANCE['AUROC']}"),
        "share of the same neighbours": (shared, f"at least {TOLERANCE['neighbours']}"),
    }
    within = (
        largest <= TOLERANCE["probabilities"]
        and abs(scores[0] - scores[1]) <= TOLERANCE["AUROC"]
        and shared >= TOLERANCE["neighbours"]
    )
    return {"found": found, "auroc": scores, "within": within}


def _probabilities(network: Network, pixels: NDArray[np.uint8], device: torch.device) -> NDArray[np.float64]:
    said = predict_examples(network, pixels, flip=True, device=device)
    logits = said.mean.astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


@contextmanager
def _timed(device: torch.device) -> Iterator[Callable[[], float]]:
    """Seconds until all that was asked of the device is done."""
    start, end = time.perf_counter(), [0.0]
    yield lambda: end[0]
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    end[0] = time.perf_counter() - start


def _name_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else ""
