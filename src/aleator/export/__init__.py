"""Cleaned data sets, and other tools' formats: one function a format, one line a format here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aleator.audits import AuditFolder
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.decisions.gather import DecisionSources
from aleator.errors import DataError
from aleator.export.coco import export_coco
from aleator.export.corrected import Corrected, correct
from aleator.export.cvat import export_cvat
from aleator.export.fer2013 import export_fer2013
from aleator.export.fiftyone import export_fiftyone
from aleator.export.hugging_face import export_hugging_face
from aleator.export.image_folder import export_image_folder
from aleator.export.label_studio import export_label_studio
from aleator.export.tables import export_cleanlab, export_csv, export_decisions, export_parquet
from aleator.files import check_target
from aleator.locks import only_one
from aleator.review.examples import open_examples
from aleator.verb import make_verb


@dataclass(frozen=True)
class Format:
    """One form that is written."""

    what: str
    """For people, in the help."""
    write: Callable[[Corrected, Path], None]
    whole_original: bool = False
    """It is written with the original's other splits, all of whose rows stay in line."""
    of_decisions: bool = False
    """It holds what people said, not the examples."""
    a_folder: bool = False
    """It is a new folder, not a file."""


FORMATS: dict[str, Format] = {
    "csv": Format("a table of old and new labels", export_csv),
    "parquet": Format("the same as Parquet", export_parquet),
    "imagefolder": Format("a folder of class folders with metadata.jsonl", export_image_folder, a_folder=True),
    "fer2013": Format("Kaggle's file with corrected emotions", export_fer2013, whole_original=True),
    "huggingface": Format("a folder of Parquet with ClassLabels and a card", export_hugging_face, a_folder=True),
    "label-studio": Format("a folder with tasks, labelling page and pictures", export_label_studio, a_folder=True),
    "fiftyone": Format("a folder in FiftyOne's form, with all that the audit knows", export_fiftyone, a_folder=True),
    "cvat": Format("a folder with pictures and CVAT's XML of tags", export_cvat, a_folder=True),
    "coco": Format(
        "a folder with pictures and annotations.json in COCO's form, without boxes", export_coco, a_folder=True
    ),
    "cleanlab": Format("a table with cleanlab's columns", export_cleanlab),
    "decisions": Format(
        "what people decided, as `aleator review --import` reads it", export_decisions, of_decisions=True
    ),
}

__all__ = ["FORMATS", "Corrected", "ExportSettings", "Format", "correct", "export", "export_audit"]


@dataclass(frozen=True)
class ExportSettings:
    """What is written, beside its form."""

    relabel_above: float | None = None
    """Where nobody decided, take the audit's suggestion if the label is wrong with at least this probability."""
    drop_unusable: bool = False
    """Leave out what people called not usable; otherwise it keeps its given label."""


def export_audit(
    path: AuditFolder | str | Path,
    output: str | Path,
    format: str = "csv",
    settings: ExportSettings = ExportSettings(),
    *,
    data: str | Path | None = None,
    asked: ReadOptions = NOTHING_ASKED,
    sources: DecisionSources = DecisionSources(),
    force: bool = False,
) -> Corrected:
    """Write the cleaned data set, or what people decided, in another format.

    Args:
        path: an audit, its folder, or data with labels that were reviewed.
        output: the file or, for formats with pictures, the new folder.
        format: one of FORMATS.
        settings: what is relabelled and left out.
        data: where the audited data are, if they moved.
        asked: how the data are read, where it is not as for the audit.
        sources: where the decisions are, if not beside the audit.
        force: replace a file that is there already; never one of an audit or a model, and never a folder.

    Returns what was written. Raises DataError or AuditFolderError.
    """
    path, output = path.folder if isinstance(path, AuditFolder) else Path(path), Path(output)
    if format not in FORMATS:
        raise DataError(f"{format!r} is no format; there are {', '.join(FORMATS)}.")
    form = FORMATS[format]
    if form.whole_original and settings.drop_unusable:
        raise DataError(f"{format} keeps all rows of the original in line; leave --drop-unusable out.")
    with only_one(output, DataError):
        check_target(output, force=force, folder=form.a_folder)
        examples = open_examples(path, None if data is None else Path(data), asked)
        if output.resolve() == Path(examples.path).resolve():
            raise DataError(f"{output} holds the data themselves; name another file.")
        corrected = correct(examples, path, sources, settings.relabel_above)
        output.parent.mkdir(parents=True, exist_ok=True)
        if settings.drop_unusable and not form.of_decisions:
            corrected = corrected.take(corrected.usable)
        form.write(corrected, output)
        return corrected


export = export_audit
HOME_OF_VERB = __name__
make_verb(__name__)
