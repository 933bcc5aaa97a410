"""A head that begins with what the backbone knows."""

import numpy as np
import torch
from torch import nn

from aleator.learning.begun_head import fit_head
from aleator.models.network import Network, NetworkSpec


def test_it_predicts_what_a_linear_function_of_the_features_can() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(size=(3, 20)) * 2
    labels = np.arange(300) % 3
    values = torch.from_numpy((centres[labels] + random.normal(size=(300, 20))) * 5 + 3).float()
    network = Network(NetworkSpec("own", (20,), 3), nn.Identity()).eval()
    before = network.read(values).spread
    fit_head(network, values, torch.from_numpy(labels))
    said = network.read(values)
    assert (said.mean.argmax(1).numpy() == labels).mean() > 0.97
    assert torch.equal(said.spread, before)
    soft = torch.full((300, 3), 0.2) + 0.4 * nn.functional.one_hot(torch.from_numpy(labels), 3)
    fit_head(network, values, soft * 7)
    probs = torch.softmax(network.read(values).mean, 1)
    assert abs(float(probs.detach().max(1).values.mean()) - 0.6) < 0.05


def test_of_labels_without_rule_it_says_little() -> None:
    random = np.random.default_rng(0)
    values, labels = (
        torch.from_numpy(random.normal(size=(200, 150))).float(),
        torch.from_numpy(random.integers(0, 2, 200)),
    )
    network = Network(NetworkSpec("own", (150,), 2), nn.Identity()).eval()
    fit_head(network, values, labels)
    assert float(torch.softmax(network.read(values).mean.detach(), 1).max(1).values.mean()) < 0.75
