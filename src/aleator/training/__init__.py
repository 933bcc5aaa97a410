"""From labels with noise in them to a model that answers with doubt.

The training itself is `aleator.training.train.train`. The package and its settings load no torch: the names below are
loaded when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aleator.training.model import Model as Model
    from aleator.training.model import load_model as load_model

_HOME = {
    "Model": "aleator.training.model",
    "load_model": "aleator.training.model",
}

__all__ = ["Model", "load_model"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'aleator.training' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
