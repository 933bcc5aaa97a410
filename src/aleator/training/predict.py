"""Predictions: examples in, a row each out, with doubt."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.auditing.features import FEATURES
from aleator.data.dataset import Skipped
from aleator.data.sources import ExampleSource, FeatureArray, ImageSource
from aleator.embedding.embed import embed_source
from aleator.errors import DataError
from aleator.progress import Progress, shows_progress, silent
from aleator.training.abstention import EnsemblePrediction
from aleator.training.inputs import Inputs, read_inputs
from aleator.training.model import Model

AT_ONCE = 2_048
"""Examples read and predicted together, a few seconds' work: it bounds the memory, and progress is told after each."""
TAKEN = (
    "id",
    "path",
    "predicted_label",
    "second_label",
    "answer",
    "total",
    "aleatoric",
    "epistemic",
    "unfamiliarity",
    "conformal_set",
)


@dataclass(frozen=True)
class Predicted:
    """The table of predictions, and what they were made of."""

    table: pa.Table
    prediction: EnsemblePrediction
    sources: tuple[ExampleSource, ...]
    """The examples by their place, for their pictures."""
    place: NDArray[np.int64]
    """Which source and which of its rows each row of the table is, `(example, 2)`."""
    skipped: tuple[Skipped, ...]


@shows_progress
def predict(
    model: Model,
    paths: str | Path | Sequence[str | Path],
    *,
    split: str | None = None,
    progress: Progress = silent,
) -> Predicted:
    """Predict pictures, folders, tables or arrays with a trained model.

    The table has the columns `id`, `path`, `predicted_label` (null for an unfamiliar input, which is refused),
    `second_label` (of an ambiguous one), `answer` (`answer`, `ambiguous` or `unfamiliar`), a probability for each
    class, `total`, `aleatoric` and `epistemic` in nats, `unfamiliarity`, and `conformal_set`, the classes that contain
    the label with probability .9.

    Raises DataError when nothing can be read, or the examples are of another kind than the model's.
    """
    inputs = read_inputs([paths] if isinstance(paths, str | Path) else paths, split=split, kind=model.kind)
    total = sum(len(one.ids) for one in inputs)
    progress("predicting", 0, total)
    with tempfile.TemporaryDirectory() as made:
        return _predicted(model, inputs, Path(made), total, progress)


def _predicted(model: Model, inputs: list[Inputs], made: Path, total: int, progress: Progress) -> Predicted:
    """See `predict`; `made` is an empty folder for what a pretrained network makes of the examples."""
    parts, ids, where, place, skipped = [], [], [], [], []
    for number, one in enumerate(inputs):
        model.check(one.source, one.paths[0] if one.paths else "the input")
        for start in range(0, len(one.ids), AT_ONCE):
            rows = np.arange(start, min(start + AT_ONCE, len(one.ids)))
            examples, bad = _examples(model, one.source.take(rows), made)
            for row, reason in bad.items():
                skipped.append(Skipped(one.ids[rows[row]], one.paths[rows[row]], reason))
            good = np.array([row for row in range(len(rows)) if row not in bad], dtype=np.int64)
            if len(good):
                parts.append(model.predict(examples[good] if bad else examples))
            ids += [one.ids[row] for row in rows[good]]
            where += [one.paths[row] for row in rows[good]]
            place += [(number, int(row)) for row in rows[good]]
            progress("predicting", len(ids) + len(skipped), total)
    if not parts:
        raise DataError(
            f"Nothing is predicted: none of the {total} inputs can be read; first: {skipped[0].source} "
            f"{skipped[0].reason}. Check the files."
        )
    prediction = EnsemblePrediction(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0]))
    )
    return Predicted(
        prediction_table(model, ids, where, prediction),
        prediction,
        tuple(one.source for one in inputs),
        np.array(place, dtype=np.int64),
        tuple(skipped),
    )


def prediction_table(model: Model, ids: list[str], paths: list[str], prediction: EnsemblePrediction) -> pa.Table:
    """One row per example; see `predict`."""
    names, rule = model.class_names, model.rule
    answer, sets = rule.route(prediction), rule.sets(prediction)
    order = np.argsort(-prediction.probs, axis=1, kind="stable")

    def label(place: int, wanted: NDArray[np.bool_]) -> pa.Array:
        return pa.array([names[code] for code in order[:, place]], pa.string(), mask=~wanted)

    def number(values: NDArray[np.float64]) -> pa.Array:
        return pa.array(values.astype(np.float32))

    columns = {
        "id": pa.array(ids, pa.string()),
        "path": pa.array(paths, pa.string()),
        "predicted_label": label(0, answer != "unfamiliar"),
        "second_label": label(1, answer == "ambiguous"),
        "answer": pa.array(answer.tolist(), pa.string()),
        **{column: number(prediction.probs[:, code]) for code, column in enumerate(class_columns(names))},
        "total": number(prediction.total),
        "aleatoric": number(prediction.aleatoric),
        "epistemic": number(prediction.epistemic),
        "unfamiliarity": number(prediction.unfamiliarity),
        "conformal_set": pa.array(
            [[names[code] for code in np.flatnonzero(row)] for row in sets], pa.list_(pa.string())
        ),
    }
    return pa.table(columns)


def class_columns(names: Sequence[str]) -> list[str]:
    """The columns of the classes' probabilities: their names, after `class ` where a name is another column's."""
    columns = []
    for name in names:
        column = name
        while column in TAKEN or (column != name and column in names):
            column = f"class {column}"
        columns.append(column)
    return columns


def _examples(model: Model, source: ExampleSource, made: Path) -> tuple[NDArray[np.generic], dict[int, str]]:
    if isinstance(source, FeatureArray):
        return source.values, {}
    if model.pretrained is not None:
        known = [model.folder / FEATURES]
        features, unread = embed_source(source, model.pretrained, made, known=known, most_unreadable=1.0)
        return features, dict(unread)
    if model.vectoriser is not None:
        return model.vectoriser.vectors(source), {}
    assert isinstance(source, ImageSource)
    return model.pictures(source)  # those that can be read get their answers
