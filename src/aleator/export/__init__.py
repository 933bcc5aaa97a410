"""Cleaned data sets, and other tools' formats: one function a format, one line a format here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aleator.data import read_dataset
from aleator.errors import DataError
from aleator.export.corrected import Corrected, correct
from aleator.export.fer2013 import export_fer2013
from aleator.export.pictures import export_fiftyone, export_image_folder, export_label_studio
from aleator.export.tables import export_cleanlab, export_csv, export_decisions, export_parquet

FORMATS: dict[str, Callable[[Corrected, Path], None]] = {
    "csv": export_csv,
    "parquet": export_parquet,
    "imagefolder": export_image_folder,
    "fiftyone": export_fiftyone,
    "label-studio": export_label_studio,
    "cleanlab": export_cleanlab,
    "decisions": export_decisions,
}
FER2013 = "fer2013"
"""The one format that needs the whole original, also the splits that were not audited."""

__all__ = ["FER2013", "FORMATS", "Corrected", "correct", "export_audit"]


def export_audit(
    path: str | Path,
    output: str | Path,
    format: str,
    *,
    data: str | Path | None = None,
    database: str | None = None,
    relabel_above: float | None = None,
    drop_unusable: bool = False,
    **read_options: Any,
) -> Corrected:
    """Write the cleaned data set, or what people decided, in another format.

    Args:
        path: an audit folder, or data with labels that were reviewed.
        output: the file or, for formats with pictures, the new folder.
        format: one of FORMATS, or `fer2013`.
        data: where the audited data are, if they moved.
        database: where the decisions are, if not beside the audit.
        relabel_above: where nobody decided, take the audit's suggestion if the label is wrong with this probability.
        drop_unusable: leave out what people called not usable (not for `fer2013`, whose rows stay in line).
        read_options: how the data are read, as for `read_dataset`.

    Returns what was written. Raises DataError or AuditFolderError.
    """
    path, output = Path(path), Path(output)
    if format != FER2013 and format not in FORMATS:
        raise DataError(f"{format!r} is no format; there are {', '.join([*FORMATS, FER2013])}.")
    place = None if data is None else Path(data)
    corrected = correct(path, data=place, database=database, relabel_above=relabel_above, **read_options)
    output.parent.mkdir(parents=True, exist_ok=True)
    if format == FER2013:
        if drop_unusable:
            raise DataError("fer2013.csv keeps all its rows in line with FER+'s votes; leave --drop-unusable out.")
        audit = corrected.examples.audit
        reading = {} if audit is None else dict(audit.info["data"]["reading"] or {})
        asked = {name: value for name, value in read_options.items() if value is not None}
        whole = read_dataset(corrected.examples.path, **{**reading, **asked, "split": None, "votes": None})
        export_fer2013(corrected, whole, output)
        return corrected
    if drop_unusable and format != "decisions":
        corrected = corrected.take(corrected.usable)
    FORMATS[format](corrected, output)
    return corrected
