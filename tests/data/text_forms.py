"""Forms of texts and of rows of features that people have: see `forms.py`."""

import json
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aleator.data.options import ReadOptions
from tests.data.forms import ARRAYS, LABELS, TABLES, TOOLS, TWO, Form, labels_of, pictures_in, rows_of, text_table

TEXTS = "Texts and rows"
MANY = {"cat": 20, "dog": 20}
SENTENCES = [f"this is what somebody said of animal {row}" for row in range(40)]
SORTED = ["cat"] * 20 + ["dog"] * 20
WEIGHTS = [f"{row * 7 % 40}.5" for row in range(40)]


def written(name: str, content: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        (root / name).write_text(content, encoding="utf-8")
        return root / name

    return write


def lines(*columns: list[str], by: str = ",") -> str:
    return "".join(f"{by.join(row)}\n" for row in zip(*columns, strict=True))


def quoted(quote: str) -> list[str]:
    """Texts with a comma, so that each is in quotes, and with a quoted word."""
    return [f'"{text}, {quote}so they say{quote}"' for text in SENTENCES]


def table(**columns: list[str]) -> Callable[[Path], Path]:
    return lambda root: text_table(root, rows_of(*columns.values()), list(columns))


def text_files(root: Path) -> Path:
    for row, (text, label) in enumerate(zip(SENTENCES, labels_of(40), strict=True)):
        file = root / ("train" if row % 4 < 2 else "test") / label / f"{row}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def posts(root: Path) -> Path:
    """Files without ending, in Latin-1, as the 20 newsgroups are."""
    for row, label in enumerate(labels_of(40)):
        file = root / label / f"{5100 + row}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"Un été, {SENTENCES[row]}".encode("latin-1"))
    return root


def tables_of_splits(root: Path) -> Path:
    for start, name in enumerate(("train", "val")):
        text_table(root, rows_of(SENTENCES[start::2], SORTED[start::2]), ["text", "label"], name=f"{name}.csv")
    return root


def numbered_records(root: Path) -> Path:
    pairs = enumerate(zip(SENTENCES, labels_of(40), strict=True))
    records = {str(row): {"text": text, "label": label} for row, (text, label) in pairs}
    (root / "t.json").write_text(json.dumps(records), encoding="utf-8")
    return root / "t.json"


def parted(root: Path) -> Path:
    rows = [list(pair) for pair in zip(SENTENCES, labels_of(40), strict=True)]
    content = {"columns": ["text", "label"], "index": list(range(40)), "data": rows}
    (root / "t.json").write_text(json.dumps(content), encoding="utf-8")
    return root / "t.json"


def categories(root: Path) -> Path:
    labels = pa.array(labels_of(40)).dictionary_encode()
    pq.write_table(pa.table({"colour": labels, "size": list(map(float, WEIGHTS)), "label": labels}), root / "t.parquet")
    return root / "t.parquet"


def of_label_studio(root: Path) -> Path:
    tasks = [
        {"id": row, "data": {"text": text}, "annotations": [
            {"completed_by": {"email": "a@b.c"}, "result": [{"type": "choices", "value": {"choices": [label]}}]},
            {"was_cancelled": True, "result": []},
        ]}
        for row, (text, label) in enumerate(zip(SENTENCES, labels_of(40), strict=True))
    ]  # fmt: skip
    (root / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    return root / "export.json"


def of_prodigy(root: Path) -> Path:
    rows = [
        {"text": text, "accept": [label], "answer": "ignore" if row < 2 else "accept", "_session_id": "ann"}
        for row, (text, label) in enumerate(zip(SENTENCES, labels_of(40), strict=True))
    ]
    (root / "t.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return root / "t.jsonl"


def decomposed(root: Path) -> Path:
    """Files as macOS names them, in a table that was written elsewhere."""
    pictures_in(root)
    for file in list(root.glob("*.png")):
        file.rename(root / normalize("NFD", f"é{file.name}"))
    return text_table(root, rows_of([f"ép{row:03d}" for row in range(12)], labels_of()), ["path", "label"])


def list_of_numbers(root: Path) -> Path:
    pictures_in(root)
    rows = [f"p{row:03d} {1 + row // 6} {1 + row % 2} 7" for row in range(12)]
    (root / "list.txt").write_text("#Image CLASS-ID SPECIES BREED\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return root / "list.txt"


def two_arrays_of_labels(root: Path) -> Path:
    np.savez(root / "d.npz", X=np.eye(12), y=np.array(labels_of()), y_second=np.arange(12))
    return root / "d.npz"


FORMS = (
    Form(TEXTS, "CSV of texts and labels", table(text=SENTENCES, label=labels_of(40)), MANY, "The texts are in 'text'"),
    Form(
        TEXTS,
        "a quote that none closes (TSV)",
        written("t.tsv", "label\ttext\n" + lines(labels_of(40), [f'"{one}' for one in SENTENCES], by="\t")),
        MANY,
        "t.tsv: in line 2 a quote opens a cell and none closes it, so quotes are signs of the text",
    ),
    Form(
        TEXTS,
        "a quote that none closes, and commas in texts",
        written("t.csv", 'text,label\n"so he said, and went,dog\n' + lines(quoted('""'), labels_of(40))),
        None,
        "t.csv, line 2: a quote opens the cell .*Double the quotes within cells",
    ),
    Form(
        TEXTS,
        "quotes with a backslash before them",
        written("t.csv", "text,label\n" + lines(quoted('\\"'), labels_of(40))),
        MANY,
        "quotes within cells have a backslash before them",
    ),
    Form(
        TEXTS,
        "no header: a class and a text, sorted by class (SMS)",
        written("t.tsv", lines(SORTED, SENTENCES, by="\t")),
        MANY,
        "t.tsv has no header; its columns are taken as label, text",
    ),
    Form(
        TEXTS,
        "no header: the number of a class, a title and a text",
        written("t.csv", lines([str(1 + row % 2) for row in range(40)], [f'"{one}"' for one in SENTENCES], SENTENCES)),
        {"1": 20, "2": 20},
        r"has no header.*'column 1' is taken as the labels.*not used: column 3",
    ),
    Form(
        TEXTS,
        "fastText: `__label__cat text`",
        written("t.txt", lines([f"__label__{one}" for one in labels_of(40)], SENTENCES, by=" ")),
        MANY,
        "is read as fastText's",
    ),
    Form(
        TEXTS,
        "TREC: `DESC:manner How did ... ?`",
        written("t.txt", lines(labels_of(40), [f"{one} ?" for one in SENTENCES], by=" ")),
        MANY,
        "columns are taken as label, text",
    ),
    Form(
        TEXTS,
        "fastText with several labels",
        written(
            "t.txt",
            lines(
                ["__label__cat", "__label__dog", "__label__cat __label__dog", "__label__cat"] * 10, SENTENCES, by=" "
            ),
        ),
        None,
        "an example may have several labels",
    ),
    Form(
        TEXTS,
        "class folders of text files",
        text_files,
        MANY,
        "Read as text files in 2 split folders of 2 class",
        ("test", "train"),
    ),
    Form(TEXTS, "class folders of files without ending, in Latin-1", posts, MANY, "40 files are not UTF-8"),
    Form(
        TEXTS,
        "`train.csv` and `val.csv` in a folder",
        tables_of_splits,
        MANY,
        "Read as a table for each of the splits train, val",
        splits=("train", "val"),
    ),
    Form(TEXTS, "JSON: `{number: record}`, as pandas writes it by rows", numbered_records, MANY, "texts in 'text'"),
    Form(TEXTS, "JSON: columns and rows apart, as pandas writes it", parted, MANY, "texts in 'text'"),
    Form(
        TEXTS,
        "lists of one label, written as text (`['cat']`)",
        written("t.tsv", "text\tlabel\n" + lines(SENTENCES, [f"['{one}']" for one in labels_of(40)], by="\t")),
        MANY,
        "texts in 'text'",
    ),
    Form(
        TEXTS,
        "lists of several labels, written as text",
        written("t.tsv", "text\tlabel\n" + lines(SENTENCES, ["['cat', 'dog']", "['cat']"] * 20, by="\t")),
        None,
        r"row 0 has 2 labels \(cat, dog\)",
    ),
    Form(
        TEXTS,
        "a class called unknown",
        table(text=SENTENCES, label=["cat", "unknown"] * 20),
        {"cat": 20, "unknown": 20},
        "'unknown' is read as a class .20 rows.; --missing-label unknown reads it as no label",
    ),
    Form(
        TEXTS,
        "texts beside other columns",
        table(review=SENTENCES, stars=[str(row % 5) for row in range(40)], label=labels_of(40)),
        MANY,
        "Only the texts are judged; not used: stars",
    ),
    Form(
        TEXTS,
        "names beside numbers",
        table(
            Name=[f'"Smith, Mr. John Owen {row}"' for row in range(40)],
            Age=WEIGHTS,
            Fare=WEIGHTS[::-1],
            label=labels_of(40),
        ),
        MANY,
        "Read as a table of 3 columns of features.* Features: Name, Age, Fare",
    ),
    Form(
        TEXTS,
        "columns that number the rows",
        table(
            rownames=[str(row + 1) for row in range(40)],
            CustomerId=[str(900 - 7 * row) for row in range(40)],
            weight=WEIGHTS,
            label=labels_of(40),
        ),
        MANY,
        "'rownames' counts the rows, so it is no feature.*'CustomerId' holds another whole number.*Features: weight;",
    ),
    Form(TEXTS, "categories of pandas in Parquet", categories, MANY, "Features: colour, size"),
    Form(
        TEXTS,
        "no header: a class and a series of numbers (UCR)",
        written("t.tsv", lines([str(1 + row % 2) for row in range(40)], WEIGHTS, WEIGHTS[::-1], by="\t")),
        {"1": 20, "2": 20},
        "has no header.*'column 1' is taken as the labels",
    ),
    Form(
        TEXTS,
        "no header: names of rows, numbers and a class, with spaces between them (UCI)",
        written(
            "yeast.data",
            lines([f"ROW{row}_YEAST" for row in range(40)], WEIGHTS, WEIGHTS[::-1], labels_of(40), by="  "),
        ),
        MANY,
        "has no header.*'column 4' is taken as the labels.*Features: column 1, column 2, column 3",
    ),
    Form(
        TEXTS,
        "no header: letters only, and the first row again (UCI)",
        written("mushroom.data", lines(["p", "e"] * 20, ["x", "y", "x", "x"] * 10, ["s", "s", "n", "n"] * 10)),
        {"e": 20, "p": 20},
        "has no header",
        options=ReadOptions(label_column="column 1"),
    ),
    Form(
        TEXTS,
        "no header: numbers of patients, a class and numbers (UCI)",
        written("wdbc.data", lines([str(9000 - 7 * row) for row in range(40)], labels_of(40), WEIGHTS)),
        MANY,
        "'column 1' holds another whole number in each row and is the first.*Features: column 3",
    ),
    Form(
        TEXTS,
        "classes in columns of 0 and 1 beside features",
        table(weight=WEIGHTS, cat=["1", "0"] * 20, dog=["0", "1"] * 20),
        None,
        "If each class has a column of its own, name all: --label-column cat,dog",
    ),
    Form(
        TEXTS,
        "the same, with `--label-column cat,dog`",
        table(weight=WEIGHTS, cat=["1", "0"] * 20, dog=["0", "1"] * 20),
        MANY,
        "The label is the column that holds the 1, of cat, dog",
        options=ReadOptions(label_column="cat,dog"),
    ),
    Form(
        TEXTS,
        "several columns that may be the labels",
        table(weight=WEIGHTS, klasse=labels_of(40), town=["Rome", "Oslo"] * 20),
        None,
        r"no column of labels.*Name it with --label-column \('klasse', 'town' could be\)",
    ),
    Form(TOOLS, "Label Studio: JSON", of_label_studio, MANY, "The texts are in 'text'", round_trip="csv"),
    Form(
        TOOLS,
        "Prodigy: choices, some ignored",
        of_prodigy,
        {"cat": 19, "dog": 19},
        "The labels are in 'label'; --label-column 'answer' reads the other column",
        round_trip="csv",
    ),
    Form(ARRAYS, "two arrays of labels", two_arrays_of_labels, TWO, "Not used: y_second"),
    Form(TABLES, "é in one sign in the table, in two in the files' names", decomposed, TWO, "found by their names"),
    Form(
        TABLES,
        "a list of a name and several numbers, below a line of notes",
        list_of_numbers,
        {"1": 6, "2": 6},
        "The first 1 lines of list.txt begin with #.* its columns are taken as",
        options=ReadOptions(label_column="column 2"),
    ),
    Form(
        TEXTS,
        "a last row that sums the others up",
        written("t.csv", lines(["weight", *WEIGHTS, "Total"], ["label", *labels_of(40), ""])),
        MANY,
        r"1 column of features.*last row of t.csv \('Total'\) has no label and sums the others up",
    ),
    Form(
        TEXTS,
        "an id that repeats (a patient)",
        table(id=[str(row // 2) for row in range(40)], weight=WEIGHTS, label=labels_of(40)),
        MANY,
        r"'id' repeats \(20 values in 40 rows\).* one group, which is never parted",
    ),
    Form(
        LABELS,
        "1 and 1.0",
        table(text=SENTENCES, label=["1", "1.0", "2", "2"] * 10),
        {"1": 20, "2": 20},
        "1.0 are read as whole numbers",
    ),
    Form(
        LABELS,
        "numbers with fractions, each of them often",
        table(text=SENTENCES, label=["0.5", "1.5"] * 20),
        {"0.5": 20, "1.5": 20},
        r"numbers with fractions are read as names of classes \(0.5, 1.5\)",
    ),
    Form(
        TEXTS,
        "numbers with a few cells that are none",
        table(weight=["<1", *WEIGHTS[1:]], height=WEIGHTS, label=labels_of(40)),
        MANY,
        r"'weight' is read as words, since 1 of its cells are no numbers \(<1\)",
    ),
    Form(
        TEXTS,
        "numbers with a unit",
        table(weight=[f"{one} kg" for one in WEIGHTS], label=labels_of(40)),
        MANY,
        "in the numbers of 'weight' the unit 'kg' is left out",
    ),
    Form(
        TEXTS,
        "a feature that is the label in other words",
        table(weight=WEIGHTS, label=labels_of(40), code=["7", "9"] * 20),
        MANY,
        "Each class has one value of 'code' in every row.*--leave-out code",
    ),
    Form(
        TEXTS,
        "a noisy label beside the true one",
        table(text=SENTENCES, true_label=SORTED, noisy_label=labels_of(40)),
        MANY,
        "The labels are in 'noisy_label'; --label-column 'true_label' reads the other column",
    ),
    Form(
        TEXTS,
        "a column `patient_id` that repeats, beside features",
        table(patient_id=[str(row // 4) for row in range(40)], weight=WEIGHTS, label=labels_of(40)),
        MANY,
        r"1 column of features.*'patient_id' \(10 in 40 rows\) is one group.* It is no feature",
    ),
    Form(
        TEXTS,
        "a column `email` of addresses, beside features",
        table(email=[f"u{row}@x.org" for row in range(40)], weight=WEIGHTS, label=labels_of(40)),
        MANY,
        "2 columns of features",
    ),
)
