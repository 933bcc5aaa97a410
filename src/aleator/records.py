"""Records on disk: frozen dataclasses as JSON, and back with every field's type checked."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aleator.files import discard, file_digest, sync, tidy, unfinished_beside, write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
IDENTITY = "identity.json"
"""In a folder of unfinished work: what it is for."""


def to_json(record: Any) -> Any:
    """A dataclass as dicts, lists and plain values."""
    return msgspec.to_builtins(record, enc_hook=_plain)


def from_json(kind: type[T], value: Any) -> T:
    """The dataclass that `to_json` wrote; fields that a newer version added are passed over.

    Raises ValueError naming the field that is missing or of another type, as `$.data.examples`.
    """
    return msgspec.convert(value, kind, dec_hook=_of_type)


def versions_of(*libraries: ModuleType) -> dict[str, str]:
    """Of Python and these libraries, by name: what a result was computed with."""
    return {"python": platform.python_version()} | {one.__name__: str(one.__version__) for one in libraries}


def as_asked(settings: "DataclassInstance") -> dict[str, object]:
    """Settings as plain values, which are equal after they were written and read again, and digests of the files that
    they name: what is in another file makes other work."""
    values = asdict(settings)
    files = {name: value for name, value in values.items() if isinstance(value, Path)}
    digests = {f"{name} digest": file_digest(file) for name, file in files.items() if file.is_file()}
    return values | {name: str(file) for name, file in files.items()} | digests


def write_record(path: Path, record: Any) -> None:
    """Write it, whole or not at all."""
    write_json(path, to_json(record))


def read_json(path: Path) -> Any:
    """Raises ValueError where it is no JSON, and OSError where it cannot be read."""
    return json.loads(path.read_text(encoding="utf-8"))


def begin_work(folder: Path, identity: Any, *, go_on: bool) -> None:
    """A folder for unfinished work that says from the start what it is for: the one that is there, or a new one.

    Its parent has to be there: who makes it anew would hide that somebody removed it.
    """
    tidy(folder)
    if go_on and folder.is_dir():
        return
    discard(folder)
    beginning = unfinished_beside(folder)
    beginning.mkdir()
    write_record(beginning / IDENTITY, identity)
    beginning.rename(folder)
    sync(folder.parent)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not written as JSON")


def _of_type(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} is not read from JSON")
