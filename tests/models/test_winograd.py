"""Convolutions by Winograd's way: the same as the plain ones, up to rounding, forwards and backwards."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from aleator.models import winograd
from aleator.models.network import Network, NetworkSpec, folded
from aleator.models.winograd import POINTS, Conv3x3

SHAPE = (1, 48, 48)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def conv(inputs: int, outputs: int, *, bias: bool = False) -> Conv3x3:
    layer = Conv3x3(inputs, outputs)
    layer.weight = nn.Parameter(random(outputs, inputs, 3, 3) / (3 * inputs**0.5))
    if bias:
        layer.bias = nn.Parameter(random(outputs, seed=1))
    return layer


def exact(layer: Conv3x3, images: Tensor) -> Tensor:
    bias = None if layer.bias is None else layer.bias.double()
    return functional.conv2d(images.double(), layer.weight.double(), bias, padding=1)


def largest_error(found: Tensor, wanted: Tensor) -> float:
    """In units of the largest value."""
    return float((found.double() - wanted).abs().max() / wanted.abs().max())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The side of the tiles, for each convolution that was computed by Winograd's way."""
    sides: list[int] = []
    convolve = winograd._convolve

    def counted(images: Tensor, kernels: Tensor, bias: Tensor | None, grid: winograd._Grid) -> Tensor:
        sides.append(grid.side)
        return convolve(images, kernels, bias, grid)

    monkeypatch.setattr(winograd, "_convolve", counted)
    return sides


@pytest.mark.parametrize("side", POINTS)
def test_the_transforms_are_exact_for_one_tile(side: int) -> None:
    tile, kernel, result = (matrix.double() for matrix in winograd._transforms(side))
    picture, weight = random(side + 2, side + 2).double(), random(3, 3, seed=1).double()
    found = result @ ((tile @ picture.flatten()) * (kernel @ weight.flatten()))
    wanted = functional.conv2d(picture[None, None], weight[None, None])
    assert largest_error(found.view(side, side), wanted[0, 0]) < 1e-5  # of matrices in single precision


@settings(max_examples=40, deadline=None)
@given(
    examples=st.integers(64, 200),
    inputs=st.sampled_from([48, 64, 65]),
    outputs=st.sampled_from([48, 80]),
    height=st.integers(1, 15),
    width=st.integers(1, 15),
    channels_last=st.booleans(),
    bias=st.booleans(),
)
def test_any_size_is_convolved_as_the_plain_way_does(
    examples: int, inputs: int, outputs: int, height: int, width: int, channels_last: bool, bias: bool
) -> None:
    layer = conv(inputs, outputs, bias=bias)
    images = random(examples, inputs, height, width)
    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        assert largest_error(layer(images), exact(layer, images)) < 5e-5


@pytest.mark.parametrize(("size", "side"), [(6, 6), (7, 4), (8, 4), (12, 4), (16, 4)])
def test_slopes_are_those_of_the_plain_way(size: int, side: int, calls: list[int]) -> None:
    layer, images = conv(64, 128, bias=True), random(150, 64, size, size).requires_grad_()
    slope = random(150, 128, size, size, seed=2)
    layer(images).backward(slope)
    assert calls == [side, side]  # the result, and the slope of the images

    exactly = copy.deepcopy(layer).double().requires_grad_()
    of_images = images.detach().double().requires_grad_()
    assert exactly.bias is not None
    assert layer.bias is not None
    functional.conv2d(of_images, exactly.weight, exactly.bias, padding=1).backward(slope.double())
    for found, wanted in (
        (images.grad, of_images.grad),
        (layer.weight.grad, exactly.weight.grad),
        (layer.bias.grad, exactly.bias.grad),
    ):
        assert found is not None
        assert wanted is not None
        assert largest_error(found, wanted) < 5e-5


def test_only_the_slopes_that_are_asked_for_are_computed(calls: list[int]) -> None:
    layer, images = conv(64, 64), random(64, 64, 8, 8)
    layer(images).sum().backward()
    assert calls == [4]
    assert layer.weight.grad is not None

    before = layer.weight.grad.clone()
    layer.requires_grad_(False)
    images.requires_grad_()
    layer(images).sum().backward()
    assert layer.weight.grad.norm() > 0
    assert torch.equal(layer.weight.grad, before)
    assert images.grad is not None
    assert calls == [4, 4, 4]


def test_slopes_have_slopes() -> None:
    """A penalty on the slope in the images, as a posterior has it."""
    layer, images = conv(64, 48), random(64, 64, 6, 6)

    def penalty(forward: nn.Module, weight_dtype: torch.dtype) -> Tensor:
        inputs = images.to(weight_dtype).requires_grad_()
        (slope,) = torch.autograd.grad(forward(inputs).square().sum(), inputs, create_graph=True)
        return slope.square().mean()

    plain = nn.Conv2d(64, 48, 3, padding=1, bias=False).double()
    plain.load_state_dict(layer.state_dict())
    penalty(layer, torch.float32).backward()
    penalty(plain, torch.float64).backward()
    assert layer.weight.grad is not None
    assert plain.weight.grad is not None
    assert largest_error(layer.weight.grad, plain.weight.grad) < 5e-5


def test_it_is_used_only_where_it_is_faster(calls: list[int]) -> None:
    many, few = random(64, 64, 12, 12), random(1, 64, 12, 12)
    with torch.no_grad():
        conv(64, 64)(few)  # nine tiles
        conv(64, 32)(many)
        Conv3x3(64, 64, stride=2)(many)
        conv(64, 64).double()(many.double())
        with torch.autocast("cpu", torch.bfloat16):
            conv(64, 64)(many)
        assert not calls
        conv(64, 64)(many)
    assert calls == [4]


@pytest.mark.parametrize("backbone", ["small_vgg", "deep_vgg"])
def test_folded_networks_say_the_same_and_leave_the_network_alone(backbone: str, calls: list[int]) -> None:
    torch.manual_seed(0)
    network = Network(NetworkSpec(backbone, SHAPE, 7)).train()
    images = 255 * torch.rand(96, *SHAPE)
    for _ in range(3):  # so that batch norms have statistics of their own
        network(images)
    network.eval()
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        wanted = network(images)
        fast = folded(network)
        calls.clear()
        first, again = fast(images), fast(images)
    assert len(calls) == 2 * (4 if backbone == "small_vgg" else 6)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in fast.modules())
    for found, repeated, plain in zip(first, again, wanted, strict=True):
        assert torch.equal(found, repeated)
        assert largest_error(found, plain.double()) < 5e-5
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
