"""3x3 convolutions with a fourth of the multiplications, in single precision on a processor.

Winograd's minimal filtering (Lavin & Gray 2016, arXiv 1509.09308). Overlapping tiles of the picture and the kernels are
transformed such that a convolution becomes a multiplication, place by place. Over many channels that is a matrix
product for each of the `(m + 2)**2` places of a tile whose result has `m**2`; the plain way takes `9 m**2`.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_input, conv2d_weight

POINTS = {4: (0.0, 0.75, -0.75, 1.5, -1.5), 6: (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0)}
"""For each side `m` of a tile of the result, where polynomials are evaluated, besides infinity. Of those that were
tried these lose the fewest digits: errors are 1e-6 and 5e-6 of the results, 5 and 24 times the plain way's."""
TILES = 144
"""Tiles that are computed together: what is made of them stays in the cache."""
LEAST_TILES = 64
LEAST_CHANNELS = 48
"""With fewer, moving the tiles costs more than is saved."""


class Conv3x3(nn.Conv2d):
    """A 3x3 convolution with one place of zeros around the picture, computed by Winograd's way where that is faster.

    Weights are as in `nn.Conv2d`, and results differ from it by rounding.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, 3, stride, 1, bias=False)
        self._kept: dict[int, Tensor] | None = None

    def keep_kernels(self) -> None:
        """Transform the kernels once for all predictions to come; the weight must not change any more."""
        self._kept = {}

    def forward(self, input: Tensor) -> Tensor:
        grid = self._faster_grid(input)
        if grid is None:
            return super().forward(input)
        if self._kept is None:
            return cast(Tensor, _Winograd.apply(input, self.weight, self.bias, grid))  # type: ignore[no-untyped-call]
        if grid.side not in self._kept:
            self._kept[grid.side] = _kernels(self.weight, grid)
        return _convolve(input, self._kept[grid.side], self.bias, grid)

    def _faster_grid(self, images: Tensor) -> "_Grid | None":
        """The tiles to compute, None where the plain way is faster."""
        if (
            self.stride != (1, 1)
            or min(self.in_channels, self.out_channels) < LEAST_CHANNELS
            or images.device.type != "cpu"
            or images.dtype != torch.float32
            or torch.is_autocast_enabled("cpu")  # bfloat16 is used where matrix units are faster still
            or torch.compiler.is_exporting()
        ):
            return None
        grid = _grid_of(images, self.weight)
        return grid if len(images) * grid.tiles >= LEAST_TILES else None


class _Grid(NamedTuple):
    """The tiles of a picture."""

    side: int
    """Places of the result along each side of a tile, `m`."""
    rows: int
    columns: int

    @property
    def tiles(self) -> int:
        return self.rows * self.columns

    @property
    def at_once(self) -> int:
        """Pictures that are computed together."""
        return max(1, TILES // self.tiles)


def _grid_of(images: Tensor, weight: Tensor) -> _Grid:
    """The grid that takes the fewest multiplications for images `(example, channel, height, width)`."""
    outputs, inputs = weight.shape[:2]
    height, width = images.shape[2:]

    def multiplications(grid: _Grid) -> int:
        places, results = (grid.side + 2) ** 2, grid.side**2
        return grid.tiles * places * (places * inputs + inputs * outputs + results * outputs)

    return min((_Grid(side, -(-height // side), -(-width // side)) for side in POINTS), key=multiplications)


class _Transforms(NamedTuple):
    """Matrices between places, which are counted row by row."""

    tile: Tensor
    """`(place, place of the picture in the tile)`."""
    kernel: Tensor
    """`(place, place of the 3x3 kernel)`."""
    result: Tensor
    """`(place of the result, place)`."""


@lru_cache
def _transforms(side: int) -> _Transforms:
    """Toom and Cook's: polynomials are multiplied by their values at points; a filter is the transpose of that."""

    def values(coefficients: int) -> Any:
        infinity = np.eye(coefficients)[-1:]
        return np.concatenate([np.vander(POINTS[side], coefficients, increasing=True), infinity])

    along_a_side = np.linalg.inv(values(side + 2)).T, values(3), values(side).T
    return _Transforms(*(torch.from_numpy(np.kron(matrix, matrix)).float() for matrix in along_a_side))


class _Winograd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None, grid: _Grid) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.grid = grid
        return _convolve(images, _kernels(weight, grid), bias, grid)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        images, weight = ctx.saved_tensors
        of_images, of_weight, of_bias, _ = ctx.needs_input_grad
        bias = slope.sum((0, 2, 3)) if of_bias else None
        if torch.is_grad_enabled():  # the slopes will be differentiated in their turn
            return (
                conv2d_input(images.shape, weight, slope, padding=1) if of_images else None,  # type: ignore[no-untyped-call]
                conv2d_weight(images, weight.shape, slope, padding=1) if of_weight else None,  # type: ignore[no-untyped-call]
                bias,
                None,
            )
        return (
            _slope_of_images(slope, weight) if of_images else None,
            _slope_of_weight(images, slope, ctx.grid) if of_weight else None,
            bias,
            None,
        )


def _kernels(weight: Tensor, grid: _Grid) -> Tensor:
    """Transformed kernels `(place, input, output)` of a weight `(output, input, 3, 3)`."""
    outputs, inputs = weight.shape[:2]
    return (_transforms(grid.side).kernel @ weight.permute(2, 3, 1, 0).reshape(9, -1)).view(-1, inputs, outputs)


def _convolve(images: Tensor, kernels: Tensor, bias: Tensor | None, grid: _Grid) -> Tensor:
    """`(example, input, height, width)` to `(example, output, height, width)`."""
    side, rows, columns = grid
    examples, _, height, width = images.shape
    outputs = kernels.shape[2]
    shift = kernels.new_zeros(outputs) if bias is None else bias
    convolved = images.new_empty((examples, rows, side, columns, side, outputs))
    for values, result in zip(_values(images, grid), torch.split(convolved, grid.at_once), strict=True):
        results = _transforms(side).result @ torch.bmm(values, kernels).flatten(1)
        tiles = results.view(side, side, len(result), rows, columns, outputs)
        torch.add(tiles.permute(2, 3, 0, 4, 1, 5), shift, out=result)
    whole = convolved.view(examples, rows * side, columns * side, outputs)
    return whole[:, :height, :width].contiguous().permute(0, 3, 1, 2)


def _slope_of_images(slope: Tensor, weight: Tensor) -> Tensor:
    """The slope of the loss in the images, from that in the results, `(example, output, height, width)`."""
    turned = weight.flip(2, 3).transpose(0, 1)
    grid = _grid_of(slope, turned)
    return _convolve(slope, _kernels(turned, grid), None, grid)


def _slope_of_weight(images: Tensor, slope: Tensor, grid: _Grid) -> Tensor:
    """The slope of the loss in the weight, from that in the results."""
    inputs, outputs = images.shape[1], slope.shape[1]
    _, kernel, result = _transforms(grid.side)
    of_kernels = images.new_empty((len(kernel), inputs, outputs))
    parts = zip(_values(images, grid), _tiles(slope, grid, margin=0), strict=True)
    for number, (values, slopes) in enumerate(parts):
        of_values = (result.T @ slopes).view(len(kernel), -1, outputs)
        of_kernels.baddbmm_(values.transpose(1, 2), of_values, beta=min(number, 1))  # the first is not added to
    return (kernel.T @ of_kernels.flatten(1)).view(3, 3, inputs, outputs).permute(3, 2, 0, 1)


def _values(images: Tensor, grid: _Grid) -> Iterator[Tensor]:
    """The tiles of some images after those of others, transformed: `(place, tile, channel)`."""
    tile = _transforms(grid.side).tile
    for tiles in _tiles(images, grid, margin=1):
        yield (tile @ tiles).view(len(tile), -1, images.shape[1])


def _tiles(images: Tensor, grid: _Grid, *, margin: int) -> Iterator[Tensor]:
    """The tiles of some images after those of others, with a margin: `(place, (example, row, column, channel))`."""
    _, channels, height, width = images.shape
    side, rows, columns = grid.side + 2 * margin, grid.rows, grid.columns
    at_once = min(grid.at_once, len(images))
    padded = images.new_zeros((at_once, rows * grid.side + 2 * margin, columns * grid.side + 2 * margin, channels))
    pictures = padded[:, margin : margin + height, margin : margin + width]
    example, down, right, _ = padded.stride()
    tiles = padded.as_strided(
        (side, side, at_once, rows, columns, channels),
        (down, right, example, grid.side * down, grid.side * right, 1),
    )
    for part in torch.split(images.permute(0, 2, 3, 1), at_once):
        pictures[: len(part)].copy_(part)
        yield tiles[:, :, : len(part)].reshape(side * side, -1)
