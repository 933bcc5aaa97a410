"""Features per second beside a bare loop of the same network, and photographs of 12 megapixels per second.

The bare loop has its pictures in memory, decoded, and keeps nothing; what is measured beside it reads files, decodes,
scales and crops them, and writes the features. The two take turns, and the fastest round of each counts: other programs
may run too.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from aleator.data.sources import ImageFiles
from aleator.embedding import EmbedSettings, OwnBackbone
from aleator.embedding.embed import embed_source, open_backbone
from aleator.embedding.torch_extractor import TorchExtractor
from aleator.progress import Progress, silent
from benchmarks.extras import imagenet_network

PICTURE, PHOTOGRAPH = (640, 480), (4000, 3000)
DIFFERENT = 12
"""Photographs that are written; the others are read again, which takes as long."""
ROUNDS, ALL_PHOTOGRAPHS = 3, 10_000


def run(*, pictures: int = 256, photographs: int = 300, progress: Progress = silent) -> dict[str, Any]:
    """Measure both; returns the seconds and what follows from them."""
    network = imagenet_network()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "threads": torch.get_num_threads(),
            "throughput": _throughput(network, _files(folder / "small", pictures, pictures, PICTURE), folder, progress),
            "photographs": _photographs(
                network, _files(folder / "large", DIFFERENT, photographs, PHOTOGRAPH), folder, progress
            ),
        }


def _throughput(network: OwnBackbone, files: ImageFiles, folder: Path, progress: Progress) -> dict[str, float]:
    extractor = open_backbone(network, "images")
    assert isinstance(extractor, TorchExtractor)
    prepared = [extractor.prepare(files.load(row, extractor.decoded_side)) for row in range(len(files))]
    batches = [extractor.collate(part) for part in _parts(prepared, extractor.batch_size)]

    def bare() -> None:
        with torch.inference_mode():
            for batch in batches:
                extractor.network(batch)

    def with_files(number: int) -> None:
        embed_source(files, extractor, folder / f"round {number}")

    bare_seconds: list[tuple[float, float]] = []
    seconds: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        progress("making features", number, ROUNDS)
        bare_seconds.append(_seconds(bare))
        seconds.append(_seconds(lambda number=number: with_files(number)))  # type: ignore[misc]
    progress("making features", ROUNDS, ROUNDS)
    (bare_best, bare_processor), (best, processor) = (
        map(min, zip(*one, strict=True)) for one in (bare_seconds, seconds)
    )
    return {
        "pictures": len(files),
        "bare_per_second": len(files) / bare_best,
        "bare_processor_ms": 1e3 * bare_processor / len(files),
        "per_second": len(files) / best,
        "processor_ms": 1e3 * processor / len(files),
        "share": bare_best / best,
        "share_of_processor_time": bare_processor / processor,
    }


def _photographs(network: OwnBackbone, files: ImageFiles, folder: Path, progress: Progress) -> dict[str, float]:
    """Decoding alone, with and without the decoder's smaller sizes, and all of it together with the network."""
    extractor = open_backbone(replace(network, name="photographs"), "images", EmbedSettings())

    def decoded(draft: int | None, rows: int) -> float:
        return _seconds(lambda: [extractor.prepare(files.load(row, draft)) for row in range(rows)])[1] / rows

    progress("decoding photographs", 0, 1)
    few = min(DIFFERENT, len(files))
    whole, smaller = decoded(None, few), decoded(extractor.decoded_side, len(files))
    progress("decoding photographs", 1, 1)
    return {
        "photographs": len(files),
        "decode_whole_ms": 1e3 * whole,
        "decode_ms": 1e3 * smaller,
        "minutes_for_10000_decoded_by_one_thread": ALL_PHOTOGRAPHS * smaller / 60,
    }


def _files(folder: Path, different: int, count: int, size: tuple[int, int]) -> ImageFiles:
    """JPEGs of this size with structures of all sizes, as photographs have; beyond `different` the same ones again."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(different):
        picture = np.zeros((size[1], size[0], 3), np.float32)
        for cells in (4, 16, 64, 256):
            coarse = random.normal(128, 90 / cells**0.5, (cells, cells, 3)).clip(0, 255).astype(np.uint8)
            picture += np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)) / 4
        grain = random.normal(0, 4, (size[1], size[0], 1))
        Image.fromarray((picture + grain).clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=92)
    return ImageFiles(folder, [f"{number % different}.jpg" for number in range(count)])


def _parts(values: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of the processors."""
    start = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def format_table(result: dict[str, Any]) -> str:
    """The figures as two tables in Markdown."""
    speed, photographs = result["throughput"], result["photographs"]
    bare = f"{speed['bare_per_second']:.1f} | {speed['bare_processor_ms']:.1f}"
    return (
        f"| {speed['pictures']} pictures of {PICTURE[0]}x{PICTURE[1]}, {result['threads']} threads | per second | "
        "processor ms each |\n"
        "|---|---|---|\n"
        f"| the bare network, pictures in memory | {bare} |\n"
        f"| files to features on disk | {speed['per_second']:.1f} ({speed['share']:.0%}) | {speed['processor_ms']:.1f} "
        f"({speed['share_of_processor_time']:.0%}) |\n\n"
        f"| {photographs['photographs']} photographs of 12 megapixels | processor ms each | 10,000 by one thread |\n"
        "|---|---|---|\n"
        f"| decoded whole | {photographs['decode_whole_ms']:.0f} | {photographs['decode_whole_ms'] / 6:.0f} minutes |\n"
        f"| decoded as small as the network needs | {photographs['decode_ms']:.0f} | "
        f"{photographs['minutes_for_10000_decoded_by_one_thread']:.0f} minutes |"
    )
