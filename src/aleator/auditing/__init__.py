"""The main job: from a labelled data set to a judged audit in a folder."""

from aleator.auditing.audit import audit
from aleator.auditing.folder import Audit, load_audit

__all__ = ["Audit", "audit", "load_audit"]
