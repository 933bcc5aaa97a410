"""An audit: what `audit.json` and `labels.parquet` hold, the folder they are in, and the audited data."""

from aleator.audits.data import open_data, with_data
from aleator.audits.folder import AuditFolder
from aleator.audits.info import AuditInfo

__all__ = ["AuditFolder", "AuditInfo", "open_data", "with_data"]
