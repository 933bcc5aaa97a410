"""All forms, how each is read and how it goes out and comes back, and the page of the docs that says so.

`python -m tests.data.form_page` writes `docs/forms.md` anew.
"""

import os
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from aleator.data import LabelledDataset, read_dataset
from aleator.data.options import ReadOptions
from aleator.errors import DataError
from aleator.export import FORMATS, export_audit
from tests.data.compressed_forms import FORMS as COMPRESSED
from tests.data.forms import FORMS as FIRST
from tests.data.forms import LABELS, TABLES, Form
from tests.data.found_forms import FORMS as FOUND
from tests.data.label_forms import FORMS as OF_LABELS
from tests.data.more_forms import FORMS as MORE
from tests.data.odd_tables import FORMS as ODD
from tests.data.text_forms import FORMS as OF_TEXTS
from tests.data.tool_forms import FORMS as OF_TOOLS

FORMS = (*FIRST, *MORE, *OF_TEXTS, *OF_LABELS, *ODD, *FOUND, *OF_TOOLS, *COMPRESSED)
PAGE = Path(__file__).parents[2] / "docs" / "forms.md"


def read(form: Form, path: Path) -> LabelledDataset | DataError:
    """The form, written at this path, as it is read."""
    try:
        return read_dataset(path, form.options)
    except DataError as error:
        return error


def counts_of(dataset: LabelledDataset) -> dict[str, int]:
    labels = Counter(dataset.given_labels[dataset.given_labels >= 0].tolist())
    return {name: labels[number] for number, name in enumerate(dataset.class_names)}


def said(result: LabelledDataset | DataError, root: Path) -> str:
    """What the reader says of it, or why it is refused, without the folder of this run."""
    lines = [str(result)] if isinstance(result, DataError) else result.how_read.lines()
    return " ".join(lines).replace(f"{root}{os.sep}", "").replace(str(root), "DATA")


def export_of(form: Form, dataset: LabelledDataset) -> str:
    """The export that is the form's own, or the nearest to it."""
    if form.round_trip:
        return form.round_trip
    if dataset.source.kind != "images" or form.group in (TABLES, LABELS):
        return "csv" if dataset.source.kind != "images" or hasattr(dataset.source, "root") else "huggingface"
    return "imagefolder" if hasattr(dataset.source, "root") else "huggingface"


def there_and_back(form: Form, path: Path, dataset: LabelledDataset, output: Path) -> LabelledDataset:
    """The form, exported and read again."""
    kind = export_of(form, dataset)
    output = output if FORMATS[kind].a_folder else output.with_suffix(".csv")
    export_audit(path, output, kind, asked=form.options)
    if kind != "csv" or dataset.source.kind in ("texts", "table"):
        return read_dataset(output)
    if dataset.source.kind == "images":
        return read_dataset(output, ReadOptions(image_root=dataset.source.root))  # type: ignore[union-attr]
    return read_dataset(path, replace(form.options, label_file=output))


def labels_by_id(dataset: LabelledDataset) -> dict[str, str | None]:
    """The label of each example; by rows where the form has no ids, since then files are called after them."""
    names = [None if label < 0 else dataset.class_names[label] for label in dataset.given_labels]
    return dict(zip(dataset.ids.tolist(), names, strict=True))


def page() -> str:
    """The table of all forms."""
    groups = dict.fromkeys(form.group for form in FORMS)
    text = [
        "# Forms that are read",
        "",
        f"A test writes and reads each of these {len(FORMS)} forms, and makes this page. *Reads* is what comes out.",
        "*Says how* is the reader's message: what it took the data for, or why it refuses them and what to do. Then",
        "the data are exported (`aleator export`) in their own form, or the nearest, and read again: *out and back* is",
        "the form of the export, and how many examples have the same id and label after it.",
    ]
    for group in groups:
        text += ["", f"## {group}", "", "| form | reads | says how | out and back |", "|---|---|---|---|"]
        for form in (one for one in FORMS if one.group == group):
            with tempfile.TemporaryDirectory() as folder:
                (root := Path(folder, "data")).mkdir()
                path = form.write(root)
                result = read(form, path)
                reads, back = "refused", "refused"
                if isinstance(result, LabelledDataset):
                    reads, wanted = _brief(result), labels_by_id(result)
                    again = labels_by_id(there_and_back(form, path, result, Path(folder, "out")))
                    same = sum(again.get(one, "") == label for one, label in wanted.items())
                    back = f"`{export_of(form, result)}`, {same} of {len(wanted)}"
                cells = [form.name, reads, said(result, root), back]
            text.append("| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |")
    return "\n".join(text) + "\n"


def _brief(dataset: LabelledDataset) -> str:
    splits = "" if dataset.split is None else f", splits {', '.join(sorted(set(dataset.split.tolist())))}"
    return f"{len(dataset)} examples, classes {', '.join(name for name, n in counts_of(dataset).items() if n)}{splits}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
