"""Work that was interrupted, and then damaged: the same command ends with the same result, or says what is wrong."""

from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tests.torture.reader import Reader, labels

WHOLE = "whole"
"""Data and the right result, which are not damaged."""


class Interrupted(BaseException):
    """As if somebody pressed Ctrl-C."""


def _short() -> None:
    """Train for a moment only, in this process, and write each epoch down."""
    from aleator.learning import checkpoints, effort, members

    effort.FEWEST_STEPS, members.WORTH_PROCESSES, checkpoints.SAVE_SECONDS = 12, 10**9, 0.0


def _data(folder: Path) -> None:
    for row, name in enumerate(labels()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(row).integers(0, 255, (8, 8), dtype=np.uint8)
        Image.fromarray(noise).save(folder / name / f"{row}.png")


def _vectors(file: Path) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(60, 4)).astype(np.float32)
    np.savez(file, x=values, y=np.where(random.random(60) < 0.8, values[:, 0] > 0, values[:, 1] > 0).astype(int))


def _begin(folder: Path, verb: str) -> None:
    _data(folder / WHOLE / "data")
    _vectors(folder / WHOLE / "data.npz")
    _work(folder, verb, folder / "work" / "out", stop_after=0.6)
    _work(folder, verb, folder / WHOLE / "out")


def _work(folder: Path, verb: str, output: Path, stop_after: float = 2.0) -> None:
    from aleator.auditing.audit import audit
    from aleator.auditing.settings import AuditSettings
    from aleator.data import read_dataset
    from aleator.training.settings import TrainSettings
    from aleator.training.train import train

    _short()

    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith(("training", "learning")) and done >= stop_after * total:
            raise Interrupted

    dataset = read_dataset(folder / WHOLE / ("data.npz" if verb == "audit of vectors" else "data"))
    output.parent.mkdir(exist_ok=True)
    try:
        if verb == "audit of vectors":
            audit(dataset, output, AuditSettings(effort="quick"), progress=stop)
        elif verb == "audit":
            audit(dataset, output, AuditSettings(effort="quick", members=2), progress=stop)
        else:
            train(dataset, output, TrainSettings(labels="given", epochs=6, members=2), progress=stop)
    except Interrupted:
        return
    assert stop_after > 1


def _go_on(verb: str, folder: Path) -> None:
    _work(folder, verb, folder / "work" / "out")
    names = ("labels.parquet", "logits.npy", "embeddings.npy") if verb != "train" else ("member-0.safetensors",)
    for name in names:
        found, right = (next((folder / place / "out").rglob(name)) for place in ("work", WHOLE))
        assert found.read_bytes() == right.read_bytes(), f"another {name}"
    assert sorted(path.name for path in (folder / "work").iterdir()) == ["out"]


def _embed(folder: Path) -> None:
    from tests.embedding.cases import Counting

    _data(folder / WHOLE / "data")
    _embedded(folder, folder / "store", Counting(stop_after=2))


def _embedded(folder: Path, store: Path, network: object) -> np.ndarray:
    from aleator.data import read_dataset
    from aleator.embedding import EmbedSettings, OwnBackbone
    from aleator.embedding.embed import embed
    from tests.embedding.cases import SMALL

    own = OwnBackbone(network, "images", name="mean", preprocessing=SMALL)
    try:
        return np.array(embed(read_dataset(folder / WHOLE / "data"), own, store, EmbedSettings(batch_size=4)).features)
    except KeyboardInterrupt:
        return np.zeros(0)


def _embed_on(folder: Path) -> None:
    from tests.embedding.cases import Counting

    found = _embedded(folder, folder / "store", Counting())
    right = _embedded(folder, folder / "other", Counting())
    assert np.isfinite(found).all()
    assert np.array_equal(found, right), "other features"


UNFINISHED = {
    "an audit, interrupted": Reader(partial(_begin, verb="audit"), partial(_go_on, "audit"), of_all=0.2),
    "an audit of vectors, interrupted": Reader(
        partial(_begin, verb="audit of vectors"), partial(_go_on, "audit of vectors"), of_all=0.5
    ),
    "a training, interrupted": Reader(partial(_begin, verb="train"), partial(_go_on, "train"), of_all=0.2),
    "features, interrupted": Reader(_embed, _embed_on),
}
