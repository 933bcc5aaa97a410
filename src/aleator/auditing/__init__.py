"""The main job: from a labelled data set to a judged audit in a folder."""

from aleator.auditing.audit import audit
from aleator.auditing.result import Audit, load_audit
from aleator.auditing.settings import AuditSettings

__all__ = ["Audit", "AuditSettings", "audit", "load_audit"]
