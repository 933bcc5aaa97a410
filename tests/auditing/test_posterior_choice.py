"""`aleator audit --posterior NAME`: every posterior, on feature vectors that are learned in a moment."""

from pathlib import Path

import numpy as np
import pytest

from aleator.auditing.audit import audit
from aleator.auditing.settings import AuditSettings
from aleator.data import FeatureArray, LabelledDataset
from aleator.errors import AleatorError
from aleator.learning.checkpoints import load_network
from aleator.models.posteriors import POSTERIORS

pytestmark = pytest.mark.usefixtures("brief_training")


def features() -> LabelledDataset:
    random = np.random.default_rng(0)
    labels = np.arange(90) % 3
    values = (random.normal(size=(90, 4)) + 2.5 * np.eye(3, 4)[labels]).astype(np.float32)
    return LabelledDataset(
        name="features",
        path="features",
        ids=np.array([str(row) for row in range(90)]),
        source=FeatureArray(values),
        given_labels=np.where(np.arange(90) < 6, (labels + 1) % 3, labels),
        class_names=("a", "b", "c"),
    )


@pytest.mark.parametrize("name", POSTERIORS)
def test_an_audit_with_every_posterior(name: str, tmp_path: Path) -> None:
    settings = AuditSettings(effort="quick", members=2, posterior=name, learner="networks")
    result = audit(features(), tmp_path / "audit", settings)
    draws = 2 * POSTERIORS[name]().draws
    assert result.info.model.posterior == result.info.settings.posterior == name
    assert result.info.model.draws == draws == 2 * result.info.model.unseen_draws
    assert result.logits.shape == (2, draws, 90, 3)
    epistemic, total = result.column("epistemic"), result.column("total")
    assert (epistemic >= 0).all()
    assert (epistemic <= total + 1e-6).all()
    assert (epistemic > 0).any()
    suspicion = result.column("p_mislabelled")
    assert np.mean(suspicion[:6]) > np.mean(suspicion[6:]) + 0.2
    assert load_network(tmp_path / "audit" / "models" / "member-0.safetensors").spec.posterior == name


def test_each_label_needs_a_network_that_has_not_seen_it() -> None:
    assert AuditSettings().member_count == AuditSettings(posterior="swag").member_count == 3
    assert AuditSettings(posterior="swag", members=2).member_count == 2
    with pytest.raises(AleatorError, match="from 2 to 100"):
        AuditSettings(members=1)
    with pytest.raises(AleatorError, match="mc_dropconnect"):
        AuditSettings(posterior="magic")
