"""Forms that were once read as something else, or refused without a way out; see `forms.py`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aleator.data.options import ReadOptions
from tests.data.forms import (
    ARRAYS,
    FOLDERS,
    LABELS,
    TABLES,
    TOOLS,
    TWO,
    Form,
    classes_below,
    labels_of,
    named,
    pictures_in,
    png_bytes,
    rows_of,
    text_table,
)
from tests.data.text_forms import MANY, SENTENCES, SORTED, TEXTS, table, written

VECTORS = np.random.default_rng(0).normal(size=(40, 4)).round(2)
COUNTED = [f"{row * 7 % 40}" for row in range(40)]


def numbers(cells: list[str], by: str = ",") -> Callable[[Path], Path]:
    """A table of these cells as features, beside labels."""
    return lambda root: text_table(root, [[f'"{one}"', label] for one, label in zip(cells, labels_of(40), strict=True)],
                                   ["size", "label"], by=by)  # fmt: skip


def dates_beside(cells: list[str], other: str) -> Callable[[Path], Path]:
    rows = [[cell, other.format(row % 28 + 1), labels_of(40)[row]] for row, cell in enumerate(cells)]
    return lambda root: text_table(root, rows, ["size", "other", "label"])


def parquet_of(**columns: object) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pq.write_table(pa.table(columns), root / "t.parquet")
        return root / "t.parquet"

    return write


def texts_with(*classes: str) -> Callable[[Path], Path]:
    return lambda root: text_table(root, list(map(list, zip(SENTENCES, labels_of(40, classes), strict=True))),
                                   ["text", "label"])  # fmt: skip


def records(*rows: object, name: str = "t.jsonl") -> Callable[[Path], Path]:
    return written(name, "\n".join(map(json.dumps, rows)))


def pictures_and(*columns: list[str], header: list[str], count: int = 12) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root, count)
        return text_table(root, list(map(list, zip(*columns, strict=True))), header)

    return write


def arrays_of(**arrays: object) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        np.savez(root / "d.npz", **arrays)  # type: ignore[arg-type]
        return root / "d.npz"

    return write


def files_in_classes(ending: str, content: bytes) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        for row, label in enumerate(labels_of()):
            (root / label).mkdir(exist_ok=True)
            (root / label / f"{row}{ending}").write_bytes(content)
        return root

    return write


def file_of(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        (root / name).write_bytes(content)
        return root / name

    return write


def pictures_as_text(root: Path) -> Path:
    from base64 import b64encode

    rows = [[b64encode(png_bytes(row)).decode(), label] for row, label in enumerate(labels_of())]
    return text_table(root, rows, ["image", "label"])


def test_among_classes(root: Path) -> Path:
    classes_below(root, ("cat", "dog", "test"))
    return root


def paths_in_folders(root: Path) -> Path:
    classes_below(root)
    (root / "l.txt").write_text("".join(f"{name}/{row}.png\n" for name in ("cat", "dog") for row in range(6)))
    return root / "l.txt"


def workbook_of(rows: Sequence[Sequence[str | None]], *, hidden: bool = False) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        from openpyxl import Workbook

        book = Workbook()
        for row in rows:
            book.active.append(row)
        if hidden:
            sheet = book.create_sheet("lists", 0)
            sheet.sheet_state = "hidden"
            sheet.append(["a", "b"])
            sheet.append([1, 2])
        book.save(root / "t.xlsx")
        return root / "t.xlsx"

    return write


PAIRS = list(map(list, zip(SENTENCES, labels_of(40), strict=True)))
LABELS_OF_40 = labels_of(40)
SOUND = "12 files in .wav \\(each is sound or film"
RECORDS = [{"text": text, "label": label} for text, label in PAIRS]


def competition(root: Path) -> Path:
    """Survivors of a wreck: what is known of more people, whose fate is to be predicted, and how it is handed in."""
    rows = rows_of([str(row) for row in range(1, 13)], ["0", "1"] * 6, [f"{row * 7 % 12}.5" for row in range(12)])
    text_table(root, rows, ["PassengerId", "Survived", "Fare"], name="train.csv")
    text_table(root, [[row[0], row[2]] for row in rows], ["PassengerId", "Fare"], name="test.csv")
    text_table(root, [[row[0], "0"] for row in rows], ["PassengerId", "Survived"], name="gender_submission.csv")
    return root


def parts(root: Path) -> Path:
    for number in range(2):
        text_table(root, PAIRS[number::2], ["text", "label"], name=f"part-{number:05}.csv")
    return root


def parts_in_parquet(root: Path, more: str = "id") -> Path:
    for place, name in enumerate(("data-9", "data-10")):
        columns = {"id": list(range(20)), "text": SENTENCES[place::2], "label": SORTED[place::2]}
        pq.write_table(pa.table(columns | ({more: list(range(20))} if place else {})), root / f"{name}.parquet")
    return root


def in_json(content: object, encoding: str = "utf-8") -> Callable[[Path], Path]:
    return file_of("t.json", json.dumps(content).encode(encoding))


OF_JSON = (
    Form(TEXTS, "JSON: a list of lists", in_json(PAIRS), MANY),
    Form(TEXTS, "JSON: a list of lists below one of names", in_json([["text", "label"], *PAIRS]), MANY),
    Form(TEXTS, "JSON: `{class: [texts]}`", in_json({"cat": SENTENCES[::2], "dog": SENTENCES[1::2]}), MANY),
    Form(TEXTS, "JSON: `{id: record}`", in_json({f"a{row}": one for row, one in enumerate(RECORDS)}), MANY),
    Form(
        TEXTS,
        "JSON: `{split: [records]}`",
        in_json({"train": RECORDS[:20], "test": RECORDS[20:]}),
        MANY,
        splits=("test", "train"),
    ),
    Form(
        LABELS,
        "numbers and names (JSON)",
        in_json([{"text": text, "label": 0 if label == "dog" else label} for text, label in PAIRS]),
        {"0": 20, "cat": 20},
    ),
    Form(
        LABELS,
        "NaN among names (JSON)",
        in_json([*RECORDS, {"text": "this is one more text", "label": float("nan")}]),
        MANY,
    ),
    Form(
        TEXTS,
        "JSON in UTF-16, as PowerShell writes it",
        in_json(RECORDS, "utf-16"),
        None,
        "is UTF-16, and JSON is read",
    ),
    Form(
        TEXTS,
        "`train.csv`, `test.csv` without labels and `gender_submission.csv` (Kaggle)",
        competition,
        {"0": 6, "1": 6},
        r"train\.csv is read, which alone has 'Survived' beside the columns of test\.csv\. These are the labels; "
        r".*Passed over: 1 for predictions, without examples \(gender_submission\.csv\)\. "
        r"Passed over: 1 without the column 'Survived', which is to be predicted \(test\.csv\)\.",
    ),
    Form(
        TEXTS,
        "nothing but dates in which nothing tells days from months",
        table(seen=[f"{row % 12 + 1:02}/{row * 5 % 12 + 1:02}/{2000 + row}" for row in range(40)], label=labels_of(40)),
        None,
        r"nothing tells days from months in the dates of 'seen' \(as '01/01/2000'\).*Write them as 2020-12-31",
    ),
    Form(
        TEXTS, "a folder of parts of a table", parts, MANY, r"Read as 2 parts of one table \(part-00000, part-00001\)"
    ),
    Form(
        TEXTS,
        "parts in Parquet (`data-9.parquet`, `data-10.parquet`), whose ids begin anew",
        parts_in_parquet,
        MANY,
        r"Read as 2 parts of one table \(data-9, data-10\).*the name of each stands before them \(data-9/0\)",
    ),
    Form(
        TEXTS,
        "tables that are called alike, and have other columns",
        lambda root: parts_in_parquet(root, more="source"),
        None,
        r"data-10.parquet has other columns than data-9.parquet \('source' in one of them only\)",
    ),
)


def folders_and_a_table(labels: Callable[[str, int], str]) -> Callable[[Path], Path]:
    """Two folders of pictures, and a table beside them that names each without its ending."""

    def write(root: Path) -> Path:
        folders = ("HAM_part_1", "HAM_part_2")
        classes_below(root, folders)
        for folder in folders:
            for file in sorted((root / folder).iterdir()):
                file.rename(file.with_name(f"{folder[-1]}{file.name}"))
        rows = [[f"{folder[-1]}{number}", labels(folder, number)] for folder in folders for number in range(6)]
        text_table(root, rows, ["image_id", "dx"], name="metadata_of_lesions.csv")
        return root

    return write


FORMS = (
    *OF_JSON,
    # tables
    Form(
        TABLES,
        "vectors in brackets",
        numbers([str(list(map(float, one))) for one in VECTORS]),
        MANY,
        "Read as vectors of 4 numbers in 'size'",
    ),
    Form(TABLES, "vectors as NumPy prints them", numbers([str(one) for one in VECTORS]), MANY, "vectors of 4 numbers"),
    Form(
        TABLES,
        "vectors in lists (Parquet)",
        parquet_of(embedding=VECTORS.tolist(), label=LABELS_OF_40),
        MANY,
        "vectors of 4 numbers in 'embedding'",
    ),
    Form(
        TABLES,
        "places (`52.5,13.4`) beside numbers",
        lambda root: text_table(
            root,
            [
                [f'"{row}.5,{row + 1}.7"', one, label]
                for row, (one, label) in enumerate(zip(COUNTED, LABELS_OF_40, strict=True))
            ],
            ["place", "size", "label"],
        ),
        MANY,
        "each of their numbers is a feature",
    ),
    Form(
        TABLES,
        "lists of other lengths",
        parquet_of(x=[[1.0] * (1 + row % 3) for row in range(40)], label=LABELS_OF_40),
        None,
        "which is no feature",
    ),
    Form(
        TABLES,
        "records in Parquet",
        parquet_of(
            x=[{"a": float(row), "b": row % 7} for row in range(40)],
            label=[{"name": one, "id": 1} for one in LABELS_OF_40],
        ),
        MANY,
        "Features: x.a, x.b",
    ),
    Form(
        TABLES,
        "views of texts, as polars has them",
        parquet_of(text=pa.array(SENTENCES, pa.string_view()), label=pa.array(LABELS_OF_40, pa.string_view())),
        MANY,
        "Read as texts in 'text'",
    ),
    Form(
        TABLES,
        "categories of numbers (Parquet)",
        parquet_of(text=SENTENCES, label=pa.array([row % 2 for row in range(40)]).dictionary_encode()),
        {"0": 20, "1": 20},
    ),
    Form(
        TABLES,
        "decimals (Parquet)",
        parquet_of(text=SENTENCES, label=pa.array([row % 2 for row in range(40)]).cast(pa.decimal128(25, 2))),
        {"0": 20, "1": 20},
    ),
    Form(
        TABLES,
        "India's thousands (1,23,456)",
        numbers([f"{row % 9 + 1},23,45{row % 10}" for row in range(40)]),
        MANY,
        "commas separate thousands",
    ),
    Form(
        TABLES,
        "numbers in parentheses",
        numbers([f"({one})" if row % 4 else one for row, one in enumerate(COUNTED)]),
        MANY,
        "numbers in parentheses are negative",
    ),
    Form(
        TABLES,
        "a minus behind the number",
        numbers([f"{one}-" if row % 4 else one for row, one in enumerate(COUNTED)]),
        MANY,
        "a minus behind the number is its own",
    ),
    Form(
        TABLES,
        "a longer minus",
        numbers([f"−{one}.5" if row % 4 else one for row, one in enumerate(COUNTED)]),
        MANY,
        "a longer sign is the minus",
    ),
    Form(
        TABLES,
        "Arabic digits",
        numbers(["".join(chr(0x660 + int(sign)) for sign in one) for one in COUNTED]),
        MANY,
        "digits are Arabic",
    ),
    Form(TABLES, "a currency's letters", numbers([f"USD {one}.50" for one in COUNTED]), MANY, "signs of units"),
    Form(
        TABLES,
        "telephone numbers are no texts",
        lambda root: text_table(
            root,
            [
                [f"+49 30 {row:06}", one, label]
                for row, (one, label) in enumerate(zip(COUNTED, LABELS_OF_40, strict=True))
            ],
            ["phone", "size", "label"],
        ),
        MANY,
        "Features: phone, size",
    ),
    Form(
        TABLES,
        'quotes behind a space (`a, "b"`)',
        written(
            "t.csv",
            "text, label\n"
            + "".join(f'"{text}, so", "{label}"\n' for text, label in zip(SENTENCES, LABELS_OF_40, strict=True)),
        ),
        MANY,
        "quotes behind a space in 'label' enclose the cells",
    ),
    Form(
        TABLES,
        "empty rows between (`,,`)",
        written(
            "t.csv",
            "size,label\n" + "".join(f"{one},{label}\n,\n" for one, label in zip(COUNTED, LABELS_OF_40, strict=True)),
        ),
        MANY,
        "40 rows of t.csv are empty and left out",
    ),
    Form(
        TABLES,
        "one-hot columns of marks (`x` or nothing)",
        pictures_and(named(), labels_of(12, ("x", "")), labels_of(12, ("", "x")), header=["path", "cat", "dog"]),
        TWO,
        "The label is the column that holds the 1, of cat, dog",
    ),
    Form(
        TABLES,
        "one-hot columns of yes and no",
        pictures_and(
            named(), labels_of(12, ("yes", "no")), labels_of(12, ("no", "yes")), header=["path", "cat", "dog"]
        ),
        TWO,
        "The label is the column that holds the 1, of cat, dog",
    ),
    Form(
        TABLES,
        "shares of the classes in columns",
        lambda root: text_table(
            root,
            [[text, f"{row % 11 / 10}", f"{1 - row % 11 / 10:.1f}"] for row, text in enumerate(SENTENCES)],
            ["text", "p_cat", "p_dog"],
        ),
        None,
        "If 'p_cat', 'p_dog' are shares of the classes",
    ),
    Form(
        TABLES,
        "a list of paths whose folders are the classes",
        paths_in_folders,
        None,
        "If the folders of its paths are the classes \\(cat, dog\\)",
    ),
    Form(TABLES, "pictures as text (base64)", pictures_as_text, None, "pictures written as text .*nothing is fetched"),
    Form(
        TABLES,
        "dates as 31.12.2020",
        numbers([f"{row % 28 + 1}.0{row % 9 + 1}.2020" for row in range(40)]),
        MANY,
        "in the dates of 'size' the day stands first",
    ),
    Form(
        TABLES,
        "dates as 12/31/2020",
        numbers([f"{row % 9 + 1}/{row % 28 + 1}/2020" for row in range(40)]),
        MANY,
        "in the dates of 'size' the month stands first",
    ),
    Form(
        TABLES,
        "dates that can be read in two ways, beside others",
        dates_beside([f"{row % 9 + 1}/{row * 5 % 12 + 1}/2020" for row in range(40)], "{}/5/2020"),
        MANY,
        "in the dates of 'size' the day stands first, as in the other dates.*in the dates of 'other' the day stands",
    ),
    Form(
        TABLES,
        "dates that can be read in two ways, by which the rows are sorted",
        numbers([f"{row % 12 + 1:02}/{row // 12 + 1:02}/2020" for row in range(40)]),
        MANY,
        "in the dates of 'size' the day stands first, since the rows are then in their order",
    ),
    Form(
        TABLES,
        "dates that can be read in two ways",
        numbers([f"{row % 3 + 1}/{row * 5 % 4 + 1}/2020" for row in range(40)]),
        MANY,
        "in the dates of 'size' nothing tells days from months, so they stay words; write them as 2020-12-31",
    ),
    Form(
        TABLES,
        "a model's answers beside features",
        lambda root: text_table(
            root,
            list(map(list, zip(COUNTED, LABELS_OF_40, LABELS_OF_40, ["0.9"] * 40, strict=True))),
            ["size", "label", "prediction", "prob_cat"],
        ),
        MANY,
        "No features, since they are called as a model's answers .*'prediction', 'prob_cat'.*Features: size;",
    ),
    Form(
        TABLES,
        "Excel: no header",
        workbook_of(PAIRS),
        MANY,
        "t.xlsx has no header; its columns are taken as text, label",
    ),
    Form(
        TABLES,
        "Excel: a hidden sheet before",
        workbook_of([["text", "label"], *PAIRS], hidden=True),
        MANY,
        "Read as texts",
    ),
    Form(
        TABLES,
        "Excel: labels in merged cells",
        workbook_of([["text", "label"], *([text, "cat" if row == 0 else None] for row, text in enumerate(SENTENCES))]),
        None,
        "39 of 40 examples have no label. If a label stands for the rows below it",
    ),
    # labels
    Form(
        LABELS,
        "a survey's code for a missing number (-999)",
        texts_with("0", "1", "2", "-999"),
        dict.fromkeys(("-999", "0", "1", "2"), 10),
        "-999 is read as a class .*--missing-label -999",
    ),
    Form(
        LABELS,
        "the same, with `--missing-label -999`",
        texts_with("0", "1", "2", "-999"),
        dict.fromkeys(("0", "1", "2"), 10),
        options=ReadOptions(missing_label="-999"),
    ),
    Form(
        LABELS,
        "a spreadsheet's errors (`#REF!`)",
        texts_with("cat", "dog", "#REF!", "cat"),
        {"#REF!": 10, "cat": 20, "dog": 10},
        "'#REF!' is read as a class",
    ),
    Form(
        LABELS,
        "a class of too few",
        written(
            "t.csv",
            "text,label\n"
            + "".join(
                f"{text},{'unknown' if row > 37 else label}\n"
                for row, (text, label) in enumerate(zip(SENTENCES, LABELS_OF_40, strict=True))
            ),
        ),
        None,
        "--missing-label unknown reads it as no label",
    ),
    Form(LABELS, "a zero-width space", texts_with("cat", "cat\u200b"), {"cat": 20, "cat\u200b": 20}, "look alike"),
    Form(LABELS, "signs of full width", texts_with("cat", "ｃａｔ"), {"cat": 20, "ｃａｔ": 20}, "look alike"),
    Form(LABELS, "with decimal commas", texts_with('"1,0"', '"2,0"'), {"1,0": 20, "2,0": 20}),
    # folders
    Form(
        FOLDERS,
        "`test/` beside class folders",
        test_among_classes,
        {"cat": 6, "dog": 6, "test": 6},
        "'test' is called as a split is, and read as a class; --missing-label test",
    ),
    Form(
        FOLDERS,
        "the same, with `--missing-label test`",
        test_among_classes,
        TWO,
        options=ReadOptions(missing_label="test"),
        round_trip="coco",
    ),
    Form(FOLDERS, "class folders of sounds", files_in_classes(".wav", b"RIFF"), None, SOUND),
    Form(FOLDERS, "class folders of medical pictures", files_in_classes(".dcm", b"DICM"), None, "save each as PNG"),
    Form(FOLDERS, "class folders of documents", files_in_classes(".pdf", b"%PDF"), None, "write the text of each"),
    Form(FOLDERS, "class folders of tables", files_in_classes(".csv", b"1,2\n"), None, "join them into one table"),
    Form(FOLDERS, "class folders of arrays", files_in_classes(".npy", b"\x93NUMPY"), None, "save all with numpy.savez"),
    Form(FOLDERS, "a picture", file_of("0.png", png_bytes(0)), None, "is a picture; name the folder"),
    # arrays
    Form(
        ARRAYS,
        "labels in one row, as MATLAB's are",
        arrays_of(X=VECTORS, y=np.arange(40)[None] % 2),
        {"0": 20, "1": 20},
    ),
    Form(ARRAYS, "examples as columns", arrays_of(X=VECTORS.T, y=np.arange(40) % 2), None, "save its transpose"),
    Form(
        ARRAYS,
        "labels of several people",
        arrays_of(X=VECTORS, y=np.stack([np.arange(40) % 3] * 3, axis=1)),
        None,
        "give the array as --votes",
    ),
    Form(
        ARRAYS, "`embeddings` and `label`", arrays_of(embeddings=VECTORS, label=np.arange(40) % 2), {"0": 20, "1": 20}
    ),
    Form(ARRAYS, "NetCDF", file_of("d.nc", b"CDF\x01"), None, "is NetCDF, HDF4 or Zarr; save its arrays"),
    # tools
    Form(
        TOOLS,
        "Argilla: responses",
        records(
            *(
                {"fields": {"text": text}, "responses": {"label": [{"value": label}]}}
                for text, label in zip(SENTENCES, LABELS_OF_40, strict=True)
            )
        ),
        MANY,
    ),
    Form(
        TOOLS,
        "Rasa: common_examples",
        records(
            {
                "rasa_nlu_data": {
                    "common_examples": [
                        {"text": text, "intent": label} for text, label in zip(SENTENCES, LABELS_OF_40, strict=True)
                    ]
                }
            },
            name="n.json",
        ),
        MANY,
    ),
    Form(
        TOOLS,
        "SNLI: gold_label beside the annotators'",
        records(
            *(
                {"sentence1": text, "gold_label": label, "annotator_labels": [label, label, "cat"]}
                for text, label in zip(SENTENCES, LABELS_OF_40, strict=True)
            )
        ),
        MANY,
        "The labels are in 'gold_label'",
    ),
    Form(
        TOOLS,
        "numbers of classes beside target_names",
        records(
            *(
                {"text": text, "target": row % 2, "target_names": label}
                for row, (text, label) in enumerate(zip(SENTENCES, LABELS_OF_40, strict=True))
            )
        ),
        MANY,
        "'target_names' name and number the same classes",
    ),
    Form(
        TOOLS,
        "LIBSVM",
        written("t.txt", "".join(f"{row % 2} 1:{one} 7:0.5\n" for row, one in enumerate(COUNTED))),
        None,
        "sklearn.datasets.load_svmlight_file",
    ),
    Form(TEXTS, "a workbook of another program", file_of("d.ods", b"PK\x03\x04"), None, "save it as .xlsx or CSV"),
    Form(
        FOLDERS,
        "folders that are parts, beside a table of labels",
        folders_and_a_table(lambda folder, number: ("nv", "mel")[number % 2]),
        None,
        r"labels the same pictures otherwise \(mel, nv\)\. Name the table",
    ),
    Form(
        FOLDERS,
        "class folders, and a table that says the same",
        folders_and_a_table(lambda folder, number: folder.lower()),
        {"HAM_part_1": 6, "HAM_part_2": 6},
        "2 class folders",
    ),
)
