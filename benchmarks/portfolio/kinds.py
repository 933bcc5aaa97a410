"""Kinds of pictures that photographs and faces are not, drawn from nothing: letters, words, icons, textures, pages,
cells, and small things in large pictures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

Random = np.random.Generator
Picture = NDArray[np.uint8]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDS = ("form", "from", "farm", "firm", "foam", "term", "tram", "torn")
SHAPES = ("disc", "ring", "square", "frame", "triangle", "cross", "star", "bottle", "cup", "arrow")
RARE = 11
"""Pictures of cells for each in which one of them is large."""


@dataclass(frozen=True)
class Kind:
    """How a kind of pictures is drawn."""

    draw: Callable[[int, Random], Picture]
    """A picture of a class, `(row, column[, channel])`."""
    classes: int
    few: int
    """Pictures in the quick form."""
    flip: bool = True
    """A mirrored picture keeps its class."""
    rare: bool = False
    """The second of two classes is RARE."""


def pictures_of(kind: Kind, number: int, *, seed: int) -> tuple[Picture, NDArray[np.int64]]:
    """So many pictures, `(example, row, column[, channel])`, and the class of each."""
    random = np.random.default_rng(seed)
    order = random.permutation(number)
    label = (order % RARE == 0).astype(np.int64) if kind.rare else order % kind.classes
    return np.stack([kind.draw(int(one), random) for one in label]), label


def _letter(label: int, random: Random) -> Picture:
    return _written(LETTERS[label], (28, 28), 20, random)


def _word(label: int, random: Random) -> Picture:
    return _written(WORDS[label], (32, 80), 26, random)


def _written(text: str, shape: tuple[int, int], size: float, random: Random) -> Picture:
    """Turned, slanted, of a random size, thickness and contrast, with noise."""
    height, width = shape
    font = ImageFont.load_default(size * random.uniform(0.75, 1.2))
    ink = Image.new("L", (2 * width, 2 * height))
    ImageDraw.Draw(ink).text(
        (width, height), text, 255, font, anchor="mm", stroke_width=random.choice([0, 0, 0.7, 1.4])
    )
    turn, slant = np.deg2rad(random.normal(0, 9)), random.normal(0, 0.25)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin + slant], [sin, cos]])
    middle = np.array([width, height]) - matrix @ (np.array([width, height]) / 2 + random.normal(0, 1.5, 2))
    rows = (matrix[0, 0], matrix[0, 1], middle[0], matrix[1, 0], matrix[1, 1], middle[1])
    ink = ink.transform((width, height), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    strength = gaussian_filter(np.asarray(ink, np.float64) / 255, random.uniform(0, 0.9))
    paper, pen = random.uniform(150, 255), random.uniform(0, 120)
    return _noisy(paper + (pen - paper) * strength, random.uniform(5, 35), random)


def _icon(label: int, random: Random) -> Picture:
    """A shape in one colour on another, with a pattern behind it."""
    side = 48
    behind = random.integers(30, 226, 3)
    front = behind + random.choice([-1, 1]) * random.integers(50, 120, 3)
    canvas = Image.new("RGB", (2 * side, 2 * side), _colour(behind))
    pen = ImageDraw.Draw(canvas)
    for _ in range(random.integers(0, 4)):
        place, length = random.uniform(0, 2 * side, 2), random.uniform(4, 30)
        box = (*(place - length / 2), *(place + length / 2))
        (pen.ellipse if random.random() < 0.5 else pen.rectangle)(box, _colour(behind + random.integers(-30, 31, 3)))
    stencil = Image.new("L", (side, side))
    _shape(SHAPES[label], ImageDraw.Draw(stencil), side)
    size = int(2 * side * random.uniform(0.55, 0.95))
    stencil = stencil.resize((size, size)).rotate(random.normal(0, 12), Image.Resampling.BILINEAR)
    left, top = (int(one) for one in random.integers(0, 2 * side - size + 1, 2))
    canvas.paste(_colour(front), (left, top), stencil)
    small = canvas.resize((side, side), Image.Resampling.BOX)
    return _noisy(np.asarray(small, np.float64), random.uniform(3, 15), random)


def _shape(name: str, pen: ImageDraw.ImageDraw, side: int) -> None:
    low, high, middle = 0.15 * side, 0.85 * side, side / 2
    around = 2 * np.pi * np.arange(10) / 10 - np.pi / 2
    star = [
        (middle + 22 * r * np.cos(a), middle + 22 * r * np.sin(a)) for a, r in zip(around, [1, 0.45] * 5, strict=True)
    ]
    match name:
        case "disc":
            pen.ellipse((low, low, high, high), 255)
        case "ring":
            pen.ellipse((low, low, high, high), outline=255, width=7)
        case "square":
            pen.rectangle((low, low, high, high), 255)
        case "frame":
            pen.rectangle((low, low, high, high), outline=255, width=7)
        case "triangle":
            pen.polygon([(middle, low), (high, high), (low, high)], 255)
        case "cross":
            pen.rectangle((middle - 5, low, middle + 5, high), 255)
            pen.rectangle((low, middle - 5, high, middle + 5), 255)
        case "star":
            pen.polygon(star, 255)
        case "bottle":
            pen.rectangle((middle - 4, low - 5, middle + 4, middle), 255)
            pen.rounded_rectangle((middle - 10, middle - 8, middle + 10, high + 5), 4, 255)
        case "cup":
            pen.polygon([(low, low), (high - 8, low), (high - 13, high), (low + 5, high)], 255)
            pen.arc((high - 18, low + 4, high + 4, high - 10), -100, 100, 255, 4)
        case "arrow":
            pen.rectangle((middle - 5, middle - 4, middle + 5, high), 255)
            pen.polygon([(middle, low), (high - 2, middle), (low + 2, middle)], 255)


def _texture(label: int, random: Random) -> Picture:
    """A process at a random phase, scale, contrast and brightness: gratings, weaves, checks, blobs, spots, ridges."""
    side = 40
    row, column = np.mgrid[:side, :side]
    scale = random.uniform(0.7, 1.5)
    angle = random.uniform(-0.35, 0.35)
    along, across = row * np.cos(angle) - column * np.sin(angle), row * np.sin(angle) + column * np.cos(angle)
    one, other = (np.sin(place / scale + random.uniform(0, 7)) for place in (along, across))
    white = random.standard_normal((side, side))
    smooth = gaussian_filter(white, 1.3 * scale, mode="wrap")
    match label:
        case 0:
            wave = one
        case 1:
            wave = other
        case 2:
            wave = np.sin((along + across) / 1.4 / scale)
        case 3:
            wave = np.where((np.floor(along / 4 / scale) + np.floor(across / 4 / scale)) % 2, one, other)
        case 4:
            wave = one * other
        case 5:
            wave = smooth
        case 6:
            wave = np.maximum(smooth, 0) ** 2
        case _:
            wave = -np.abs(smooth)
    standard = (wave - wave.mean()) / wave.std()
    return _noisy(random.uniform(70, 190) + random.uniform(6, 45) * standard, random.uniform(10, 40), random)


def _page(label: int, random: Random) -> Picture:
    """A scanned page of 280 by 200: an essay, two columns, a letter, a form, a table, a title."""
    height, width = 280, 200
    page = np.full((height, width), random.uniform(215, 250))
    ink, pitch, margin = random.uniform(20, 110), int(random.integers(7, 12)), int(random.integers(12, 30))

    def lines(top: int, bottom: int, left: int, right: int, *, ragged: float = 0.15, step: int = pitch) -> None:
        for row in range(top, bottom - 3, step):
            end = right - int((right - left) * abs(random.normal(0, ragged)))
            end = max(left + 4, end)
            words = (random.random(width) < 0.82).repeat(4)[left:end]
            page[row : row + 3, left:end] = np.where(words, ink, page[row, left:end])

    right, last = width - margin, height - int(random.integers(15, 60))
    middle = width // 2
    match label:
        case 0:
            lines(margin, last, margin, right)
        case 1:
            lines(margin, last, margin, middle - 5)
            lines(margin, last, middle + 5, right)
        case 2:
            lines(margin, margin + 4 * pitch, margin, middle - 10, ragged=0.3)
            lines(margin + 8 * pitch, min(last, margin + int(random.integers(14, 20)) * pitch), margin, right)
            lines(last - 2 * pitch, last, margin, margin + 60)
        case 3:
            for row in range(margin, last, 2 * pitch):
                lines(row, row + 4, margin, margin + int(random.integers(25, 60)), ragged=0)
                page[row + 3 : row + 4, margin + 65 : right] = ink
        case 4:
            lines(margin, margin + pitch, margin, right)
            top = margin + 3 * pitch
            for left in range(margin, right - 25, int(random.integers(28, 45))):
                lines(top, last, left, left + 22, ragged=0.4)
        case _:
            start = int(random.integers(50, 110))
            lines(start, start + 3 * pitch, margin + 20, right - 20, step=pitch + 4)
            lines(last - 3 * pitch, last, margin + 45, right - 45)
    turned = Image.fromarray(page.astype(np.uint8)).rotate(
        random.normal(0, 2.5), Image.Resampling.BILINEAR, fillcolor=int(page[0, 0])
    )
    shade = random.normal(0, 20) * np.linspace(-1, 1, width)
    return _noisy(
        gaussian_filter(np.asarray(turned, np.float64), random.uniform(0, 1.5)) + shade, random.uniform(5, 40), random
    )


def _cells(label: int, random: Random) -> Picture:
    """Cells in noise; of the second class one is larger than others."""
    side = 64
    row, column = np.mgrid[:side, :side]
    picture = gaussian_filter(random.standard_normal((side, side)), 6) * 60 + random.uniform(60, 120)
    for number in range(random.integers(3, 9)):
        radius = random.uniform(6, 8.5) if label and not number else random.uniform(2.5, 4.8)
        place, stretch = random.uniform(8, side - 8, 2), random.uniform(0.8, 1.25)
        distance = np.hypot((row - place[0]) * stretch, (column - place[1]) / stretch)
        picture += random.uniform(30, 70) / (1 + np.exp(2 * (distance - radius)))
    return _noisy(picture, random.uniform(12, 25), random)


def _small_thing(label: int, random: Random) -> Picture:
    """One of five small shapes somewhere in a large picture of clouds of colour."""
    side, small = 128, int(random.integers(26, 42))
    clouds = [gaussian_filter(random.standard_normal((side, side)), width) * width for width in (12, 4, 1)]
    colours = random.normal(0, 1, (3, 3)) * np.array([55, 14, 4])[:, None]
    scene = np.tensordot(np.stack(clouds, axis=-1), colours, axes=1) * 2 + random.uniform(80, 170, 3)
    stencil = Image.new("L", (48, 48))
    _shape(("disc", "cross", "triangle", "frame", "ring")[label], ImageDraw.Draw(stencil), 48)
    mask = np.asarray(stencil.resize((small, small)).rotate(random.normal(0, 8)), np.float64)[..., None] / 255
    top, left = random.integers(4, side - small - 4, 2)
    part = scene[top : top + small, left : left + small]
    colour = part.mean((0, 1)) + random.choice([-1, 1]) * random.uniform(70, 120)
    scene[top : top + small, left : left + small] = part * (1 - mask) + colour * mask
    return _noisy(scene, random.uniform(3, 12), random)


def _noisy(picture: NDArray[np.float64], amount: float, random: Random) -> Picture:
    return np.clip(picture + random.normal(0, amount, picture.shape), 0, 255).astype(np.uint8)


def _colour(values: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(value) for value in np.clip(values, 0, 255))


KINDS = {
    "letters": Kind(_letter, len(LETTERS), 600, flip=False),
    "words": Kind(_word, len(WORDS), 400, flip=False),
    "icons": Kind(_icon, len(SHAPES), 500),
    "textures": Kind(_texture, 8, 400),
    "pages": Kind(_page, 6, 200, flip=False),
    "cells": Kind(_cells, 2, 500, rare=True),
    "small things": Kind(_small_thing, 5, 500),
}
