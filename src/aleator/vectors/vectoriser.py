"""How texts or rows of a table become the vectors that a network takes: fitted once, kept beside the network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from aleator.data.sources import ExampleSource, TableRows, TextArray
from aleator.errors import DataError
from aleator.records import from_json, to_json
from aleator.vectors.columns import TableVectors, fit_columns
from aleator.vectors.words import WordVectors, fit_words


class Vectoriser(Protocol):
    """Fitted to examples of one kind."""

    def vectors(self, source: ExampleSource) -> NDArray[np.float32]:
        """`(example, feature)`. Raises DataError for examples of another kind, or a table without a column."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that it is, for `read_vectoriser`."""


@dataclass(frozen=True)
class OfTexts:
    """Latent semantic analysis of weights of words."""

    fitted: WordVectors

    def vectors(self, source: ExampleSource) -> NDArray[np.float32]:
        if not isinstance(source, TextArray):
            raise DataError(f"The model was trained on texts, and these are {source.kind}.")
        return self.fitted.dense(self.fitted.weights_of(source.texts))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {**vars(self.fitted), "words": np.array(self.fitted.words)}


@dataclass(frozen=True)
class OfRows:
    """Standardised numbers and one feature for each category."""

    fitted: TableVectors

    def vectors(self, source: ExampleSource) -> NDArray[np.float32]:
        if not isinstance(source, TableRows):
            raise DataError(f"The model was trained on the rows of a table, and these are {source.kind}.")
        return self.fitted.dense(self.fitted.codes(source.table))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"columns": np.frombuffer(msgspec.json.encode(to_json(self.fitted)), dtype=np.uint8)}


def fit_vectoriser(source: TextArray | TableRows, seed: int) -> Vectoriser:
    """How such examples become vectors."""
    if isinstance(source, TextArray):
        return OfTexts(fit_words(source.texts, seed=seed)[0])
    return OfRows(fit_columns(source.table))


def write_vectoriser(vectoriser: Vectoriser, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **vectoriser.arrays())


def read_vectoriser(path: Path) -> Vectoriser:
    """What `write_vectoriser` wrote. Raises ValueError or KeyError for a file that is not of that form."""
    with np.load(path, allow_pickle=False) as arrays:
        if "columns" in arrays:
            return OfRows(from_json(TableVectors, msgspec.json.decode(arrays["columns"].tobytes())))
        words = WordVectors(
            tuple(arrays["words"].tolist()), arrays["weight"], arrays["names_topics"], arrays["directions"]
        )
        return OfTexts(words)
