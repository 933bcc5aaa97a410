"""Which labels are usual in an example's cluster of the embedding.

Clusters are found without looking at a label, and then asked for theirs. That works as far as the embedding separates
the classes; on raw faces, clusters are poses and lights (docs/clustering.md has the figures).
"""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from aleator.evidence.features import leading_features
from aleator.evidence.inputs import EvidenceInputs

CLUSTERS_PER_CLASS = 10
PRIOR_EXAMPLES = 5.0
"""A cluster speaks for itself only beyond so many examples; before, the whole data set speaks for it."""
SMALLEST_DENSE_CLUSTER = 30
DENSE_DIRECTIONS = 5
"""In more directions nearly everything is noise to a method that looks for dense places."""
MOST_FOR_DENSITY = 60_000
"""Beyond so many examples density clustering takes minutes, and is left out."""


def cluster_agreement(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Share of the same given label in the example's k-means cluster, 0 to 1, without the example itself."""
    return agreement(k_means(inputs.embedding, CLUSTERS_PER_CLASS * inputs.log_probs.shape[1]), inputs.given_label)


def dense_cluster_agreement(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """The same in HDBSCAN's clusters (Campello et al. 2013); NaN outside of them, and in large data sets."""
    if len(inputs.embedding) > MOST_FOR_DENSITY:
        return np.full(len(inputs.embedding), np.nan)
    cluster = dense_clusters(inputs.embedding)
    return np.where(cluster >= 0, agreement(cluster, inputs.given_label), np.nan)


def k_means(embedding: NDArray[np.float32], clusters: int) -> NDArray[np.int64]:
    """The cluster of each example, `(example,)`."""
    if not embedding.shape[1]:
        return np.zeros(len(embedding), dtype=np.int64)
    from sklearn.cluster import MiniBatchKMeans

    with threadpool_limits(1):  # several threads add up in an order of their own: the same seed, another result
        model = MiniBatchKMeans(min(clusters, len(embedding)), n_init=3, batch_size=4096, random_state=0)
        return np.asarray(model.fit_predict(embedding), dtype=np.int64)


def dense_clusters(embedding: NDArray[np.float32]) -> NDArray[np.int64]:
    """HDBSCAN's cluster of each example in the leading directions, `(example,)`, -1 outside of all clusters."""
    directions = leading_features(embedding)[:, :DENSE_DIRECTIONS].astype(np.float64)
    if not directions.shape[1] or len(directions) < 2 * SMALLEST_DENSE_CLUSTER:
        return np.full(len(directions), -1)
    from sklearn.cluster import HDBSCAN

    with threadpool_limits(1):
        model = HDBSCAN(min_cluster_size=SMALLEST_DENSE_CLUSTER, min_samples=5, copy=True)
        return np.asarray(model.fit_predict(directions), dtype=np.int64)


def agreement(cluster: NDArray[np.int64], given_label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of the same label among the other labelled examples of a cluster; NaN without a label."""
    labelled = given_label >= 0
    classes = int(given_label.max(initial=0)) + 1
    counts = np.zeros((int(cluster.max(initial=-1)) + 2, classes))
    np.add.at(counts, (cluster[labelled], given_label[labelled]), 1)  # -1 is the last row
    usual = np.bincount(given_label[labelled], minlength=classes) / max(1, labelled.sum())
    label = np.maximum(given_label, 0)
    same, total = counts[cluster, label] - 1, counts[cluster].sum(axis=1) - 1
    share = (same + PRIOR_EXAMPLES * usual[label]) / (total + PRIOR_EXAMPLES)
    return np.where(labelled, share, np.nan)
