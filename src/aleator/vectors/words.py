"""Texts as weights of their words and pairs of words (TF-IDF), and as few numbers (latent semantic analysis)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from aleator.errors import DataError

MOST_WORDS = 100_000
DIMENSION = 100
RARE, FEW_TEXTS = 2, 50
"""Words that stand in fewer texts are left out, unless there are few texts."""
COMMON = 0.1
"""Words that stand in more texts than this share name no topic."""

WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
)
"""Scripts that set no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese (and Korean, which does)."""
SIGNS = "\u2190-\u27bf\U0001f300-\U0001faff"
"""Arrows, symbols and emoji mean something, punctuation hardly."""
TOKEN = re.compile(rf"[{WITHOUT_SPACES}]|[{SIGNS}]|[^\W{WITHOUT_SPACES}]+", re.UNICODE)


def tokens(text: str) -> list[str]:
    """Words in small letters; single characters in scripts without spaces, where pairs of them are the words."""
    return TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class WordVectors:
    """How texts become vectors: made by `fit_words`, and enough to do the same to other texts."""

    words: tuple[str, ...]
    """Words, and pairs of words with a space between them."""
    weight: NDArray[np.float32]
    """Inverse document frequency of each, `(word,)`."""
    names_topics: NDArray[np.bool_]
    """The words that say what a text is about, `(word,)`: neither pairs nor common ones."""
    directions: NDArray[np.float32]
    """From weights of words to few numbers, `(word, dimension)`."""

    def weights_of(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """Weights of words, `(text, word)`, rows of length one, or zero where no word is known."""
        vectoriser = _vectoriser(vocabulary={word: place for place, word in enumerate(self.words)})
        vectoriser.idf_ = self.weight.astype(np.float64)
        return sparse.csr_matrix(vectoriser.transform(texts), dtype=np.float32)

    def topical(self, words: sparse.csr_matrix) -> sparse.csr_matrix:
        """The weights of the words that name topics, rows of length one."""
        some = sparse.csr_matrix(words[:, np.flatnonzero(self.names_topics)])
        length = np.sqrt(np.asarray(some.multiply(some).sum(axis=1))).ravel()
        return sparse.csr_matrix(sparse.diags(1 / np.maximum(length, 1e-9)) @ some, dtype=np.float32)

    def dense(self, words: sparse.csr_matrix) -> NDArray[np.float32]:
        """Latent semantic analysis, `(text, dimension)`, rows of length one."""
        found = np.asarray(words @ self.directions, dtype=np.float32)
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), np.float32(1e-9)))


def fit_words(texts: Sequence[str], *, seed: int = 0) -> tuple[WordVectors, sparse.csr_matrix]:
    """Vectors for such texts, and the weights of their words. Raises DataError where no word stands in two texts."""
    rare = RARE if len(texts) >= FEW_TEXTS else 1
    vectoriser = _vectoriser(min_df=rare, max_features=MOST_WORDS)
    try:
        words = sparse.csr_matrix(vectoriser.fit_transform(texts), dtype=np.float32)
    except ValueError as error:
        raise DataError(
            "No word stands in two of the texts; is this the column of texts? Name it: --text-column."
        ) from (error)
    names = tuple(vectoriser.get_feature_names_out().tolist())
    frequency = np.bincount(words.indices, minlength=len(names)) / words.shape[0]
    alone = np.array([" " not in name or bool(re.match(f"[{WITHOUT_SPACES}]", name)) for name in names])
    topical = alone & (frequency <= max(COMMON, 2 / len(texts)))
    dimension = min(DIMENSION, min(words.shape) - 1)
    if dimension < 1:
        directions = np.ones((len(names), 1), dtype=np.float32)
    else:
        svd = TruncatedSVD(dimension, n_iter=3, random_state=seed).fit(words)
        directions = np.asarray(svd.components_.T, dtype=np.float32)
    fitted = WordVectors(
        names, np.asarray(vectoriser.idf_, np.float32), topical if topical.any() else ~topical, directions
    )
    return fitted, words


def _vectoriser(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        tokenizer=tokens,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        sublinear_tf=True,
        dtype=np.float32,
        **options,
    )
