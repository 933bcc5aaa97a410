"""A picture in memory as the bytes of a file, without loss."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.errors import DataError


def is_picture(value: Any) -> bool:
    """A PIL picture, or an array of two or three axes."""
    return isinstance(value, Image.Image) or (isinstance(value, np.ndarray) and value.ndim in (2, 3))


def encoded_picture(value: Any) -> bytes:
    """The bytes of a PIL picture or an array `(height, width)` or `(height, width, channel)`, as PNG or TIFF; bytes
    stay as they are. Raises DataError for anything else."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        value = _of_array(value)
    if not isinstance(value, Image.Image):
        raise DataError(f"{type(value).__name__} is no picture; wanted are PIL pictures, arrays, tensors or bytes.")
    file = io.BytesIO()
    try:
        value.save(file, "TIFF" if value.mode in ("F", "CMYK", "LAB", "YCbCr", "HSV") else "PNG")
    except (OSError, ValueError):
        file = io.BytesIO()
        value.convert("RGB").save(file, "PNG")
    return file.getvalue()


def _of_array(array: NDArray[Any]) -> Image.Image:
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype != np.uint8:
        if array.ndim == 2 and array.dtype == np.uint16:
            return Image.fromarray(array)
        if array.ndim == 2:
            return Image.fromarray(array.astype(np.float32))
        high = float(np.nanmax(array)) if array.size else 0.0
        array = np.round(np.clip(np.nan_to_num(array), 0, None) * (255 if high <= 1 else 1)).clip(0, 255)
        array = array.astype(np.uint8)
    try:
        return Image.fromarray(array)
    except (TypeError, ValueError) as error:
        raise DataError(f"an array of shape {array.shape} is no picture.") from error
