"""How much is computed follows from the effort and the number of examples, by one rule for all verbs."""

import pytest

from aleator.auditing.settings import AuditSettings
from aleator.learning.effort import AUDIT_EFFORTS, FEW, FEWEST_STEPS, MOST_EPOCHS, TRAINING_EFFORTS, schedule
from aleator.models.backbones import usual_backbone
from aleator.training.settings import TrainSettings


def test_audits_and_trainings_have_the_same_efforts() -> None:
    assert list(AUDIT_EFFORTS) == list(TRAINING_EFFORTS)
    assert {effort.backbone for effort in AUDIT_EFFORTS.values()} == {usual_backbone("images").name}


@pytest.mark.parametrize(
    ("examples", "epochs", "batch_size"),
    [(28_709, 12, 128), (4096, 22, 128), (3000, 16, 64), (1023, 23, 32), (60, 60, 30), (3, 60, 2)],
)
def test_few_examples_are_passed_more_often_in_smaller_batches(examples: int, epochs: int, batch_size: int) -> None:
    assert schedule(examples, 12) == (epochs, batch_size)
    for training in (TrainSettings().training(examples), AuditSettings().training(examples, "features")):
        assert (training.epochs, training.batch_size) == (epochs, batch_size)
        assert training.epochs == MOST_EPOCHS or training.steps(examples) >= FEWEST_STEPS


@pytest.mark.parametrize("examples", [40, 300, 1000, 4095, 4096, 20_000, 10**6])
def test_an_audit_of_pictures_takes_the_steps_of_its_effort_whatever_its_size(examples: int) -> None:
    seen = []
    for name, effort in AUDIT_EFFORTS.items():
        training = AuditSettings(effort=name).training(examples)
        most = effort.most_epochs if examples >= FEW else effort.few_epochs
        assert training.epochs == most or training.steps(examples) >= effort.fewest_steps
        assert effort.epochs <= training.epochs <= most
        seen.append(training.epochs)
    assert 1.5 * seen[0] <= seen[1] <= 0.6 * seen[2], "quick is markedly quicker than standard, and that than thorough"


def test_other_numbers_by_hand() -> None:
    how = {"batch_size": 64, "fewest_steps": 400, "most_epochs": 100}
    assert schedule(1000, 12, **how) == (27, 64)  # 15 batches
    assert schedule(100_000, 12, **how) == (12, 64)
    assert schedule(100, 12, **how) == (100, 50)
