"""The drawn faces are what they say: their truth is a formula, their noise is as asked, their copies are copies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aleator.data.drawn_faces import PROTOTYPES, crowd_answer, drawn_faces, render
from aleator.data.synthetic_noise import from_confusion, pair_flip, symmetric
from aleator.noise.counted import measured_confusion


def test_the_same_seed_draws_the_same_faces() -> None:
    first, again, other = drawn_faces(50, seed=1), drawn_faces(50, seed=1), drawn_faces(50, seed=2)
    assert first.dataset.fingerprint() == again.dataset.fingerprint() != other.dataset.fingerprint()


def test_the_crowd_is_sure_of_a_strong_expression_and_split_over_a_blend() -> None:
    answers = crowd_answer(PROTOTYPES)
    assert (answers.argmax(axis=1) == np.arange(7)).all()
    assert answers.max(axis=1).min() > 0.9
    blends = crowd_answer((PROTOTYPES[[2, 2]] + PROTOTYPES[[4, 5]]) / 2)
    assert blends.max(axis=1).max() < 0.7
    assert answers.sum(axis=1) == pytest.approx(np.ones(7))


def test_noise_and_annotators_are_as_known() -> None:
    faces = drawn_faces(3000, seed=0, noise_rate=0.2)
    seen = faces.is_face
    wrong = (faces.dataset.given_labels != faces.true_label)[seen]
    assert wrong.mean() == pytest.approx(0.2, abs=0.03)
    assert faces.is_mistake.sum() > 200
    votes = faces.dataset.votes
    assert votes is not None
    assert (votes.counts.sum(axis=1) == len(faces.annotator_confusion)).all()
    for annotator, known in enumerate(faces.annotator_confusion):
        own = faces.annotations[faces.annotations[:, 1] == annotator]
        answered = np.bincount(own[:, 2], minlength=7)
        expected = (faces.label_distribution @ known).sum(axis=0)
        assert (np.abs(answered - expected) < 5 * np.sqrt(expected)).all()


def test_copies_are_there_exact_and_brighter() -> None:
    pictures = drawn_faces(300, seed=0).dataset.source.pixels.reshape(300, -1)
    assert len(np.unique(pictures, axis=0)) < 300


def test_who_is_drawn_varies_while_the_expression_stays() -> None:
    pictures = render(np.repeat(PROTOTYPES[3:4], 20, axis=0), np.random.default_rng(0)).astype(float)
    assert pictures.std(axis=0).mean() > 25


@given(st.integers(2, 6), st.floats(0, 0.6), st.integers(0, 9))
def test_noise_is_put_on_at_its_rate(classes: int, rate: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(-1, classes, 2000)
    for noise in (symmetric, pair_flip):
        noisy = noise(labels, classes, rate, random)
        assert (noisy[labels < 0] == -1).all()
        changed = (noisy != labels)[labels >= 0]
        assert abs(changed.mean() - rate) < 0.06
        if noise is pair_flip:
            flipped = (noisy != labels) & (labels >= 0)
            assert (noisy[flipped] == (labels[flipped] + 1) % classes).all()


def test_a_confusion_can_be_measured_and_put_on_again() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 3, 30_000)
    confusion = np.array([[0.8, 0.2, 0.0], [0.0, 1.0, 0.0], [0.3, 0.1, 0.6]])
    assert np.abs(measured_confusion(true, from_confusion(true, confusion, random), 3) - confusion).max() < 0.02
    with pytest.raises(ValueError, match="distribution"):
        from_confusion(true, confusion * 2, random)
