"""Every objective on one list of what an objective has to do, and each by a case worked by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from aleator.learning.objectives import OBJECTIVES
from aleator.learning.objectives.early_learning import EarlyLearning
from aleator.learning.objectives.forward_correction import ForwardCorrection
from aleator.learning.objectives.learned_noise import LearnedNoise, told_apart
from aleator.learning.objectives.votes import VoteLikelihood
from aleator.uncertainty.decomposition import of_voters
from aleator.uncertainty.gaussian_logits import log_expected_softmax

FORGIVING = {"generalised_cross_entropy", "forward_correction", "learned_noise"}
"""Their gradient falls with the probability of the label: at a gap of 400 there is none in single precision."""


def loss_of(name: str, log_probs: Tensor, targets: Tensor, **options: object) -> Tensor:
    return OBJECTIVES[name](len(log_probs), log_probs.shape[1], **options)(
        log_probs, targets, torch.arange(len(log_probs))
    )


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("size", [30.0, 200.0])
def test_extreme_logits_give_finite_losses_and_live_gradients(name: str, soft: bool, size: float) -> None:
    logits = torch.tensor([[size, -size, 0.0], [-size, size, 0.0]], dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([[0.0, 1.0, 0.0]] * 2, dtype=torch.float64) if soft else torch.tensor([1, 1])
    objective = OBJECTIVES[name](2, 3).double()
    loss = objective(torch.log_softmax(logits, 1), targets, torch.arange(2))
    assert loss.shape == (2,)
    assert torch.isfinite(loss).all()
    loss.sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    if size < 100 or name not in FORGIVING:
        assert logits.grad[0, 1] < 0  # the confidently wrong one still pulls


@pytest.mark.parametrize("name", OBJECTIVES)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_a_label_is_the_same_as_its_one_hot_distribution(name: str, seed: int, classes: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.log_softmax(3 * torch.randn(5, classes, generator=generator), 1)
    labels = torch.randint(classes, (5,), generator=generator)
    hard = loss_of(name, log_probs, labels)
    soft = loss_of(name, log_probs, torch.nn.functional.one_hot(labels, classes).float())
    assert torch.allclose(hard, soft, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OBJECTIVES)
@given(st.integers(0, 10_000))
def test_the_label_is_what_pays(name: str, seed: int) -> None:
    """Moving probability to the label never costs, whatever the network says."""
    generator = torch.Generator().manual_seed(seed)
    logits = (2 * torch.randn(4, 5, generator=generator)).requires_grad_()
    labels = torch.randint(5, (4,), generator=generator)
    loss_of(name, torch.log_softmax(logits, 1), labels).sum().backward()
    assert logits.grad is not None
    pull = -logits.grad.gather(1, labels[:, None])
    # Early learning agrees with itself, bootstrapping rewards being sure, smoothing holds back from it.
    against = {"early_learning": 0.75, "learned_noise": 0.75, "soft_bootstrapping": 0.1, "label_smoothing": 0.1}.get(
        name, 1e-6
    )
    assert (pull > -against).all()


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - {"symmetric_cross_entropy"}))
def test_rows_do_not_depend_on_their_batch(name: str) -> None:
    log_probs = torch.log_softmax(torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), 1)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    together = OBJECTIVES[name](6, 4)(log_probs, labels, torch.arange(6))
    objective = OBJECTIVES[name](6, 4)
    alone = [objective(log_probs[row : row + 1], labels[row : row + 1], torch.tensor([row])) for row in range(6)]
    assert torch.allclose(together, torch.cat(alone))


P = torch.tensor([[0.5, 0.2, 0.3]])
LABEL = torch.tensor([1])
SOFT = torch.tensor([[0.25, 0.75, 0.0]])
CONFUSION = [[0.8, 0.1, 0.1], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("name", "options", "targets", "expected"),
    [
        ("cross_entropy", {}, LABEL, -math.log(0.2)),
        ("cross_entropy", {}, 4 * SOFT, -math.log(0.5) - 3 * math.log(0.2)),  # four votes
        (
            "label_smoothing",
            {"smoothing": 0.3},
            LABEL,
            -0.1 * math.log(0.5) - 0.8 * math.log(0.2) - 0.1 * math.log(0.3),
        ),
        ("generalised_cross_entropy", {"q": 0.5}, LABEL, (1 - math.sqrt(0.2)) / 0.5),
        ("generalised_cross_entropy", {"q": 1.0}, SOFT, 0.25 * 0.5 + 0.75 * 0.8),
        ("symmetric_cross_entropy", {"alpha": 0.5, "beta": 2.0}, LABEL, -0.5 * math.log(0.2) + 2 * 4 * 0.8),
        (
            "symmetric_cross_entropy",
            {"alpha": 0.0, "beta": 1.0},
            SOFT,
            -0.5 * math.log(0.25) - 0.2 * math.log(0.75) + 0.3 * 4,
        ),
        (
            "soft_bootstrapping",
            {"trust": 0.9},
            LABEL,
            -0.9 * math.log(0.2) - 0.1 * (0.5 * math.log(0.5) + 0.2 * math.log(0.2) + 0.3 * math.log(0.3)),
        ),
        (
            "forward_correction",
            {"confusion": CONFUSION, "floor": 0.0},
            LABEL,
            -math.log(0.5 * 0.1 + 0.2 * 0.7 + 0.3 * 0.0),
        ),
    ],
)
def test_by_hand(name: str, options: dict[str, object], targets: Tensor, expected: float) -> None:
    assert loss_of(name, P.log(), targets, **options).item() == pytest.approx(expected, rel=1e-5)


def test_forward_correction_is_minimal_at_the_truth_and_refuses_what_is_no_confusion() -> None:
    truth = torch.tensor([0.6, 0.3, 0.1])
    given_share = (truth @ torch.tensor(CONFUSION))[None]
    logits = torch.zeros(1, 3, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(
            "forward_correction", torch.log_softmax(logits, 1), given_share, confusion=CONFUSION, floor=0.0
        ).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert torch.allclose(torch.softmax(logits, 1)[0], truth, atol=1e-3)
    for bad in ([[1.0, 0.0]], [[0.5, 0.2], [0.5, 0.5]], [[1.5, -0.5], [0.0, 1.0]]):
        with pytest.raises(ValueError, match="confusion"):
            ForwardCorrection(1, 2, confusion=bad)


def noisy_labels(wrong: float) -> tuple[Tensor, Tensor]:
    """What a perfect network says of 6000 examples, and their labels, so many of them wrong."""
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(6000, 3)) * 4).float()
    true = torch.distributions.Categorical(logits=logits).sample()
    other = (true + torch.from_numpy(random.integers(1, 3, 6000))) % 3
    return torch.log_softmax(logits, 1), torch.where(torch.from_numpy(random.random(6000) < wrong), other, true)


@pytest.mark.parametrize("wrong", [0.0, 0.4])
def test_forward_correction_learns_how_labels_err_from_labels(wrong: float) -> None:
    log_probs, labels = noisy_labels(wrong)
    objective = ForwardCorrection(6000, 3, floor=1e-6)
    plain = -log_probs.gather(1, labels[:, None])[:, 0]
    loss = objective(log_probs, labels, torch.arange(6000))
    assert torch.allclose(loss[plain < 8], plain[plain < 8], atol=0.01)
    objective.after_epoch(0.25)
    assert torch.allclose(objective.confusion, torch.eye(3), atol=1e-3)  # one epoch says too little
    objective(log_probs, labels, torch.arange(6000))
    objective.after_epoch(0.5)
    assert torch.diag(objective.confusion).numpy() == pytest.approx(1 - wrong, abs=0.05)
    assert objective(log_probs, labels, torch.arange(6000)).mean() < plain.mean() + 1e-3


def test_what_a_network_does_not_know_yet_is_not_taken_for_noise() -> None:
    knows, labels = noisy_labels(0.0)
    guesses = knows[torch.randperm(6000, generator=torch.Generator().manual_seed(0))]
    objective = ForwardCorrection(6000, 3)
    for epoch in range(1, 10):
        objective(guesses, labels, torch.arange(6000))
        objective.after_epoch(epoch / 60)
    assert torch.diag(objective.confusion).min() > 0.99
    objective(guesses, labels, torch.arange(6000))
    objective.after_epoch(10 / 60)  # it could be noise that leaves no more to be known
    assert torch.diag(objective.confusion).max() < 0.9

    noisy = noisy_labels(0.1)[1]
    objective = ForwardCorrection(6000, 3)
    for epoch in range(1, 3):
        objective(knows, noisy, torch.arange(6000))
        objective.after_epoch(epoch / 60)
    assert torch.diag(objective.confusion).numpy() == pytest.approx(0.9, abs=0.03)


def test_a_network_that_says_the_same_of_all_examples_is_held_to_nothing() -> None:
    log_probs, labels = noisy_labels(0.0)
    same, rows = torch.tensor([[0.5, 0.3, 0.2]]).log().expand(6000, 3), torch.arange(6000)
    assert told_apart(same).item() == pytest.approx(0, abs=1e-6)
    assert told_apart(30 * torch.eye(3) - 30).item() == pytest.approx(1, abs=1e-6)
    for said, held in ((same, False), (log_probs, True)):
        objective = LearnedNoise(6000, 3)
        for epoch in range(1, 7):
            objective(said, labels, rows)
            objective.after_epoch(epoch / 60)
        pull = (objective(said, labels, rows) - objective.correction(said, labels, rows)).abs().mean()
        assert bool(pull > 0.1) is held


@pytest.mark.slow
def test_the_pull_of_early_learning_waits_while_the_learned_noise_explains_the_labels() -> None:
    pull = {}
    for wrong in (0.0, 0.4):
        log_probs, labels = noisy_labels(wrong)
        objective, rows = LearnedNoise(6000, 3, strength=4.0, patience=100.0, least_epochs=10), torch.arange(6000)
        for _ in range(30):
            objective.memory.disagreement(log_probs, rows)  # by now it remembers just what the network says
        pull[wrong] = []
        for epoch in range(12):
            both = objective(log_probs, labels, rows)
            pull[wrong].append(float((both - objective.correction(log_probs, labels, rows)).mean()))
            objective.after_epoch((epoch + 1) / 12)
        pull[wrong] = np.array(pull[wrong]) / float(objective.memory.disagreement(log_probs, rows).mean())
    assert pull[0.0][[5, 10, 11]] == pytest.approx([0.25, 1, 1], rel=0.02)
    assert pull[0.4][10] == pytest.approx((10 / 40) ** 2, rel=0.2)


def test_early_learning_by_hand() -> None:
    objective = EarlyLearning(1, 2, strength=3.0, momentum=0.5, floor=0.0)
    p = torch.tensor([[0.8, 0.2]])
    memory = 0.5 * torch.tensor([[0.5, 0.5]]) + 0.5 * p
    expected = -np.log(0.2) + 3.0 * np.log(1 - float((memory * p).sum()))
    loss = objective(p.log(), torch.tensor([1]), torch.tensor([0]))
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert torch.allclose(objective.memory, memory)
    assert "memory" in objective.state_dict()


def test_early_learning_cancels_the_pull_of_a_label_that_contradicts_what_was_learned() -> None:
    log_probs = torch.tensor([[0.9, 0.05, 0.05]]).log()
    pulls = {}
    for name in OBJECTIVES:
        objective = OBJECTIVES[name](1, 3)
        for _ in range(20):  # the network has said class 0 all along
            objective(log_probs, torch.tensor([1]), torch.tensor([0]))
        logits = log_probs.clone().requires_grad_()
        objective(torch.log_softmax(logits, 1), torch.tensor([1]), torch.tensor([0])).sum().backward()
        assert logits.grad is not None
        pulls[name] = -float(logits.grad[0, 0])  # descent moves class 0 by this much
    assert pulls["cross_entropy"] < -0.5
    assert abs(pulls["generalised_cross_entropy"]) < 0.2 * abs(pulls["cross_entropy"])
    assert pulls["early_learning"] > 0


def test_votes_compare_the_pairs_that_differ_with_those_expected() -> None:
    objective = VoteLikelihood(3, 3, strength=2.0)
    mean, spread = P.log().expand(3, 3), torch.full((3, 3), 1e-6)
    votes = torch.tensor([[3.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    expected = 1 - (0.25 + 0.04 + 0.09)
    assert objective.of_logits(mean, spread, votes).tolist() == pytest.approx([2 * 4 * (expected - 0.5) ** 2, 0, 0])
    assert (objective.of_logits(mean, spread, torch.tensor([0, 1, 2])) == 0).all()  # one vote has no pairs


def test_a_spread_tells_voters_who_quarrel_from_pictures_that_cannot_be_told_apart() -> None:
    """The same mean votes: five and five each time, and all ten for the one or for the other."""
    quarrel = torch.tensor([[5.0, 5.0]]).repeat(8, 1)
    unanimous = torch.tensor([[10.0, 0.0], [0.0, 10.0]]).repeat(4, 1)
    objective = VoteLikelihood(16, 2)
    mean, raw = torch.zeros(2, 2, requires_grad=True), torch.zeros(2, 2, requires_grad=True)
    optimizer = torch.optim.Adam([mean, raw], lr=0.1)
    kind = torch.arange(2).repeat_interleave(8)
    targets = torch.cat([quarrel, unanimous])
    for _ in range(300):
        spread = torch.nn.functional.softplus(raw)
        log_probs = log_expected_softmax(mean[kind], spread[kind])
        loss = objective(log_probs, targets, torch.arange(16)) + objective.of_logits(mean[kind], spread[kind], targets)
        optimizer.zero_grad()
        loss.mean().backward()
        optimizer.step()
    parts = of_voters(mean.detach()[None], torch.nn.functional.softplus(raw).detach()[None])
    assert parts.total.tolist() == pytest.approx([math.log(2)] * 2, abs=0.01)
    assert parts.aleatoric[0] > 0.6
    assert parts.aleatoric[1] < 0.2


@given(st.integers(3, 12), st.integers(0, 1000))
def test_pairs_of_few_votes_differ_as_often_as_those_of_many(votes: int, seed: int) -> None:
    share = np.array([0.6, 0.3, 0.1])
    counts = np.random.default_rng(seed).multinomial(votes, share, 4000).astype(np.float32)
    # Certain of class 0: it expects no pair to differ, so that the root of the loss is the share of those that do.
    mean, spread = torch.tensor([[50.0, 0.0, 0.0]]).expand(4000, 3), torch.full((4000, 3), 1e-3)
    loss = VoteLikelihood(4000, 3, strength=1.0).of_logits(mean, spread, torch.from_numpy(counts))
    differ = (loss / votes).sqrt()
    assert float(differ.mean()) == pytest.approx(1 - (share**2).sum(), abs=5 * float(differ.std()) / 4000**0.5)


def test_the_memory_of_many_classes_is_bounded_and_nearly_the_whole_one() -> None:
    examples, classes = 20, 500
    bounded, whole = EarlyLearning(examples, classes), EarlyLearning(examples, classes, most_kept=classes)
    assert sum(buffer.numel() for buffer in bounded.buffers()) == 2 * examples * 64
    generator = torch.Generator().manual_seed(0)
    base = 6 * torch.randn(examples, classes, generator=generator)
    labels, rows = torch.randint(classes, (examples,), generator=generator), torch.arange(examples)
    for _ in range(10):
        log_probs = torch.log_softmax(base + 0.3 * torch.randn(examples, classes, generator=generator), 1)
        one, other = bounded(log_probs, labels, rows), whole(log_probs, labels, rows)
    assert torch.allclose(one, other, rtol=0.02)
    assert (one - -log_probs.gather(1, labels[:, None]).squeeze(1)).abs().min() > 0.05  # the memory does say something
