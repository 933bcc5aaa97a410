"""Data that were made in memory, kept in the audit's folder: nobody else could read them again."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.audits.folder import KEPT, AuditFolder, Files
from aleator.data.dataset import AnnotatorVotes, LabelledDataset, Votes
from aleator.data.readers.array_files import read_arrays
from aleator.data.sources import ExampleSource, FeatureArray, ImageArray, ImageBytes, ImageFiles, TableRows, TextArray
from aleator.data.texts import Texts
from aleator.errors import AuditFolderError, DataError

MOST_BYTES = 512 << 20
"""Larger data are not kept: who has them knows how they were made."""


def kept_files(dataset: LabelledDataset) -> Files:
    """The file to write into the folder of an audit of these data, by name; none for data that were read from a path
    or are too large."""
    if dataset.reading is not None:
        return {}
    examples = _arrays_of(dataset.source)
    if sum(array.nbytes for array in examples.values()) > MOST_BYTES:
        return {}
    arrays: dict[str, NDArray[Any]] = {
        **examples,
        "labels": dataset.given_labels,
        "ids": dataset.ids.astype(np.str_),
        **{name: part for name in ("split", "group") if (part := getattr(dataset, name)) is not None},
        **({} if dataset.votes is None else _votes_as_arrays(dataset.votes)),
    }

    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    return {KEPT: write}


def kept_data(audit: AuditFolder) -> LabelledDataset | None:
    """The data that an audit has kept; None where it keeps none. Raises AuditFolderError for a damaged file."""
    path = audit.folder / KEPT
    if audit.info.data.reading is not None or not path.is_file():
        return None
    try:
        arrays = read_arrays(path)
        votes = _votes_of_arrays(arrays) if "votes.counts" in arrays else None
        labels, ids = arrays["labels"], arrays["ids"]
        return LabelledDataset(
            name=audit.info.data.name,
            path=audit.info.data.path,
            ids=ids,
            source=_source_of(arrays, audit.info.data.kind),
            given_labels=labels,
            class_names=audit.class_names,
            votes=votes,
            split=arrays.get("split"),
            group=arrays.get("group"),
        )
    except (DataError, KeyError) as error:
        raise AuditFolderError(f"{path} is damaged ({error}); audit the data again with --force.") from error


def _arrays_of(source: ExampleSource) -> dict[str, NDArray[Any]]:
    """The examples as arrays: their values, the bytes of pictures one after another, or the paths of files."""
    if isinstance(source, ImageArray):
        return {"examples": source.pixels}
    if isinstance(source, FeatureArray):
        return {"examples": source.values}
    if isinstance(source, ImageFiles):
        return {"root": np.array(str(source.root.resolve())), "files": Texts(source.paths).to_numpy()}
    if isinstance(source, TextArray):
        return _packed(Texts(source.texts).array.cast(pa.large_binary()))
    if isinstance(source, TableRows):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, source.table.schema) as writer:
            writer.write_table(source.table)
        return {"table": np.frombuffer(sink.getvalue(), dtype=np.uint8)}
    names = {"names": np.array(source.names, dtype=np.str_)} if source.names else {}
    return _packed(source.content) | names


def _packed(content: pa.LargeBinaryArray) -> dict[str, NDArray[Any]]:
    """Pieces of bytes one after another, and their sizes."""
    content = content.fill_null(b"")
    size = pc.binary_length(content).to_numpy(zero_copy_only=False).astype(np.int64)
    return {"bytes": np.frombuffer(b"".join(content.to_pylist()), dtype=np.uint8), "size": size}


def _source_of(arrays: Mapping[str, NDArray[Any]], kind: str) -> ExampleSource:
    """The examples that `_arrays_of` wrote."""
    if "files" in arrays:
        return ImageFiles(Path(str(arrays["root"])), arrays["files"].tolist())
    if "bytes" in arrays:
        ends = np.concatenate([[0], np.cumsum(arrays["size"])]).tolist()
        whole = arrays["bytes"].tobytes()
        if kind == TextArray.kind:
            return TextArray([whole[start:end].decode() for start, end in pairwise(ends)])
        content = pa.array([whole[start:end] or None for start, end in pairwise(ends)], pa.large_binary())
        return ImageBytes(content, arrays["names"].tolist() if "names" in arrays else ())
    if "table" in arrays:
        with pa.ipc.open_stream(arrays["table"].tobytes()) as reader:
            return TableRows(reader.read_all())
    values = arrays["examples"]
    return FeatureArray(values) if kind == FeatureArray.kind else ImageArray(values)


def _votes_as_arrays(votes: Votes) -> dict[str, NDArray[Any]]:
    arrays = vars(votes) | {"names": np.array(votes.names, dtype=np.str_)}
    single = arrays.pop("annotators")
    if single is not None:
        arrays |= {f"by.{name}": value for name, value in vars(single).items()}
        arrays["by.names"] = np.array(single.names, dtype=np.str_)
    return {f"votes.{name}": value for name, value in arrays.items()}


def _votes_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Votes:
    parts: dict[str, Any] = {name[6:]: value for name, value in arrays.items() if name.startswith("votes.")}
    single = {name[3:]: parts.pop(name) for name in list(parts) if name.startswith("by.")}
    for one in (parts, single):
        if one:
            one["names"] = tuple(one["names"].tolist())
    return Votes(**parts, annotators=AnnotatorVotes(**single) if single else None)
