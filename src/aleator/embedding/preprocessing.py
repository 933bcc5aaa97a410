"""What a network's pictures are brought to before it sees them."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.errors import AleatorError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Preprocessing:
    """Size, crop, mean and deviation of the pictures that a network was trained on."""

    height: int = 224
    width: int = 224
    resize: Literal["crop", "squash", "border"] = "crop"
    """`crop`: scaled by the shorter side, then the middle is taken; `squash`: scaled to the size as it is; `border`:
    scaled to fit, and framed in the mean colour."""
    scale: float = 0.875
    """For `crop`: the part of the scaled picture's shorter side that is taken."""
    interpolation: Interpolation = "bicubic"
    mean: tuple[float, ...] = IMAGENET_MEAN
    """Of each channel, of values from 0 to 1: it is taken away, and what is left is divided by `std`."""
    std: tuple[float, ...] = IMAGENET_STD

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or not 0 < self.scale <= 1:
            raise AleatorError(
                f"Pictures of {self.height}x{self.width} pixels, a part {self.scale} of them: wanted are sides from 1 "
                "up and a part from 0 to 1."
            )
        if len(self.mean) not in (1, 3) or len(self.std) != len(self.mean) or min(self.std) <= 0:
            raise AleatorError(
                f"mean {self.mean} and std {self.std}: wanted are three numbers each for colour or one for grey, and "
                "std above 0."
            )

    @property
    def channels(self) -> int:
        """1 grey, 3 colour."""
        return len(self.mean)

    @property
    def longest(self) -> int:
        """Pixels of the longest side that is looked at; a picture need not be decoded at twice that."""
        return round(max(self.height, self.width) / (self.scale if self.resize == "crop" else 1))

    def apply(self, image: Image.Image) -> NDArray[np.uint8]:
        """One picture as `(channel, height, width)`; mean and deviation are left to the device that computes."""
        image = image.convert("L" if self.channels == 1 else "RGB")
        image = {"crop": self._cropped, "squash": self._squashed, "border": self._framed}[self.resize](image)
        pixels = np.asarray(image)
        return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def _cropped(self, image: Image.Image) -> Image.Image:
        """As torchvision's Resize and CenterCrop do it; of sizes that are no squares, both sides are covered."""
        wanted = max(
            int(self.width / self.scale + 1e-6) / image.width,
            int(self.height / self.scale + 1e-6) / image.height,
        )
        size = max(self.width, int(image.width * wanted + 1e-9)), max(self.height, int(image.height * wanted + 1e-9))
        image = image if image.size == size else image.resize(size, _RESAMPLING[self.interpolation])
        left, top = round((image.width - self.width) / 2), round((image.height - self.height) / 2)
        return image.crop((left, top, left + self.width, top + self.height))

    def _squashed(self, image: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        return image if image.size == size else image.resize(size, _RESAMPLING[self.interpolation])

    def _framed(self, image: Image.Image) -> Image.Image:
        wanted = min(self.width / image.width, self.height / image.height)
        size = max(1, round(image.width * wanted)), max(1, round(image.height * wanted))
        image = image if image.size == size else image.resize(size, _RESAMPLING[self.interpolation])
        colour = tuple(round(255 * part) for part in self.mean)
        frame = Image.new(image.mode, (self.width, self.height), colour[0] if self.channels == 1 else colour)
        frame.paste(image, ((self.width - image.width) // 2, (self.height - image.height) // 2))
        return frame


@dataclass(frozen=True)
class PreprocessingChanges:
    """What is said of a network's preprocessing, where it is not what the network says of itself."""

    size: int | None = None
    """Pixels of height and width."""
    crop: float | None = None
    """The part of the scaled picture's shorter side that is taken."""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise AleatorError("mean and std belong together: name both.")
        self.on(Preprocessing())  # wrong values are told at once

    def __bool__(self) -> bool:
        return any(value is not None for value in vars(self).values())

    def on(self, own: Preprocessing) -> Preprocessing:
        """The preprocessing of the network, but for what is said."""
        changes: dict[str, Any] = {"height": self.size, "width": self.size, "mean": self.mean, "std": self.std}
        if self.crop is not None:
            changes |= {"resize": "crop", "scale": self.crop}
        return replace(own, **{name: value for name, value in changes.items() if value is not None})
