"""Texts as vectors, in any script."""

import numpy as np
import pytest

from aleator.data.near_texts import near_pairs
from aleator.errors import DataError
from aleator.vectors.words import fit_words, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't STOP, it's 5pm!", ["don", "t", "stop", "it", "s", "5pm"]),
        ("今天天气很好", list("今天天气很好")),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("Straße ｆｕｌｌ", ["strasse", "full"]),
        ("great 👍", ["great", "👍"]),
    ],
)
def test_words_of_many_scripts(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_other_texts_become_vectors_as_the_first_did() -> None:
    texts = [f"{'good film' if row % 2 else 'bad book'} number {row}" for row in range(60)]
    fitted, words = fit_words(texts)
    assert np.allclose(fitted.weights_of(texts).toarray(), words.toarray(), atol=1e-6)
    assert np.allclose(np.linalg.norm(fitted.dense(words), axis=1), 1, atol=1e-5)
    unknown = fitted.weights_of(["xyzzy"])
    assert unknown.nnz == 0
    assert np.isfinite(fitted.dense(unknown)).all()


def test_pairs_of_characters_are_words_without_spaces() -> None:
    fitted, _ = fit_words(["今天天气很好"] * 3 + ["明天会下雨吗"] * 3)
    assert "天 气" in fitted.words


def test_texts_without_a_word_are_refused() -> None:
    with pytest.raises(DataError, match=r"No word stands in two of the texts.*--text-column"):
        fit_words(["...", "!!!", "  "])


def test_texts_are_alike_that_share_most_of_their_words() -> None:
    news = "the quick brown fox jumps over the lazy dog while the farmer sleeps under his old apple tree by the river"
    texts = [news, f"{news} today", news.replace("fox", "cat"), news.upper(), "another text about something else"]
    texts += [f"a text of its own with the number {row} and words {row * 7} and {row * 13}" for row in range(30)]
    found = {tuple(sorted(pair)) for pair in near_pairs(texts).T.tolist()}
    assert {(0, 1), (0, 3)} <= found
    assert all(4 not in pair for pair in found)
