"""Settings are checked before anything is computed, and what a referee says is worked out by hand."""

import numpy as np
import pytest

from aleator.auditing.referee import detection_scores
from aleator.auditing.settings import AuditSettings
from aleator.errors import AleatorError
from aleator.learning.devices import pick_device


@pytest.mark.parametrize("bad", [{"effort": "heroic"}, {"members": 1}, {"seed": -1}])
def test_settings_are_checked_before_anything_is_computed(bad: dict[str, object]) -> None:
    with pytest.raises(AleatorError, match=next(iter(bad))):
        AuditSettings(**bad)  # type: ignore[arg-type]


def test_an_absent_device_is_an_error() -> None:
    with pytest.raises(AleatorError, match="--device auto"):
        pick_device("cuda:77")


def test_how_often_pictures_are_passed() -> None:
    quick = AuditSettings(effort="quick")
    assert quick.training(60_000).epochs == 3
    assert 3 < quick.training(19_139).epochs < quick.training(6_667).epochs == quick.training(10).epochs == 8
    for examples, epochs in ((10, 12), (999, 12), (1_000, 24), (3_000, 16), (6_667, 14), (28_709, 12)):
        assert AuditSettings().training(examples).epochs == epochs
    assert AuditSettings().training(28_709, "features").epochs == 12


def test_detection_scores_by_hand() -> None:
    given = np.array([0, 0, 0, 0, 1, 1])
    referee = np.array([0, 0, 1, 1, 1, -1])
    scores = detection_scores(np.array([0.1, 0.4, 0.3, 0.9, 0.2, 1.0]), given, referee)
    assert scores.auroc == pytest.approx(5 / 6)
    assert scores.auroc_within_label == pytest.approx(3 / 4)
    assert scores.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_a_score_that_knows_only_the_class_has_no_merit_within_a_label() -> None:
    random = np.random.default_rng(0)
    given = random.integers(0, 2, 2000)
    referee = np.where(random.random(2000) < np.where(given == 0, 0.6, 0.1), 1 - given, given)
    scores = detection_scores((given == 0).astype(float), given, referee)
    assert scores.auroc > 0.7
    assert scores.auroc_within_label == pytest.approx(0.5)
