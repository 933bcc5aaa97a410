"""Features of a data set: computed once, in batches, and kept."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.images import MOST_UNREADABLE, check_readable
from aleator.data.sources import ExampleSource
from aleator.embedding.backbone import FAMILIES, Backbone, Kind, OwnBackbone
from aleator.embedding.extractor import MADE_OF, Extractor, NetworkRecord, Opener, Say
from aleator.embedding.families.own import open_own
from aleator.embedding.keys import NOT_THERE, example_keys
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.shards import examples_in_shard, load, made_apart, made_here
from aleator.embedding.store import FeatureStore, Writer
from aleator.errors import AleatorError, DataError
from aleator.progress import Progress, silent
from aleator.registry import Registry
from aleator.workers import HERE, Workers

AT_ONCE = 4096
"""Vectors that are copied together."""
AnyBackbone = str | Backbone | OwnBackbone | Callable[[Any], Any]


@dataclass(frozen=True)
class Embedded:
    """A data set as a network sees it."""

    dataset: LabelledDataset
    """Without the examples that cannot be read, which are among its `skipped`."""
    features: NDArray[np.float32]
    """`(example, feature)`, mapped into memory where the order on disk is that of the data."""
    network: NetworkRecord


def embed(
    dataset: LabelledDataset,
    backbone: AnyBackbone | Extractor,
    folder: str | Path,
    settings: EmbedSettings = EmbedSettings(),
    *,
    known: Sequence[Path] = (),
    on: Workers = HERE,
    progress: Progress = silent,
) -> Embedded:
    """Features of all examples, each computed once: those that `folder` has of this network are taken from it.

    Args:
        dataset: pictures or texts.
        backbone: a name as `timm:resnet18`, a `Backbone`, an `OwnBackbone`, a module (of pictures of the usual
            preprocessing), or a network that `open_backbone` opened.
        folder: where features are kept, of several networks beside each other. What was computed before a kill is not
            computed again.
        settings: how they are computed.
        known: other such folders, whose features are taken, and which are not changed.
        on: who computes them, a shard of the examples each.
        progress: called with stage, completed, total.

    Raises AleatorError for a network that is unknown, not to be had or for another kind of examples, and DataError
    where too many examples cannot be read.
    """
    kind = kind_of(dataset.source)
    if not isinstance(backbone, Extractor):
        backbone = open_backbone(backbone, kind, settings, lambda message: progress(message, 0, 1))
    features, unreadable = embed_source(
        dataset.source, backbone, Path(folder), known=known, workers=settings.workers, on=on, progress=progress
    )
    if unreadable:
        bad = dict(unreadable)
        skipped = tuple(
            Skipped(str(dataset.ids[row]), dataset.source.describe(row), reason) for row, reason in bad.items()
        )
        keep = np.array([row for row in range(len(dataset)) if row not in bad])
        dataset, features = replace(dataset.take(keep), skipped=dataset.skipped + skipped), features[keep]
    return Embedded(dataset, features, backbone.record)


def open_backbone(
    backbone: AnyBackbone, kind: Kind, settings: EmbedSettings = EmbedSettings(), say: Say | None = None
) -> Extractor:
    """The network, ready to make vectors of examples of this kind; `say` is told before something is downloaded."""
    if isinstance(backbone, str):
        backbone = Backbone(backbone)
    if isinstance(backbone, Backbone):
        if kind != "images" and backbone.preprocessing is not None:
            raise AleatorError(f"Size, crop, mean and std are for pictures, and the examples are {MADE_OF[kind]}.")
        families: Registry[Opener] = Registry("family of networks", {name: one.place for name, one in FAMILIES.items()})
        return families[backbone.family](backbone, kind, settings, say or (lambda message: None))
    if not isinstance(backbone, OwnBackbone):
        backbone = OwnBackbone(backbone, kind)
    return open_own(backbone, kind, settings)


def kind_of(source: ExampleSource) -> Kind:
    """Of examples that a network can make features of. Raises DataError for those that are features already."""
    if source.kind not in MADE_OF:
        raise DataError(
            "The examples are rows of a table, and pretrained networks take pictures or texts; leave --backbone out."
            if source.kind == "table"
            else f"The examples are {source.kind} already; leave --backbone out."
        )
    return source.kind  # type: ignore[return-value]


def embed_source(
    source: ExampleSource,
    network: Extractor,
    folder: Path,
    *,
    known: Sequence[Path] = (),
    workers: int | None = None,
    on: Workers = HERE,
    most_unreadable: float = MOST_UNREADABLE,
    progress: Progress = silent,
) -> tuple[NDArray[np.float32], list[tuple[int, str]]]:
    """Features `(example, feature)` of all examples, and the rows that cannot be read with the reason; their features
    are zeros.

    A larger share of these than `most_unreadable` (a tenth, unless said otherwise) is a DataError.
    """
    stage = f"embedding {MADE_OF[network.record.kind]}"
    progress(stage, 0, len(source))
    keys = example_keys(source, workers)
    store = FeatureStore(folder, network.record)
    for other in known:
        _take_over(FeatureStore(other, network.record), store, keys)
    unreadable: list[tuple[int, str]] = []
    todo = _missing(store, keys)
    if len(todo):
        done = len(source) - len(todo)
        todo = _in_good_order(source, todo)
        if on.apart and len(todo) > examples_in_shard(network):
            made = made_apart(source, network, todo, on)
        else:
            made = made_here(source, network, todo, workers)
        with Writer(store) as writer, closing(made):
            for rows, vectors, failed in made:
                unreadable += failed
                if len(rows):
                    _check_finite(vectors, rows, source, network)
                    writer.append(keys[rows], vectors)
                done += len(rows) + len(failed)
                progress(stage, done, len(source))
    store.tidy()
    progress(stage, len(source), len(source))
    unreadable = _with_copies(unreadable, keys)
    check_readable(source, unreadable, most_unreadable)
    return _in_order(store, store.rows(keys)), unreadable


def _take_over(other: FeatureStore, store: FeatureStore, keys: NDArray[np.uint64]) -> None:
    """Copy what another store has of the examples, and this one has not."""
    wanted = np.unique(keys)
    rows = other.rows(wanted)
    found = (rows >= 0) & (store.rows(wanted) < 0)
    if found.any():
        with Writer(store) as writer:
            vectors = other.vectors()
            for some in np.array_split(np.flatnonzero(found), -(-found.sum() // AT_ONCE)):
                writer.append(wanted[some], vectors[rows[some]])


def _missing(store: FeatureStore, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows to be computed: the first of each picture or text, and all that are not there, to say so of each."""
    _, first = np.unique(keys, return_index=True)
    rows: NDArray[np.int64] = np.union1d(first, np.flatnonzero(keys == NOT_THERE))
    wanted: NDArray[np.int64] = rows[(store.rows(keys[rows]) < 0) | (keys[rows] == NOT_THERE)]
    return wanted


def _with_copies(unreadable: list[tuple[int, str]], keys: NDArray[np.uint64]) -> list[tuple[int, str]]:
    """The unreadable rows with their copies, in order; only the first of copies was tried."""
    found = dict(unreadable)
    for row, reason in unreadable:
        if keys[row] != NOT_THERE:
            found |= dict.fromkeys(np.flatnonzero(keys == keys[row]).tolist(), reason)
    return sorted(found.items())


def _in_good_order(source: ExampleSource, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Texts of about the same length together, the longest first; pictures as they are."""
    if source.kind == "images":
        return rows
    lengths = np.array([len(load(source, int(row), None)) for row in rows])
    return rows[np.argsort(-lengths, kind="stable")]


def _check_finite(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], source: ExampleSource, network: Extractor
) -> None:
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise AleatorError(
            f"{network.record.name} makes features of {source.describe(int(rows[bad[0]]))} that are NaN or infinite"
            + ("; try --precision float32." if network.record.precision != "float32" else "; its weights are damaged.")
        )


def _in_order(store: FeatureStore, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The vectors of these rows of the store, zeros for -1; as they lie on disk where that is the order."""
    vectors = store.vectors()
    if np.array_equal(rows, np.arange(len(vectors))):
        return vectors
    result = np.zeros((len(rows), store.dimension), np.float32)
    there = rows >= 0
    result[there] = vectors[rows[there]]
    return result
