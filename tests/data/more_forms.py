"""More forms of data that people have: see `forms.py`."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.data.options import ReadOptions
from tests.data.forms import (
    ARRAYS,
    FOLDERS,
    LABELS,
    PICTURES,
    TABLES,
    TOOLS,
    TWO,
    Form,
    classes_below,
    csv_rows,
    drawn,
    folders,
    labels_of,
    named,
    paths_and_labels,
    picture,
    pictures_in,
    rows_of,
    text_table,
)


def masks_beside(root: Path) -> Path:
    classes_below(root, ("images", "masks"))
    return root


def yolo(root: Path) -> Path:
    for split in ("train", "val"):
        for number in range(6):
            picture(root / "images" / split / f"{number}.jpg", number)
            file = root / "labels" / split / f"{number}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{number % 2} 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.1 0.1\n")
    return root


def voc(root: Path) -> Path:
    (root / "Annotations").mkdir()
    box = "<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>"
    for number in range(6):
        picture(root / "JPEGImages" / f"{number}.jpg", number)
        (root / "Annotations" / f"{number}.xml").write_text(f"<annotation>{box}</annotation>")
    return root


def tiny_imagenet(root: Path) -> Path:
    for name in ("cat", "dog"):
        classes_below(root / "train" / name, ("images",))
    classes_below(root / "val", ("images",))
    return root


def broken_numbers(root: Path) -> Path:
    for number in range(12):
        picture(root / "train" / f"{number}e5.png", number)
    return text_table(root, rows_of([f"{n}e5" for n in range(12)], labels_of()), ["id_code", "label"], name="train.csv")


TWICE = {"cat": 12, "dog": 12}
MANY = {"cat": 20, "dog": 20}


def png_of_16_bits(numbers: NDArray[Any]) -> bytes:
    """`(height, width, channel)` of 0 to 65535 as PNG: Pillow writes no colours of 16 bits."""
    height, width, channels = numbers.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + numbers[row].astype(">u2").tobytes() for row in range(height))

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff_of_16_bits(numbers: NDArray[Any], order: str = "<") -> bytes:
    """The same as TIFF, without compression."""
    height, width, channels = numbers.shape
    content = numbers.astype(f"{order}u2").tobytes()
    bits_at = 8 + 2 + 10 * 12 + 4
    entries = [
        *((256, 3, 1, width), (257, 3, 1, height), (258, 3, channels, bits_at), (259, 3, 1, 1), (262, 3, 1, 2)),
        *((273, 4, 1, bits_at + 2 * channels), (277, 3, 1, channels), (278, 3, 1, height)),
        *((279, 4, 1, len(content)), (284, 3, 1, 1)),
    ]
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", 10)
    for tag, kind, count, value in entries:
        cell = struct.pack(f"{order}HH", value, 0) if kind == 3 and count == 1 else struct.pack(f"{order}I", value)
        out += struct.pack(f"{order}HHI", tag, kind, count) + cell
    return out + struct.pack(f"{order}I", 0) + struct.pack(f"{order}{channels}H", *[16] * channels) + content


def coloured(encode: Callable[[NDArray[Any]], bytes], suffix: str, channels: int = 3) -> Callable[[Path], Path]:
    """Class folders of colours of 16 bits that hold 12."""

    def write(root: Path) -> Path:
        for row in range(12):
            numbers = np.random.default_rng(row).integers(0, 4096, (10, 10, channels))
            if channels in (2, 4):
                numbers[:, :, -1] = 65535
            file = root / ("cat" if row < 6 else "dog") / f"{row}{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encode(numbers))
        return root

    return write


def planes_apart(root: Path) -> Path:
    def encode(numbers: NDArray[Any]) -> bytes:
        return tiff_of_16_bits(numbers).replace(
            struct.pack("<HHIHH", 284, 3, 1, 1, 0), struct.pack("<HHIHH", 284, 3, 1, 2, 0)
        )

    return coloured(encode, ".tif")(root)


def next_to_black(root: Path) -> Path:
    """Masks: 0 and 1 in pictures of 8 bits."""
    for row in range(12):
        file = root / ("cat" if row < 6 else "dog") / f"{row}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.asarray(drawn(row)) > 127).astype(np.uint8)).save(file)
    return root


def named_numbers(root: Path) -> Path:
    pixels = np.stack([np.asarray(drawn(row)) for row in range(12)])
    np.savez(root / "d.npz", images=pixels, labels=np.arange(12) % 2, class_names=np.array(["cat", "dog"]))
    return root / "d.npz"


def with_empty_folder(root: Path) -> Path:
    classes_below(root)
    (root / "owl").mkdir()
    return root


def digits(root: Path) -> Path:
    values = np.stack([np.asarray(drawn(row)) // 16 for row in range(12)]).astype(np.float64)
    np.savez(root / "d.npz", images=values, y=np.array(labels_of()))
    return root / "d.npz"


def workbook(root: Path) -> Path:
    """A title above the header, codes that are shown with zeros, and a second sheet."""
    from openpyxl import Workbook

    pictures_in(root)
    book = Workbook()
    sheet = book.active
    sheet.append(["Pictures of 2026"])
    sheet.append([])
    sheet.append(["Path", "Label", "Weight"])
    for row, (name, label) in enumerate(zip(named(), (7, 12) * 6, strict=True)):
        sheet.append([name, label, row / 2])
        sheet.cell(row + 4, 2).number_format = "000"
    other = book.create_sheet("Notes")
    other.append(["who", "what"])
    other.append(["ann", "drew them"])
    book.save(root / "t.xlsx")
    return root / "t.xlsx"


def json_file(content: Callable[[list[tuple[str, str]]], Any], name: str = "t.json") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root)
        (root / name).write_text(json.dumps(content(list(zip(named(), labels_of(), strict=True))), indent=1))
        return root / name

    return write


def json_lines(record: Callable[[str, str], Any], name: str = "t.jsonl") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root)
        rows = [record(path, label) for path, label in zip(named(), labels_of(), strict=True)]
        (root / name).write_text("\n".join(map(json.dumps, rows)))
        return root / name

    return write


def sagemaker(path: str, label: str) -> dict[str, Any]:
    about = {"class-name": label, "type": "groundtruth/image-classification"}
    return {"source-ref": f"s3://bucket/{path}", "animals": int(label == "dog"), "animals-metadata": about}


def features(column: Callable[[int], str], by: str = ",") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        return text_table(root, rows_of([column(row) for row in range(40)], labels_of(40)), ["size", "label"], by=by)

    return write


def in_class_and_split(root: Path) -> Path:
    for place, name in enumerate(("cat", "dog")):
        for split in ("train", "test"):
            for number in range(6):
                picture(root / split / name / split / f"{number}.png", 50 * place + number + 20 * (split == "test"))
    return root


def with_hidden(root: Path) -> Path:
    classes_below(root, ("cat", "dog", ".owl"))
    return root


def with_link_as_text(root: Path) -> Path:
    classes_below(root / "data", ("cat", "dog"))
    classes_below(root / "data" / ".store", ("owl",))
    (root / "data" / "owl").write_text(".store/owl")
    return root / "data"


def spaces_in_labels(root: Path) -> Path:
    pictures_in(root)
    labels = ["cat", "dog", "cat ", *labels_of(9)[1:], "cat"]
    return text_table(root, rows_of(named(), labels), ["path", "label"])


def coco_content(names: list[str]) -> str:
    categories = [{"id": number, "name": name} for number, name in enumerate(("cat", "dog"), 1)]
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    labels = [{"id": n, "image_id": n, "category_id": n % 2 + 1, "bbox": [0, 0, 5, 5]} for n in range(len(names))]
    return json.dumps({"images": images, "annotations": labels, "categories": categories})


def roboflow_coco(root: Path) -> Path:
    for split in ("train", "valid"):
        pictures_in(root / split)
        (root / split / "_annotations.coco.json").write_text(coco_content(named()))
    return root


def coco_folders(root: Path) -> Path:
    """As COCO itself is laid out, with a file that names pictures only."""
    (root / "annotations").mkdir()
    for split, first in (("train2017", 0), ("val2017", 100)):
        names = [f"{first + number:012}.png" for number in range(12)]
        for number, name in enumerate(names):
            picture(root / "images" / split / name, first + number)
        (root / "annotations" / f"instances_{split}.json").write_text(coco_content(names))
    only = {"images": [{"id": 1, "file_name": "x.png"}], "annotations": [], "categories": []}
    (root / "annotations" / "image_info_test2017.json").write_text(json.dumps(only))
    return root


def cvat_subsets(root: Path) -> Path:
    pictures_in(root / "images")
    images = "".join(
        f'<image id="{n}" name="{name}" subset="{("Train", "Validation")[n >= 8]}"><tag label="{label}"/></image>'
        for n, (name, label) in enumerate(zip(named(), labels_of(), strict=True))
    )
    (root / "train.xml").write_text(f"<?xml version='1.0'?><annotations><version>1.1</version>{images}</annotations>")
    return root


def archive(root: Path) -> Path:
    pictures_in(root / "in")
    (root / "d.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    return root / "d.zip"


def tensorflow(root: Path) -> Path:
    (root / "pets-train.tfrecord-00000-of-00001").write_bytes(b"")
    (root / "dataset_info.json").write_text('{"name": "pets"}')
    return root


def extra_pictures(root: Path) -> Path:
    pictures_in(root, 15)
    return text_table(root, rows_of(named(), labels_of()), ["path", "label"])


def with_columns(path: str, label: str, *, names: Callable[[str], str] = str) -> Callable[[Path], Path]:
    return csv_rows([path, label], rows_of([names(name) for name in named()], labels_of()))


def bare(name: str) -> str:
    return name.removesuffix(".png")


def no_header(*columns: list[str], **how: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root)
        return text_table(root, rows_of(*columns), None, **how)  # type: ignore[arg-type]

    return write


def measured() -> list[list[str]]:
    return [[f"{row * 0.5:.1f}" for row in range(40)], [f"{row % 7 + 0.1:.1f}" for row in range(40)], labels_of(40)]


def several_in_a_file(root: Path) -> Path:
    for row in range(12):
        file = root / ("cat" if row < 6 else "dog") / f"{row}{('.tif', '.gif')[row % 2]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        drawn(row).save(file, save_all=True, append_images=[drawn(50 + row)] * (row < 6))
    return root


def supervisely(root: Path) -> Path:
    for data_set in ("ds0", "ds1"):
        classes_below(root / data_set, ("img",))
        (root / data_set / "ann").mkdir()
        for number in range(6):
            (root / data_set / "ann" / f"{number}.png.json").write_text('{"tags": [{"name": "cat"}]}')
    return root


def kaggle(*parts: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        classes_below(root, parts)
        text_table(root, rows_of(named(), labels_of()), ["id", "label"], name="train.csv")
        return text_table(root, rows_of(named(), labels_of()), ["id", "label"], name="sample_submission.csv").parent

    return write


def addresses(root: Path) -> Path:
    return text_table(root, rows_of([f"https://x.org/{n}.png" for n in range(12)], labels_of()), ["path", "label"])


def label_me(root: Path) -> Path:
    for number in range(6):
        picture(root / f"{number}.png", number)
        shape = {"label": "cat", "points": [[0, 0], [3, 3]]}
        (root / f"{number}.json").write_text(json.dumps({"shapes": [shape], "imagePath": f"{number}.png"}))
    return root


def pairs_of_files(root: Path) -> Path:
    for number, label in enumerate(labels_of()):
        picture(root / f"{number:06}.png", number)
        (root / f"{number:06}.cls").write_text(label)
    return root


def cifar(root: Path) -> Path:
    (root / "data_batch_1").write_bytes(b"\x80\x02}q\x01(U")
    return root


FORMS: tuple[Form, ...] = (
    Form(FOLDERS, "`split1/cat/0.png`", folders("split1", "split2"), TWICE, "2 parts", ("split1", "split2")),
    Form(FOLDERS, "`part_a/cat/0.png`", folders("part_a", "part_b"), TWICE, "2 parts", ("part_a", "part_b")),
    Form(
        FOLDERS,
        "`Training Set/cat/0.png`",
        folders("Training Set", "Validation Set"),
        TWICE,
        "2 splits",
        ("Training Set", "Validation Set"),
    ),
    Form(
        FOLDERS,
        "`training/cat/0.png` and `held-out/cat/0.png`",
        folders("training", "held-out"),
        TWICE,
        "split",
        ("held-out", "training"),
    ),
    Form(
        FOLDERS,
        "`train/cat/0.png` and `summer/cat/0.png`",
        folders("train", "summer"),
        TWICE,
        "the others hold the same classes",
        ("summer", "train"),
    ),
    Form(
        FOLDERS,
        "`entrenamiento/cat/0.png`",
        folders("entrenamiento", "validación"),
        TWICE,
        "2 splits",
        ("entrenamiento", "validación"),
    ),
    Form(FOLDERS, "`train/cat/train/0.png`", in_class_and_split, TWICE, "split folders", ("test", "train")),
    Form(FOLDERS, "a class called test", folders(names=("normal", "test")), {"normal": 6, "test": 6}, "class folders"),
    Form(
        FOLDERS, "class folders `1.0` and `2.0`", folders(names=("1.0", "2.0")), {"1.0": 6, "2.0": 6}, "class folders"
    ),
    Form(
        FOLDERS,
        "class folders that only look alike (é in one sign and in two)",
        folders(names=("e\u0301", "\u00e9")),
        {"e\u0301": 6, "\u00e9": 6},
        "look alike",
    ),
    Form(
        FOLDERS,
        "a class folder with a space at its end",
        folders(names=("cat ", "dog")),
        TWO,
        "Spaces around the folders' names are left out: 'cat '",
    ),
    Form(FOLDERS, "a class folder that begins with a dot", with_hidden, TWO, r"1 hidden folders.*\.owl"),
    Form(
        FOLDERS,
        "a linked class folder that git saved as text",
        with_link_as_text,
        TWO,
        "1 links to folders that were saved as text",
    ),
    Form(FOLDERS, "a class folder without a picture", with_empty_folder, TWO, "No picture is read in owl/"),
    Form(FOLDERS, "an archive", archive, None, "unpack it"),
    Form(
        PICTURES, "16-bit colours in PNG that hold 12 bits", coloured(png_of_16_bits, ".png"), TWO, "which is 12 bits"
    ),
    Form(PICTURES, "the same with opacity", coloured(png_of_16_bits, ".png", 4), TWO, "which is 12 bits"),
    Form(
        PICTURES,
        "16-bit grey with opacity that holds 12 bits",
        coloured(png_of_16_bits, ".png", 2),
        TWO,
        "which is 12 bits",
    ),
    Form(
        PICTURES, "16-bit colours in TIFF that hold 12 bits", coloured(tiff_of_16_bits, ".tif"), TWO, "which is 12 bits"
    ),
    Form(
        PICTURES,
        "the same in the other byte order",
        coloured(lambda one: tiff_of_16_bits(one, ">"), ".tif"),
        TWO,
        "which is 12 bits",
    ),
    Form(PICTURES, "8-bit masks of 0 and 1", next_to_black, TWO, "next to black.*1 white"),
    Form(
        TABLES,
        "Excel: a title above, codes shown with zeros, two sheets",
        workbook,
        {"007": 6, "012": 6},
        "Of the sheets .* the first is read.*1 rows .* above its header",
    ),
    *(
        Form(TABLES, f"columns `{path}`, `{label}`", with_columns(path, label), TWO, says)
        for path, label, says in (
            ("img", "ground_truth", "paths in 'img'"),
            ("Image Index", "Finding Labels", "whose cells end as pictures do"),
            ("url", "category", "whose cells end as pictures do"),
            ("picture", "klasse", "'klasse' is taken as the labels"),
            ("File Path", "Class Label", "paths in 'File Path'"),
            ("file", "sentiment", "paths in 'file'"),
        )
    ),
    *(
        Form(
            TABLES,
            f"columns `{path}`, `{label}`, names without ending",
            with_columns(path, label, names=bare),
            TWO,
            says,
        )
        for path, label, says in (
            ("img_id", "breed", "cells in 'img_id' are taken as the pictures' names"),
            ("ImageID", "LabelName", "ids in 'ImageID' are taken"),
            ("uuid", "target", "cells in 'uuid' are taken"),
        )
    ),
    Form(
        TABLES,
        "ids that name no picture",
        lambda root: text_table(root, rows_of(named(), labels_of()), ["x", "label"]),
        None,
        "files are not there.*--image-root",
    ),
    Form(
        TABLES,
        "two columns of labels",
        csv_rows(["path", "label", "class"], rows_of(named(), labels_of(), ["a", "b", "b"] * 4)),
        TWO,
        "The labels are in 'label'; --label-column 'class'",
    ),
    Form(
        TABLES,
        "numbers of classes beside their names",
        csv_rows(["path", "class_id", "class_name"], rows_of(named(), ["1", "0"] * 6, labels_of())),
        TWO,
        "in the order of the numbers",
    ),
    Form(
        TABLES,
        "a column `patient_id` that repeats, beside paths",
        csv_rows(["path", "label", "patient_id"], rows_of(named(), labels_of(), ["p1", "p1", "p2", "p2"] * 3)),
        TWO,
        "What shares a value of 'patient_id' .* one group",
    ),
    Form(
        TABLES,
        "a column `phase` of splits",
        csv_rows(["path", "label", "phase"], rows_of(named(), labels_of(), ["train", "val"] * 6)),
        TWO,
        "a table",
        ("train", "val"),
    ),
    Form(TABLES, "pictures that the table does not name", extra_pictures, TWO, "3 pictures that lie beside"),
    Form(
        TABLES,
        "no header: split, address, label (AutoML)",
        no_header(["TRAIN", "TEST"] * 6, [f"gs://bucket/{name}" for name in named()], labels_of()),
        TWO,
        "its columns are taken as split, path, label",
        ("TEST", "TRAIN"),
    ),
    Form(
        TABLES,
        "no header, names without ending",
        no_header([bare(name) for name in named()], labels_of()),
        TWO,
        "no header",
    ),
    Form(
        TABLES,
        "no header, numbers and a class (iris.data)",
        no_header(*measured(), name="iris.data"),
        MANY,
        "'column 3' is taken as the labels",
    ),
    Form(
        TABLES,
        "a list `name number` (.txt)",
        no_header([bare(name) for name in named()], ["0", "1"] * 6, name="l.txt", by=" "),
        {"0": 6, "1": 6},
        "no header",
    ),
    Form(TABLES, "a line of notes above", paths_and_labels(before="# made in 2026\n"), TWO, "begin with #"),
    Form(
        TABLES,
        "numbers with separated thousands",
        features(lambda row: f'"{row + 1},000"'),
        MANY,
        "commas separate thousands",
    ),
    Form(
        TABLES, "numbers with decimal commas", features(lambda row: f"{row},5", by=";"), MANY, "commas are decimal ones"
    ),
    Form(
        TABLES,
        "1.234,56",
        features(lambda row: f"{row + 1}.234,56", by=";"),
        MANY,
        "commas are decimal ones, points separate thousands",
    ),
    Form(TABLES, "per cent", features(lambda row: f"{row}%"), MANY, "signs of units"),
    Form(
        TABLES,
        "JSON lines, records within records",
        json_lines(lambda path, label: {"image": {"path": path}, "annotation": {"label": label}}),
        TWO,
        "'image.path'",
    ),
    Form(
        TABLES,
        "JSON lines, a list of one label",
        json_lines(lambda path, label: {"image": path, "labels": [label]}),
        TWO,
        "a table",
    ),
    Form(
        TABLES,
        "JSON lines, lists of several labels",
        json_lines(lambda path, label: {"image": path, "labels": [label, "pet"]}),
        None,
        "2 labels .*One label",
    ),
    Form(TABLES, "JSON: `{picture: class}`", json_file(dict), TWO, "a table"),
    Form(
        TABLES,
        "JSON: `{class: [pictures]}`",
        json_file(lambda pairs: {name: [one for one, label in pairs if label == name] for name in ("cat", "dog")}),
        TWO,
        "a table",
    ),
    Form(
        TABLES,
        "JSON: `{data: [records]}`",
        json_file(lambda pairs: {"version": 1, "data": [{"path": one, "label": label} for one, label in pairs]}),
        TWO,
        "a table",
    ),
    Form(
        TABLES,
        "JSON by columns, as pandas writes it",
        json_file(
            lambda pairs: {
                "path": {n: one for n, (one, _) in enumerate(pairs)},
                "label": {n: label for n, (_, label) in enumerate(pairs)},
            }
        ),
        TWO,
        "a table",
    ),
    Form(
        LABELS, "a class called None", paths_and_labels(("None", "mild")), {"None": 6, "mild": 6}, "is read as a class"
    ),
    Form(LABELS, "true and false", paths_and_labels(("true", "false")), {"false": 6, "true": 6}, "a table"),
    Form(
        LABELS, "classes with spaces around them", spaces_in_labels, {"cat": 7, "dog": 5}, "without the spaces around"
    ),
    Form(
        LABELS,
        "several classes in a cell (`cat|dog`)",
        paths_and_labels(("cat", "dog", "cat|dog"), 18),
        None,
        r"others joined by '\|'.*--class-names",
    ),
    Form(
        LABELS,
        "the same, with `--class-names`",
        paths_and_labels(("cat", "dog", "cat|dog"), 18),
        {"cat": 6, "dog": 6, "cat|dog": 6},
        "a table",
        options=ReadOptions(class_names=("cat", "dog", "cat|dog")),
    ),
    Form(ARRAYS, "`.npz` with `class_names`", named_numbers, TWO, "The classes' names are those of the file"),
    Form(ARRAYS, "digits of 0 to 15", digits, TWO, "next to black.*16 white"),
    Form(
        TOOLS,
        "SageMaker: a manifest",
        json_lines(sagemaker, "out.manifest"),
        TWO,
        "labels are in 'animals-metadata.class-name'",
    ),
    Form(TOOLS, "TensorFlow Datasets", tensorflow, None, "TensorFlow's records, which are not read; write pictures"),
    Form(
        TOOLS,
        "Roboflow: COCO, a file for each split",
        roboflow_coco,
        TWICE,
        "train/_annotations.coco.json",
        ("train", "valid"),
        round_trip="coco",
    ),
    Form(
        TOOLS,
        "COCO: `annotations/instances_train2017.json`",
        coco_folders,
        TWICE,
        "instances_train2017.json",
        ("train", "val"),
        round_trip="coco",
    ),
    Form(TOOLS, "CVAT: subsets", cvat_subsets, TWO, "CVAT's tags", ("Train", "Validation"), round_trip="cvat"),
    Form(TOOLS, "YOLO: boxes", yolo, None, r"boxes in pictures \(YOLO\).*cut each box out"),
    Form(TOOLS, "Pascal VOC: boxes", voc, None, r"boxes in pictures \(Pascal VOC\).*cut each box out"),
    Form(
        FOLDERS, "pictures beside their masks", masks_beside, None, "called by what lies in them.*--split-folders none"
    ),
    Form(
        FOLDERS,
        "the same, with `--split-folders none`",
        masks_beside,
        {"images": 6, "masks": 6},
        "2 class folders",
        options=ReadOptions(split_folders="none"),
    ),
    Form(
        FOLDERS,
        "`train/cat/images/0.png`, and `val/images/0.png` (Tiny ImageNet)",
        tiny_imagenet,
        TWO,
        r"Passed over: 6 in val/, whose folders \(images\) are no classes",
        ("train",),
    ),
    Form(
        TABLES,
        "names that look like broken numbers (`1e5`)",
        broken_numbers,
        TWO,
        "'id_code' are taken as the pictures' names",
    ),
    Form(
        PICTURES,
        "pages of a TIFF, frames of an animation",
        several_in_a_file,
        TWO,
        r"6 files hold several pictures .* only the first is read \(cat/0.tif",
    ),
    Form(TOOLS, "Supervisely: `ds0/img/0.png`, `ds0/ann/0.png.json`", supervisely, None, "project of Supervisely"),
    Form(
        FOLDERS,
        "`train/0.png`, `test/0.png` and `train.csv` (Kaggle)",
        kaggle("train", "test"),
        None,
        r"no class folders;.*Did you mean train.csv, a table beside them",
    ),
    Form(
        FOLDERS,
        "`train_images/0.png`, `test_images/0.png` and `train.csv` (Kaggle)",
        kaggle("train_images", "test_images"),
        None,
        r"no class folders;.*--split-folders none reads them so.*Did you mean train.csv",
    ),
    Form(TABLES, "addresses", addresses, None, "12 of 12 paths are addresses .*nothing is fetched"),
    Form(TOOLS, "LabelMe: boxes", label_me, None, r"boxes in pictures \(LabelMe\).*cut each box out"),
    Form(TOOLS, "WebDataset, unpacked", pairs_of_files, None, "WebDataset.*write a table of them"),
    Form(TOOLS, "CIFAR's pickles", cifar, None, "data_batch_1, which is a pickle.*numpy.savez"),
    Form(
        FOLDERS,
        "a folder of what nobody sorted (`unsorted/0.png`)",
        folders(names=("cat", "dog", "unsorted")),
        TWO | {"unsorted": 6},
        "The folder 'unsorted' is read as a class; --missing-label unsorted reads it as no label",
    ),
    Form(
        TABLES,
        "boxes beside paths",
        csv_rows(["path", "xmin", "ymin", "label"], rows_of(named(), ["0"] * 12, ["5"] * 12, labels_of())),
        TWO,
        "Only whole pictures are judged; not used: xmin, ymin. If these are boxes, cut each out",
    ),
    Form(
        FOLDERS,
        "`input/0.png` and `target/0.png`",
        folders(names=("input", "target")),
        None,
        "called by what lies in them.*--split-folders none",
    ),
    Form(
        TABLES,
        "a column of splits with gaps",
        csv_rows(["path", "label", "split"], rows_of(named(), labels_of(), ["train"] * 8 + [""] * 4)),
        TWO,
        "4 examples are of no split",
        ("", "train"),
    ),
)
