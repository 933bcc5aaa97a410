"""What the nearest examples in the embedding are labelled."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aleator.evidence.inputs import EvidenceInputs

VOTERS = 20
"""Neighbours that vote as a learner."""
SHOWN = 10
"""Neighbours that an audit keeps of each example."""
VOTE_PRIOR = 2.0
"""Votes for all classes together before any neighbour has voted."""


def neighbour_agreement(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Share of the nearest neighbours that carry the same given label, 0 to 1."""
    found = inputs.neighbours >= 0
    labels = np.where(found, inputs.given_label[np.maximum(inputs.neighbours, 0)], -1)
    labelled = labels >= 0
    same = (labels == inputs.given_label[:, None]) & labelled
    with np.errstate(invalid="ignore"):
        share = same.sum(axis=1) / labelled.sum(axis=1)
    return np.where(inputs.given_label >= 0, share, np.nan)


def neighbour_vote(neighbours: NDArray[np.int64], given_label: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """What the labels of the neighbours `(example, neighbour)` say of each example, as log-probabilities `(example,
    class)`. An example's own label has no part in it."""
    votes = np.full((len(given_label), classes), VOTE_PRIOR / classes, dtype=np.float32)
    for place in range(neighbours.shape[1]):
        there = np.flatnonzero(neighbours[:, place] >= 0)
        label = given_label[neighbours[there, place]]
        np.add.at(votes, (there[label >= 0], label[label >= 0]), 1)
    return np.asarray(np.log(votes / votes.sum(axis=1, keepdims=True)))


def joint_embedding(embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The members' embeddings side by side, each centred and of unit length, `(example, member x feature)`."""
    centred = [embedding - embedding.mean(axis=0) for embedding in embeddings]
    lengths = [np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12) for part in centred]
    return np.concatenate([part / length for part, length in zip(centred, lengths, strict=True)], axis=1)
