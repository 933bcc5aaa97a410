"""The main job: from a labelled data set to a judged audit in a folder.

The package and its settings load no torch: the names below are loaded when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aleator.auditing.audit import audit as audit
    from aleator.auditing.folder import Audit as Audit
    from aleator.auditing.folder import load_audit as load_audit

_HOME = {
    "Audit": "aleator.auditing.folder",
    "audit": "aleator.auditing.audit",
    "load_audit": "aleator.auditing.folder",
}

__all__ = ["Audit", "audit", "load_audit"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'aleator.auditing' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the import has put the module 'audit' under its name
    return value
