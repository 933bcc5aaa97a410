"""Each kind of evidence against a case worked by hand."""

import numpy as np
import pytest

from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.clusters import agreement, dense_clusters, k_means
from aleator.evidence.neighbours import joint_embedding


@pytest.fixture
def inputs() -> EvidenceInputs:
    nan = np.nan
    return EvidenceInputs(
        given_label=np.array([0, 1, -1]),
        log_probs=np.log([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]]),
        margin_history=np.array([[1.0, -2.0, nan], [3.0, nan, nan]], dtype=np.float32),
        embedding=np.array([[0.0, 1.0], [0.0, 1.1], [0.0, 0.9]], dtype=np.float32),
        neighbours=np.array([[1, 2], [0, 2], [0, 1]]),
    )


def test_by_hand(inputs: EvidenceInputs) -> None:
    columns = {name: score(inputs) for name, score in EVIDENCE.items()}
    assert columns["self_confidence"][:2] == pytest.approx([0.7, 0.3])
    assert columns["margin"][:2] == pytest.approx([np.log(0.7 / 0.2), np.log(0.3 / 0.6)])
    assert columns["area_under_margin"][:2] == pytest.approx([2.0, -2.0])
    assert columns["small_loss"][0] > 0.5 > columns["small_loss"][1]
    assert columns["neighbour_agreement"][:2] == pytest.approx([0.0, 0.0])
    for name, column in columns.items():
        assert np.isnan(column[2]), f"{name} says something of an example without a label"


def test_joint_embedding_weighs_each_member_the_same() -> None:
    random = np.random.default_rng(0)
    small, large = random.normal(size=(9, 4)), 1000 * random.normal(size=(9, 4))
    joint = joint_embedding([small.astype(np.float32), large.astype(np.float32)])
    assert joint.shape == (9, 8)
    assert np.linalg.norm(joint[:, :4], axis=1) == pytest.approx(np.ones(9), abs=1e-5)
    assert np.linalg.norm(joint[:, 4:], axis=1) == pytest.approx(np.ones(9), abs=1e-5)


def test_clusters_ask_the_others_in_them() -> None:
    cluster, labels = np.array([0, 0, 0, 1, 1, -1]), np.array([0, 0, 1, 1, -1, 0])
    shares = agreement(cluster, labels)
    usual = np.array([3, 2]) / 5
    assert shares[0] == pytest.approx((1 + 5 * usual[0]) / (2 + 5))
    assert shares[2] == pytest.approx((0 + 5 * usual[1]) / (2 + 5))
    assert shares[3] == pytest.approx(usual[1])
    assert np.isnan(shares[4])


def test_clusters_of_an_embedding_that_separates_the_classes_find_wrong_labels() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 900)
    embedding = (random.normal(size=(900, 8)) + 8 * np.eye(3, 8)[truth]).astype(np.float32)
    labels = np.where(random.random(900) < 0.1, (truth + 1) % 3, truth)
    for cluster in (k_means(embedding, 12), dense_clusters(embedding)):
        found = cluster >= 0
        assert found.mean() > 0.7
        share = agreement(cluster, labels)
        assert share[found & (labels == truth)].min() > share[found & (labels != truth)].max()
    assert np.array_equal(k_means(embedding, 12), k_means(embedding, 12))
    assert (dense_clusters(embedding[:20]) == -1).all()
