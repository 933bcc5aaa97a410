"""What is told of the given labels alone is what all classes tell of them."""

import numpy as np
import pytest

from aleator.noise.given import each_of_given
from aleator.noise.hypotheses import explain, only
from aleator.noise.label_noise import centred


@pytest.mark.parametrize("classes", [25, 60])
def test_given_labels_are_as_probably_right_as_by_all_classes(classes: int) -> None:
    random = np.random.default_rng(classes)
    truth = random.integers(0, classes, 2000)
    logits = random.standard_normal((2000, classes))
    logits[np.arange(2000), truth] += 4
    logits[:20] = 0  # ties: which classes are told apart is chance
    logits[20:25, 20:] = -np.inf  # probabilities of zero
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    given = np.where(random.random(2000) < 0.2, random.integers(0, classes, 2000), truth)
    hypotheses = explain(log_probs, given)
    each = each_of_given(hypotheses, log_probs, given)
    assert len(each) == len(hypotheses.crowds) > 3
    for crowd, right in zip(hypotheses.crowds, each, strict=True):
        expected = only(crowd).posterior(centred(log_probs), given)[np.arange(2000), given]
        assert right[20:] == pytest.approx(expected[20:], abs=2e-5)
    together = hypotheses.posterior(centred(log_probs), given)[np.arange(2000), given]
    assert (hypotheses.weights @ each)[20:] == pytest.approx(together[20:], abs=2e-5)
    assert np.isfinite(each).all()
