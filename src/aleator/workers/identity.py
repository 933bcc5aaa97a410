"""What a piece of work is known by: a digest of all that its result follows from, but the machine."""

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aleator import __version__
from aleator.rows import blocks, let_go
from aleator.workers.piece import Piece


def identities(pieces: list[Piece]) -> list[str]:
    """Of each piece, in hexadecimal digits."""
    known: dict[int, bytes] = {}
    found = []
    for piece in pieces:
        if id(piece.shared) not in known:
            known[id(piece.shared)] = digest(piece.shared)
        parts = f"{__version__} {piece.function_name}".encode() + known[id(piece.shared)] + digest(piece.arguments)
        found.append(hashlib.sha256(parts).hexdigest())
    return found


def digest(value: Any) -> bytes:
    """Of plain values, arrays, tuples, dicts and dataclasses of them, and of what says itself what it is `known_by`.
    Raises TypeError for anything else."""
    if isinstance(value, np.ndarray):
        return array_digest(value)
    if sparse.issparse(value):
        return digest((value.format, value.shape, value.data, value.indices, value.indptr))
    if hasattr(value, "known_by"):
        return digest((type(value).__qualname__, value.known_by))
    if is_dataclass(value):
        return digest((type(value).__qualname__, *(getattr(value, field.name) for field in fields(value))))
    if isinstance(value, dict):
        return digest(("dict", *sorted(value.items())))
    if isinstance(value, tuple | list):
        return hashlib.sha256(b"".join(map(digest, value)) + str(len(value)).encode()).digest()
    if value is None or isinstance(value, str | int | float | bool | bytes):
        return hashlib.sha256(repr(value).encode()).digest()
    raise TypeError(f"{type(value).__name__} is no plain value")


def array_digest(array: NDArray[Any]) -> bytes:
    """Of its type, shape and content, a block at a time: it may be mapped from disk."""
    found = hashlib.sha256(f"{array.dtype} {array.shape}".encode())
    for rows in blocks(len(array), max(1, array[:1].size)):
        found.update(np.ascontiguousarray(array[rows]).data)
        let_go(array)
    return found.digest()
