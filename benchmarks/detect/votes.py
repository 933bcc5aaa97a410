"""Consensus from three votes, against the majority of the other seven of FER+'s ten.

FER+ does not say who voted. Which of the three votes comes first means nothing, so that the three columns given to
methods that learn each annotator's errors are people who all err alike: they can learn the crowd's errors, no more.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.judging import answers_of
from aleator.data.dataset import Votes
from aleator.noise.sources import Answers
from aleator.verdicts import weigh_sources
from benchmarks.detect.peers import crowdlab, dawid_skene
from benchmarks.detect.tracks import Track

DRAWN = 3


def consensus(track: Track, draws: int, *, packages: bool) -> dict[str, dict[str, float]]:
    """Accuracy of each method's consensus, mean of several draws of the votes: from the votes (and, where the method
    can, the networks), and with the given label as one more annotator."""
    results: dict[str, list[tuple[float, float]]] = {}
    for draw in range(draws):
        drawn, rest, answers = draw_votes(track, draw)
        referee = rest.majority()
        scored = (referee >= 0) & (answers >= 0).any(axis=1)
        for given_too in (False, True):
            asked = np.column_stack([answers, track.given]) if given_too else answers
            methods: dict[str, Callable[[], NDArray[np.int64]]] = {
                "aleator": partial(_ours, track, drawn, given_too),
                "majority vote": partial(majority, asked, track.observations.classes, draw),
            }
            if packages:
                methods["Dawid-Skene (crowd-kit)"] = partial(dawid_skene, asked)
                methods["CROWDLAB (cleanlab)"] = partial(crowdlab, asked, track.probs)
            for name, method in methods.items():
                start = time.perf_counter()
                label = method()
                seconds = time.perf_counter() - start
                name = f"{name}, and the given label" if given_too else name
                results.setdefault(name, []).append((float((label == referee)[scored].mean()), seconds))
    return {
        name: {"accuracy": float(np.mean([one[0] for one in several])), "seconds": several[0][1]}
        for name, several in results.items()
    }


def draw_votes(track: Track, seed: int) -> tuple[Votes, Votes, NDArray[np.int64]]:
    """Three votes of each example, the others, and the three one by one `(example, vote)`, -1 for no class.

    Examples with fewer than ten votes have none left in either.
    """
    votes = track.votes
    assert votes is not None
    random = np.random.default_rng([seed, 3])
    counts = np.where(votes.counts.sum(axis=1, keepdims=True) == 10, votes.counts, 0).astype(np.int64)
    ten = np.flatnonzero(counts.any(axis=1))
    answer = np.repeat(np.tile(np.arange(counts.shape[1]), len(ten)), counts[ten].ravel()).reshape(len(ten), 10)
    three = random.permuted(answer, axis=1)[:, :DRAWN]
    drawn = np.zeros_like(counts)
    np.add.at(drawn, (ten[:, None], three), 1)
    labels = np.full((len(counts), DRAWN), -1)
    labels[ten] = votes.class_index[three]
    drawn_votes, others = (replace(votes, counts=some.astype(np.float32)) for some in (drawn, counts - drawn))
    return drawn_votes, others, labels


def majority(answers: NDArray[np.int64], classes: int, seed: int) -> NDArray[np.int64]:
    """The most frequent answer, ties broken by chance."""
    counts = (answers[:, :, None] == np.arange(classes)).sum(axis=1)
    return np.asarray((counts + 0.5 * np.random.default_rng(seed).random(counts.shape)).argmax(axis=1))


def _ours(track: Track, drawn: Votes, given_too: bool) -> NDArray[np.int64]:
    observations = track.observations
    if not given_too:
        observations = replace(observations, given_label=np.full(len(track.given), -1))
    answers: Answers = answers_of(drawn, observations.classes)
    posterior = weigh_sources(observations, out_of_sample=track.out_of_sample, votes=answers)
    return np.asarray(posterior.distribution.argmax(axis=1))
