"""A Hugging Face data set: Parquet with pictures and ClassLabels, and a card, ready to be pushed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aleator import __version__
from aleator.export.corrected import Corrected
from aleator.export.pictures import picture_file, whole_folder

ROWS_AT_ONCE, LARGEST_SHARD = 256, 400 << 20
"""Rows in memory, and bytes of pictures in a file."""
CLASSES = ("label", "given_label", "suggested_label")
TEXTS = ("id", "label_from", "decision", "verdict")
TYPES = {"p_mislabelled": "float32", "group": "string", "keep_together": "int64"}
"""Of the columns after these, as far as they are there."""


def export_hugging_face(corrected: Corrected, output: Path) -> None:
    """`data/train-*.parquet` with `image`, `label` (ClassLabel), the given and the suggested label, and what people
    decided; `README.md` is the card. `datasets.load_dataset(folder)` reads it, and `aleator audit`."""

    def write(folder: Path) -> None:
        (folder / "data").mkdir()
        schema, columns = _schema(corrected), _columns(corrected)
        shards: list[Path] = []
        writer: pq.ParquetWriter | None = None
        size = 0
        for rows in _blocks(len(corrected)):
            pictures = [_picture(corrected, row) for row in rows.tolist()]
            if writer is None or size > LARGEST_SHARD:
                if writer is not None:
                    writer.close()
                shards.append(folder / "data" / f"{len(shards)}.parquet")
                writer, size = pq.ParquetWriter(shards[-1], schema, compression="zstd"), 0
            writer.write_table(pa.table([pictures, *(one.take(pa.array(rows)) for one in columns)], schema=schema))
            size += sum(len(one["bytes"]) for one in pictures)
        if writer is not None:
            writer.close()
        for number, shard in enumerate(shards):
            shard.rename(shard.with_name(f"train-{number:05}-of-{len(shards):05}.parquet"))
        (folder / "README.md").write_text(_card(corrected), encoding="utf-8")

    whole_folder(output, write)


def _blocks(count: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, count, ROWS_AT_ONCE):
        yield np.arange(start, min(count, start + ROWS_AT_ONCE))


def _picture(corrected: Corrected, row: int) -> dict[str, Any]:
    name, content = picture_file(corrected, row)
    return {"bytes": content, "path": name}


def _columns(corrected: Corrected) -> list[pa.Array]:
    """All columns but the pictures, in the schema's order."""
    examples, audit = corrected.examples, corrected.examples.audit
    nobody = np.full(len(corrected), -1)
    labels = (corrected.label, examples.given, nobody if audit is None else audit.column("suggested_label"))
    return [
        *(pa.array(one.astype(np.int64), mask=one < 0) for one in labels),
        examples.ids,
        pa.array(corrected.label_from),
        pa.array(corrected.decision, mask=corrected.decision == ""),
        pa.nulls(len(corrected), pa.string()) if audit is None else audit.labels["verdict"].combine_chunks(),
        pa.nulls(len(corrected), pa.float32()) if audit is None else audit.labels["p_mislabelled"].combine_chunks(),
        *corrected.groups().values(),
    ]


def _schema(corrected: Corrected) -> pa.Schema:
    """Arrow's types, with the features as Hugging Face writes them into the metadata."""
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    features |= {name: {"names": list(corrected.examples.class_names), "_type": "ClassLabel"} for name in CLASSES}
    features |= {name: {"dtype": "string", "_type": "Value"} for name in TEXTS}
    more = _more(corrected)
    features |= {name: {"dtype": dtype, "_type": "Value"} for name, dtype in more.items()}
    fields = [pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))]
    fields += [pa.field(name, pa.int64()) for name in CLASSES]
    fields += [pa.field(name, pa.string()) for name in TEXTS]
    fields += [pa.field(name, pa.type_for_alias(dtype)) for name, dtype in more.items()]
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})


def _more(corrected: Corrected) -> dict[str, str]:
    """The columns after the texts, and their types."""
    groups = corrected.groups()
    return {name: dtype for name, dtype in TYPES.items() if name == "p_mislabelled" or name in groups}


def _card(corrected: Corrected) -> str:
    """The card: what the Hub reads between the lines of three dashes, and what people read below."""
    examples = corrected.examples
    lines = ["---", "task_categories:", "- image-classification", "configs:", "- config_name: default"]
    lines += ["  data_files:", "  - split: train", "    path: data/train-*", "dataset_info:", "  features:"]
    lines += ["  - name: image", "    dtype: image"]
    for name in CLASSES:
        lines += [f"  - name: {name}", "    dtype:", "      class_label:", "        names:"]
        # JSON's strings are YAML's.
        lines += [f"          '{number}': {json.dumps(one)}" for number, one in enumerate(examples.class_names)]
    for name, dtype in (*((name, "string") for name in TEXTS), *_more(corrected).items()):
        lines += [f"  - name: {name}", f"    dtype: {dtype}"]
    changed = int((corrected.label != examples.given).sum())
    decided = int((corrected.decision != "").sum())
    lines += ["  splits:", "  - name: train", f"    num_examples: {len(corrected)}", "---", ""]
    lines += [f"# {examples.name}, labels put right", ""]
    lines += [f"{len(corrected):,} pictures of {len(examples.class_names)} classes, {decided:,} decided by people,"]
    lines += [f"{changed:,} labels changed. Written by Aleator {__version__}.", ""]
    lines += ["| column | what |", "|---|---|"]
    more = _more(corrected)
    lines += [f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items() if name not in TYPES or name in more]
    return "\n".join(lines) + "\n"


MEANINGS = {
    "label": "the label to use",
    "given_label": "the label that the picture came with",
    "suggested_label": "what a careful crowd would say first, as the audit believes",
    "label_from": "where `label` is from: `given`, `review` (people), `audit`",
    "decision": "what people said: `label`, `ambiguous`, `unusable`",
    "verdict": "of the audit on the given label: `ok`, `mistake`, `ambiguous`, `unfamiliar`, `conflict`",
    "p_mislabelled": "probability that the given label is wrong",
    "id": "of the example, as it was read",
    "group": "what the data call a group (a patient)",
    "keep_together": "examples that share it are of one group or copies: never part them for training and testing",
}
