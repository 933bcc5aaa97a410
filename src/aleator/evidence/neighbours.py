"""What the nearest examples in the embedding are labelled."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from aleator.evidence.inputs import EvidenceInputs

BLOCK_CELLS = 32_000_000
VOTERS = 20
"""Neighbours that vote as a learner."""
MOST_FOR_NEIGHBOURS = 100_000
"""Exact neighbours among more examples take longer than everything else together."""
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


def nearest_neighbours(
    embedding: NDArray[np.float32],
    duplicate_group: NDArray[np.int64],
    *,
    count: int = 10,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The `count` nearest examples by cosine, exact.

    Returns their rows, nearest first, `(example, count)`, -1 where there are fewer; and the cosine distance to
    the last of them, `(example,)`, from 0 (same direction) to 2.

    Copies of an example (its `duplicate_group`, -1 = stands alone) are not among its neighbours: they would vote
    for themselves. Memory is one block of similarities, never `(example, example)`.
    """
    total = len(embedding)
    directions = torch.from_numpy(embedding)
    directions = F.normalize(directions - directions.mean(0), dim=1)
    own = np.where(duplicate_group >= 0, duplicate_group, -1 - np.arange(total))
    group = torch.from_numpy(own)
    largest_group = int(np.unique(own, return_counts=True)[1].max(initial=1))
    wanted = min(count + largest_group, total)
    rows_of, distance = np.full((total, count), -1, dtype=np.int64), np.zeros(total)
    for rows in torch.split(torch.arange(total), max(1, BLOCK_CELLS // total)):
        similarity, candidate = (directions[rows] @ directions.T).topk(wanted, dim=1)
        similarity = torch.where(group[candidate] == group[rows][:, None], -torch.inf, similarity)
        similarity, place = similarity.topk(min(count, wanted), dim=1)
        found = similarity > -torch.inf
        rows_of[rows.numpy(), : found.shape[1]] = torch.where(found, candidate.gather(1, place), -1).numpy()
        farthest = similarity.masked_fill(~found, torch.inf).amin(1)
        distance[rows.numpy()] = torch.where(found.any(1), 1 - farthest, 2.0).numpy()
        on_block(int(rows[-1]) + 1, total)
    return rows_of, distance


def joint_embedding(embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The members' embeddings side by side, each centred and of unit length, `(example, member x feature)`."""
    centred = [embedding - embedding.mean(axis=0) for embedding in embeddings]
    lengths = [np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12) for part in centred]
    return np.concatenate([part / length for part, length in zip(centred, lengths, strict=True)], axis=1)
