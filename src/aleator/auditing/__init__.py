"""The main job: from a labelled data set to a judged audit in a folder.

The job itself is `aleator.auditing.audit.audit`. The package and its settings load no torch: the names below are loaded
when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aleator.auditing.result import Audit as Audit
    from aleator.auditing.result import load_audit as load_audit
    from aleator.auditing.settings import AuditSettings as AuditSettings

_HOME = {
    "Audit": "aleator.auditing.result",
    "AuditSettings": "aleator.auditing.settings",
    "load_audit": "aleator.auditing.result",
}

__all__ = ["Audit", "AuditSettings", "load_audit"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'aleator.auditing' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
