"""What is made of damaged data: exports, pages and contact sheets, each in words or right."""

import shutil
from pathlib import Path

from tests.data import forms
from tests.torture.reader import Reader
from tests.torture.unfinished import WHOLE


def _export(path: Path, out: Path, formats: tuple[str, ...], data: Path | None = None) -> None:
    """In each of these forms; an error about one of them is as good as an export."""
    from aleator.errors import AleatorError
    from aleator.export import export_audit

    refused = []
    for form in formats:
        shutil.rmtree(out, ignore_errors=True)
        out.unlink(missing_ok=True)
        try:
            assert len(export_audit(path, out, form, data=data)) > 0
        except AleatorError as error:
            refused.append(error)
            assert not out.exists(), f"half of an export in the form {form}"
    if refused:
        raise refused[0]


def _export_pictures(folder: Path) -> None:
    from aleator.export import FORMATS

    _export(folder / "data", folder / "out", tuple(name for name, form in FORMATS.items() if form.a_folder))


def _show(folder: Path) -> None:
    from aleator.data import read_dataset
    from aleator.data.overview import overview_of, write_contact_sheet
    from aleator.report.inspection import write_inspection

    dataset = read_dataset(folder / "data", learnable=False)
    write_inspection(dataset, overview_of(dataset), folder / "out.html", force=True)
    write_contact_sheet(dataset, folder / "out.png", force=True)


def _audited(folder: Path) -> None:
    from aleator.testing.made_up_audit import write_all

    write_all(folder, 120)
    (folder / WHOLE).mkdir()
    for name in ("faces", "faces.parquet"):
        (folder / name).rename(folder / WHOLE / name)


def _use_audit(folder: Path) -> None:
    """An audit as people go on with it: the cards of the review page, exports, the report."""
    from aleator.auditing import load_audit
    from aleator.review.examples import open_examples

    audit = load_audit(folder / "audit")
    examples = open_examples(folder / "audit", data=folder / WHOLE / "faces.parquet")
    assert len(examples) == audit.info.data.examples
    _export(folder / "audit", folder / "out.csv", ("cleanlab",), folder / WHOLE / "faces.parquet")
    audit.rewrite()
    assert (folder / "audit" / "report.html").stat().st_size > 1000


OUTPUTS = {
    "pictures, exported in each form": Reader(
        lambda folder: forms.classes_below(folder / "data"), _export_pictures, 0.3
    ),
    "pictures, shown": Reader(lambda folder: forms.classes_below(folder / "data"), _show),
    "an audit, gone on with": Reader(_audited, _use_audit, of_all=0.5),
}
