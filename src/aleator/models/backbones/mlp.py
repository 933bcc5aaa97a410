"""The network of feature vectors: a perceptron."""

from torch import nn

from aleator.models.backbones.layers import StandardizeFeatures


def mlp(shape: tuple[int, ...]) -> nn.Sequential:
    """Two hidden layers on standardised feature vectors."""
    (features,) = shape
    return nn.Sequential(
        StandardizeFeatures(features),
        nn.Linear(features, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Linear(256, 192),
        nn.BatchNorm1d(192),
        nn.ReLU(inplace=True),
    )
