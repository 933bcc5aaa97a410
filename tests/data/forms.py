"""Forms of data that people have, made up small: what each holds, and what is right; `more_forms.py` has others.

`form_page.py` makes `docs/forms.md` of them.
"""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image

from aleator.data.options import ReadOptions

TWO = {"cat": 6, "dog": 6}
THREE = {"cat": 6, "dog": 6, "owl": 6}


@dataclass(frozen=True)
class Form:
    """One form: written into an empty folder, read, and compared with what is right."""

    group: str
    name: str
    write: Callable[[Path], Path]
    """Writes it and returns what is read."""
    counts: dict[str, int] | None = None
    """Examples of each class; None where the form is refused."""
    says: str = ""
    """A pattern of what the reader says, or of the error."""
    splits: tuple[str, ...] = ()
    options: ReadOptions = field(default_factory=ReadOptions)
    round_trip: str = ""
    """Which export is its own, where it is not the usual one of its group."""


def picture(path: Path, number: int = 0, size: tuple[int, int] = (10, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(number, size).save(path)


def drawn(number: int, size: tuple[int, int] = (10, 10)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (size[1], size[0]), dtype=np.uint8))


def classes_below(root: Path, names: tuple[str, ...] = ("cat", "dog"), count: int = 6, suffix: str = ".png") -> None:
    for place, name in enumerate(names):
        for number in range(count):
            picture(root / name / f"{number}{suffix}", place * count + number)


def named(count: int = 12) -> list[str]:
    return [f"p{number:03}.png" for number in range(count)]


def labels_of(count: int = 12, names: tuple[str, ...] = ("cat", "dog")) -> list[str]:
    return [names[number % len(names)] for number in range(count)]


def pictures_in(root: Path, count: int = 12) -> None:
    for number, name in enumerate(named(count)):
        picture(root / name, number)


def text_table(
    root: Path,
    rows: list[list[str]],
    header: list[str] | None,
    *,
    name: str = "t.csv",
    by: str = ",",
    encoding: str = "utf-8",
    before: str = "",
) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    lines = ([by.join(header)] if header else []) + [by.join(row) for row in rows]
    (root / name).write_bytes((before + "\n".join(lines) + "\n").encode(encoding))
    return root / name


def paths_and_labels(names: tuple[str, ...] = ("cat", "dog"), count: int = 12, **how: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root, count)
        rows = [list(pair) for pair in zip(named(count), labels_of(count, names), strict=True)]
        return text_table(root, rows, ["path", "label"], **how)  # type: ignore[arg-type]

    return write


def folders(*splits: str, names: tuple[str, ...] = ("cat", "dog"), count: int = 6) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        for split in splits or ("",):
            classes_below(root / split, names, count)
        return root

    return write


def png_bytes(number: int) -> bytes:
    file = io.BytesIO()
    drawn(number).save(file, "PNG")
    return file.getvalue()


def hugging_face_table(count: int = 12, *, paths: bool = True) -> pa.Table:
    cells = [{"bytes": png_bytes(number), "path": f"{number}.png" if paths else None} for number in range(count)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(cells, kind), "label": pa.array(np.arange(count) % 2)})
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def shards(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    for split in ("train", "test"):
        parquet.write_table(hugging_face_table(), root / "data" / f"{split}-00000-of-00001.parquet")
    return root


def one_parquet(root: Path) -> Path:
    parquet.write_table(hugging_face_table(), root / "t.parquet")
    return root / "t.parquet"


def bytes_parquet(root: Path) -> Path:
    table = hugging_face_table()
    content = pa.array([cell["bytes"] for cell in table["image"].to_pylist()], pa.binary())
    parquet.write_table(pa.table({"jpg": content, "label": labels_of()}), root / "t.parquet")
    return root / "t.parquet"


def saved_to_disk(root: Path) -> Path:
    (root / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for split in ("train", "test"):
        folder = root / split
        folder.mkdir()
        table = hugging_face_table()
        file = folder / "data-00000-of-00001.arrow"
        with pa.OSFile(str(file), "wb") as content, pa.ipc.new_stream(content, table.schema) as stream:
            stream.write_table(table)
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
        (folder / "dataset_info.json").write_text("{}")
    return root


def deep(kind: str) -> Callable[[Path], Path]:
    """Class folders of pictures with other numbers than 0 to 255."""

    def write(root: Path) -> Path:
        for place, name in enumerate(("cat", "dog")):
            for number in range(6):
                numbers = np.asarray(drawn(place * 6 + number)).astype(np.int64)
                file = root / name / f"{number}.tif"
                file.parent.mkdir(parents=True, exist_ok=True)
                if kind == "12 of 16 bits":
                    file = file.with_suffix(".png")
                    image = Image.fromarray((numbers * 16).astype(np.uint16))
                elif kind == "8 of 16 bits":
                    image = Image.fromarray(numbers.astype(np.uint16))
                elif kind == "floats":
                    image = Image.fromarray((numbers / 255).astype(np.float32))
                elif kind == "floats with NaN":
                    values = (numbers / 255).astype(np.float32)
                    values[0, 0] = np.nan
                    image = Image.fromarray(values)
                else:
                    image = Image.fromarray((numbers * 1000 - 50_000).astype(np.int32))
                image.save(file)
        return root

    return write


def with_link(root: Path) -> Path:
    classes_below(root / "data", ("cat", "dog"))
    classes_below(root / "data" / ".store", ("owl",))
    (root / "data" / "owl").symlink_to(Path(".store") / "owl")
    return root / "data"


def with_link_outside(root: Path) -> Path:
    classes_below(root / "data", ("cat", "dog"))
    classes_below(root / "elsewhere", ("owl",))
    (root / "data" / "owl").symlink_to(root / "elsewhere" / "owl")
    return root / "data"


def renamed(suffix: str, kind: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        classes_below(root)
        for number in range(6):
            file = root / "owl" / f"{number}{suffix}"
            file.parent.mkdir(exist_ok=True)
            drawn(number).save(file, kind)
        return root

    return write


def heic(root: Path) -> Path:
    import pillow_heif

    classes_below(root)
    pillow_heif.register_heif_opener()
    (root / "owl").mkdir()
    for number in range(6):
        drawn(number, (64, 64)).convert("RGB").save(root / "owl" / f"IMG_{number}.HEIC", "HEIF")
    return root


def with_text_files(root: Path) -> Path:
    classes_below(root)
    (root / "cat" / "notes.txt").write_text("no picture")
    (root / "README").write_text("no picture either")
    (root / "dog" / "drawing.svg").write_text("<svg/>")
    return root


def csv_rows(header: list[str], rows: list[list[str]], *, pictures: str = "", **how: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root / pictures)
        return text_table(root, rows, header, **how)  # type: ignore[arg-type]

    return write


def rows_of(*columns: list[str]) -> list[list[str]]:
    return [list(row) for row in zip(*columns, strict=True)]


def pixel_columns(root: Path) -> Path:
    rows = [[str(number % 2), *map(str, np.asarray(drawn(number, (4, 4))).ravel())] for number in range(12)]
    return text_table(root, rows, ["label", *(f"pixel{number}" for number in range(16))])


def pixels_without_names(root: Path, *, label_last: bool = False, with_corners: bool = False) -> Path:
    """As MNIST goes about: a label and the pixels of a dark-cornered picture, and no header."""
    rows = []
    for number in range(12):
        pixels = np.asarray(drawn(number, (16, 16))).copy()
        if not with_corners:
            pixels[0, 0] = pixels[-1, -1] = 0
        cells = [str(one) for one in pixels.ravel()]
        rows.append([*cells, str(number % 2)] if label_last else [str(number % 2), *cells])
    return text_table(root, rows, None)


def kaggle_pixels(root: Path) -> Path:
    rows = [[str(n % 2), " ".join(map(str, np.asarray(drawn(n, (4, 4))).ravel())), "Training"] for n in range(12)]
    return text_table(root, rows, ["emotion", "pixels", "Usage"], name="fer2013.csv")


def array_file(dtype: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures = np.stack([np.asarray(drawn(number)) for number in range(12)]).astype(np.float64)
        values = {"uint8": pictures, "uint16": pictures * 16, "float": pictures / 127.5 - 1}[dtype]
        np.savez(
            root / "d.npz", images=values.astype(np.float32 if dtype == "float" else dtype), y=np.array(labels_of())
        )
        return root / "d.npz"

    return write


def medmnist(root: Path) -> Path:
    pictures = np.stack([np.asarray(drawn(number)) for number in range(12)])
    labels = (np.arange(12) % 2)[:, None]
    parts = {
        f"{split}_{kind}": values
        for split in ("train", "test")
        for kind, values in (("images", pictures), ("labels", labels))
    }
    np.savez(root / "d.npz", **parts)
    return root / "d.npz"


def one_hot_labels(root: Path) -> Path:
    np.savez(root / "d.npz", X=np.eye(12), y=np.eye(2)[np.arange(12) % 2])
    return root / "d.npz"


def channels_first(root: Path) -> Path:
    pictures = np.stack([np.asarray(drawn(number).convert("RGB")).transpose(2, 0, 1) for number in range(12)])
    np.savez(root / "d.npz", images=pictures, y=np.array(labels_of()))
    return root / "d.npz"


def vectors(root: Path) -> Path:
    np.savez(root / "d.npz", X=np.random.default_rng(0).normal(size=(12, 3)), y=np.array(labels_of()))
    return root / "d.npz"


def object_labels(root: Path) -> Path:
    np.savez(root / "d.npz", X=np.eye(12), y=np.array(labels_of(), dtype=object))
    return root / "d.npz"


def fiftyone(root: Path) -> Path:
    for number in range(12):
        picture(root / "data" / f"{number:03}.jpg", number)
    labels = {f"{number:03}": number % 2 for number in range(12)}
    (root / "labels.json").write_text(json.dumps({"classes": ["cat", "dog"], "labels": labels}))
    return root


def metadata(*, suffix: str = "csv") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root / "train")
        rows = rows_of(named(), labels_of())
        if suffix == "csv":
            text_table(root / "train", rows, ["file_name", "label"], name="metadata.csv")
        else:
            lines = [json.dumps({"file_name": path, "label": label}) for path, label in rows]
            (root / "train" / "metadata.jsonl").write_text("\n".join(lines))
        return root

    return write


def roboflow(root: Path) -> Path:
    for split in ("train", "valid"):
        pictures_in(root / split)
        rows = [[name, f" {1 - n % 2}", f" {n % 2}"] for n, name in enumerate(named())]
        text_table(root / split, rows, ["filename", " cat", " dog"], name="_classes.csv")
    return root


def aligned_list(root: Path) -> Path:
    for number in range(12):
        picture(root / "Image" / "aligned" / f"train_{number:05}_aligned.jpg", number)
    rows = [[f"train_{number:05}.jpg", str(number % 2 + 1)] for number in range(12)]
    return text_table(root, rows, None, name="list_patition_label.txt", by=" ")


def in_other_folder(root: Path) -> Path:
    pictures_in(root / "pictures")
    return text_table(root / "tables", rows_of(named(), labels_of()), ["path", "label"])


def windows_paths(root: Path) -> Path:
    pictures_in(root / "img")
    rows = rows_of([f"C:\\Users\\ann\\img\\{name}" for name in named()], labels_of())
    return text_table(root, rows, ["path", "label"])


def ambiguous_names(root: Path) -> Path:
    pictures_in(root / "a")
    pictures_in(root / "b")
    return text_table(root, rows_of(named(), labels_of()), ["path", "label"])


def json_list(root: Path) -> Path:
    pictures_in(root)
    rows = [{"path": path, "label": label} for path, label in zip(named(), labels_of(), strict=True)]
    (root / "t.jsonl").write_text(json.dumps(rows))
    return root / "t.jsonl"


def long_cell(root: Path) -> Path:
    pictures_in(root)
    rows = rows_of(named(), labels_of(), ["x" * (3 << 20), *[""] * 11])
    return text_table(root, rows, ["path", "label", "remark"])


def second_copy(root: Path) -> Path:
    classes_below(root / "cell_images", ("cat", "dog"))
    shutil.copytree(root / "cell_images", root / "cell_images" / "cell_images")
    return root / "cell_images"


def mac_zip(root: Path) -> Path:
    classes_below(root / "pets")
    (root / "__MACOSX" / "pets").mkdir(parents=True)
    (root / "__MACOSX" / "pets" / "._0.png").write_bytes(b"\0")
    return root


def three(*answers: str) -> list[str]:
    return [answer for answer in answers for _ in range(4)]


def coco(root: Path) -> Path:
    pictures_in(root / "images")
    categories = [{"id": 0, "name": "pets", "supercategory": "none"}]
    categories += [{"id": n, "name": name, "supercategory": "pets"} for n, name in enumerate(("cat", "dog"), 1)]
    content = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(named())],
        "annotations": [{"id": n, "image_id": n, "category_id": n % 2 + 1} for n in range(12)],
        "categories": categories,
    }
    (root / "annotations.json").write_text(json.dumps(content))
    return root


def cvat(root: Path) -> Path:
    pictures_in(root / "images")
    labels = "".join(f"<label><name>{name}</name></label>" for name in ("cat", "dog"))
    images = "".join(
        f'<image id="{n}" name="{name}"><tag label="{label}"/></image>'
        for n, (name, label) in enumerate(zip(named(), labels_of(), strict=True))
    )
    (root / "annotations.xml").write_text(
        f"<?xml version='1.0'?><annotations><meta><labels>{labels}</labels></meta>{images}</annotations>"
    )
    return root


def late_latin(root: Path) -> Path:
    """Not UTF-8 only far behind the lines that are looked at first."""
    pictures_in(root)
    rows = rows_of(named(), ["cat"] * 6 + ["été"] * 6, ["x" * 60_000] * 12)
    return text_table(root, rows, ["path", "label", "remark"], encoding="latin-1")


def padded_numbers(root: Path) -> Path:
    for number in range(12):
        picture(root / "img" / f"{number:05}.png", number)
    return text_table(root, rows_of([str(number) for number in range(12)], labels_of()), ["id", "label"])


FOLDERS, TABLES, LABELS = "Folders", "Tables", "Labels"
PICTURES, ARRAYS, TOOLS = "Pictures", "Arrays", "Other tools"
FORMS: tuple[Form, ...] = (
    Form(FOLDERS, "`cat/0.png`", folders(), TWO, r"Read as 2 class folders \(cat, dog\)"),
    Form(
        FOLDERS,
        "`train/cat/0.png`",
        folders("train", "test"),
        {"cat": 12, "dog": 12},
        "split folders",
        ("test", "train"),
    ),
    Form(
        FOLDERS,
        "`seg_train/seg_train/cat/0.png`",
        folders("seg_train/seg_train", "seg_test/seg_test"),
        {"cat": 12, "dog": 12},
        "2 splits .*--split-folders none",
        ("seg_test", "seg_train"),
    ),
    Form(
        FOLDERS,
        "`training_set/training_set/cat/0.png`",
        folders("training_set/training_set", "test_set/test_set"),
        {"cat": 12, "dog": 12},
        "2 splits",
        ("test_set", "training_set"),
    ),
    Form(
        FOLDERS,
        "`train_class/cat/0.png`",
        folders("train_class", "val_class"),
        {"cat": 12, "dog": 12},
        "2 splits",
        ("train_class", "val_class"),
    ),
    Form(
        FOLDERS,
        "the same, with `--split-folders none`",
        folders("train_class", "val_class"),
        {"train_class": 12, "val_class": 12},
        "2 class folders",
        options=ReadOptions(split_folders="none"),
    ),
    Form(
        FOLDERS, "`fold1/cat/0.png`", folders("fold1", "fold2"), {"cat": 12, "dog": 12}, "2 parts", ("fold1", "fold2")
    ),
    Form(
        FOLDERS,
        "`cat/train/0.png`",
        folders("cat", "dog", names=("train", "test")),
        {"cat": 12, "dog": 12},
        "splits .* lie in the class folders",
        ("test", "train"),
    ),
    Form(
        FOLDERS,
        "`tomato/healthy/0.png`",
        folders("tomato", "potato", names=("healthy", "ill")),
        None,
        "can be read in two ways.*--split-folders none.*--split-folders all",
    ),
    Form(
        FOLDERS,
        "the same, with `--split-folders all`",
        folders("tomato", "potato", names=("healthy", "ill")),
        {"healthy": 12, "ill": 12},
        "split folders",
        ("potato", "tomato"),
        options=ReadOptions(split_folders="all"),
    ),
    Form(
        FOLDERS,
        "`train_x/cat/0.png`, and a test split with fewer classes",
        lambda root: (
            [classes_below(root / "train_x", ("cat", "dog", "owl")), classes_below(root / "test_x", ("cat",))] and root
        ),
        {"cat": 12, "dog": 6, "owl": 6},
        "2 splits",
        ("test_x", "train_x"),
    ),
    Form(
        FOLDERS,
        "`cat/session_a/0.png`, other folders in each class",
        lambda root: [classes_below(root / "cat", ("a", "b")), classes_below(root / "dog", ("c", "d"))] and root,
        {"cat": 12, "dog": 12},
        "taken as parts of their class; --split-folders all",
    ),
    Form(FOLDERS, "one folder too high (`pets/all/cat/0.png`)", folders("pets/all"), TWO, "lie in pets/all/"),
    Form(FOLDERS, "a second copy of the class folders inside", second_copy, TWO, "once more"),
    Form(FOLDERS, "`__MACOSX` beside the data", mac_zip, TWO, "lie in pets/"),
    Form(
        FOLDERS,
        "split folders, and one without labels (`seg_pred/0.png`)",
        lambda root: [folders("seg_train", "seg_test")(root), pictures_in(root / "seg_pred")] and root,
        {"cat": 12, "dog": 12},
        "12 in seg_pred/, which has no class folders",
        ("seg_test", "seg_train"),
    ),
    Form(
        FOLDERS,
        "class folders with leading zeros",
        folders(names=("00001", "00010")),
        {"00001": 6, "00010": 6},
        "class folders",
    ),
    Form(
        FOLDERS,
        "class folders 0 to 10, in the order of numbers",
        folders(names=("2", "10")),
        {"2": 6, "10": 6},
        "class folders",
    ),
    Form(FOLDERS, "a linked class folder", with_link, THREE, "class folders"),
    Form(
        FOLDERS,
        "a class folder that links out of the data",
        with_link_outside,
        TWO,
        "1 links to folders outside of the data",
    ),
    Form(FOLDERS, "loose pictures without classes", lambda root: pictures_in(root) or root, None, "no class folders"),
    Form(FOLDERS, "files that are no pictures", with_text_files, TWO, "2 no pictures.*1 are drawings of lines"),
    Form(FOLDERS, "ImageFolder with `metadata.csv`", metadata(), TWO, "ImageFolder", ("train",)),
    Form(FOLDERS, "ImageFolder with `metadata.jsonl`", metadata(suffix="jsonl"), TWO, "ImageFolder", ("train",)),
    Form(PICTURES, "16-bit PNG that holds 12 bits", deep("12 of 16 bits"), TWO, "which is 12 bits"),
    Form(PICTURES, "16-bit TIFF that holds 8 bits", deep("8 of 16 bits"), TWO, "which is 8 bits"),
    Form(PICTURES, "floats from 0 to 1", deep("floats"), TWO, "which is 0 to 1"),
    Form(PICTURES, "floats with NaN", deep("floats with NaN"), TWO, "which is 0 to 1"),
    Form(PICTURES, "32-bit numbers below and above 0", deep("32 bits"), TWO, "-50,000 is black"),
    Form(PICTURES, "HEIC among PNG (extra `heic`)", heic, THREE, "class folders"),
    Form(PICTURES, "`.jpe`", renamed(".jpe", "JPEG"), THREE, "class folders"),
    Form(PICTURES, "`.tga`", renamed(".tga", "TGA"), THREE, "class folders"),
    Form(PICTURES, "`.jpg?w=300`", renamed(".jpg?w=300", "JPEG"), THREE, "class folders"),
    Form(PICTURES, "no ending", renamed("", "PNG"), THREE, "class folders"),
    Form(PICTURES, "an ending that nobody knows (`.image`)", renamed(".image", "PNG"), THREE, "class folders"),
    Form(TABLES, "CSV of paths and labels", paths_and_labels(), TWO, "a table with paths in 'path'"),
    Form(TABLES, "semicolons", paths_and_labels(by=";"), TWO, "separated by semicolons"),
    Form(TABLES, "tabs in `.csv`", paths_and_labels(by="\t"), TWO, "separated by tabs"),
    Form(TABLES, "bars", paths_and_labels(by="|"), TWO, "separated by bars"),
    Form(TABLES, "TSV", paths_and_labels(by="\t", name="t.tsv"), TWO, "a table"),
    Form(TABLES, "a spreadsheet's `sep=;` line", paths_and_labels(by=";", before="sep=;\n"), TWO, "semicolons"),
    Form(
        TABLES,
        "Latin-1",
        paths_and_labels(("été", "hiver"), encoding="latin-1"),
        {"hiver": 6, "été": 6},
        "not UTF-8 and is read as cp1252",
    ),
    Form(
        TABLES,
        "Cyrillic (Windows)",
        paths_and_labels(("кошка", "собака"), encoding="cp1251"),
        {"кошка": 6, "собака": 6},
        "not UTF-8 and is read as cp1251",
    ),
    Form(
        TABLES,
        "Polish (Windows)",
        paths_and_labels(("łódź", "pies"), encoding="cp1250"),
        {"pies": 6, "łódź": 6},
        "cp1250",
    ),
    Form(
        TABLES,
        "Japanese (Shift JIS)",
        paths_and_labels(("猫", "犬"), encoding="cp932"),
        {"犬": 6, "猫": 6},
        "read as cp932",
    ),
    Form(
        TABLES,
        "Chinese (GBK)",
        paths_and_labels(("小猫", "大狗"), encoding="gb18030"),
        {"大狗": 6, "小猫": 6},
        "read as gb18030",
    ),
    Form(
        TABLES,
        "Korean (EUC-KR)",
        paths_and_labels(("고양이", "강아지"), encoding="cp949"),
        {"강아지": 6, "고양이": 6},
        "read as cp949",
    ),
    Form(TABLES, "UTF-16", paths_and_labels(encoding="utf-16"), TWO, "a table"),
    Form(TABLES, "UTF-8 with a byte order mark", paths_and_labels(encoding="utf-8-sig"), TWO, "a table"),
    Form(
        TABLES,
        "no header",
        lambda root: [pictures_in(root)] and text_table(root, rows_of(named(), labels_of()), None),
        TWO,
        "has no header",
    ),
    Form(
        TABLES,
        "a list `path label` (.txt)",
        lambda root: (
            [pictures_in(root)] and text_table(root, rows_of(named(), labels_of()), None, name="l.txt", by=" ")
        ),
        TWO,
        "has no header",
    ),
    Form(
        TABLES, "RAF-DB's list, its pictures called `_aligned`", aligned_list, {"1": 6, "2": 6}, "found by their names"
    ),
    Form(
        TABLES,
        "ids without the ending",
        csv_rows(["id", "label"], rows_of([n[:-4] for n in named()], labels_of())),
        TWO,
        "found by their names",
    ),
    Form(
        TABLES,
        "pictures in a folder below",
        csv_rows(["image", "label"], rows_of(named(), labels_of()), pictures="train"),
        TWO,
        "found by their names",
    ),
    Form(
        TABLES,
        "pictures in two folders below, with the same names",
        ambiguous_names,
        None,
        "may be a/p000.png or b/p000.png",
    ),
    Form(TABLES, "paths of another machine (`C:\\Users\\...`)", windows_paths, TWO, "found by their names"),
    Form(TABLES, "pictures elsewhere, without `--image-root`", in_other_folder, None, "--image-root"),
    Form(
        TABLES,
        "one-hot columns",
        csv_rows(["image", "MEL", "NV"], rows_of(named(), ["0.0", "1.0"] * 6, ["1.0", "0.0"] * 6)),
        {"MEL": 6, "NV": 6},
        "the column that holds the 1",
    ),
    Form(
        TABLES,
        "one-hot columns beside another of 0 and 1",
        csv_rows(
            ["image", "smoker", "MEL", "NV"],
            rows_of(named(), ["0", "1", "1"] * 4, ["0", "1"] * 6, ["1", "0"] * 6),
        ),
        {"MEL": 6, "NV": 6},
        "'smoker' holds 0 and 1 too, but is no class",
    ),
    Form(TABLES, "Latin-1 far behind the first lines", late_latin, {"cat": 6, "été": 6}, "is read as cp1252"),
    Form(TABLES, "ids as numbers, files as `00007.png`", padded_numbers, TWO, "found by their names"),
    Form(TOOLS, "COCO: `annotations.json`", coco, TWO, "COCO's annotations", round_trip="coco"),
    Form(TOOLS, "CVAT: `annotations.xml`", cvat, TWO, "CVAT's tags", round_trip="cvat"),
    Form(
        TABLES,
        "several 1s in a row",
        csv_rows(["image", "MEL", "NV"], rows_of(named(), ["0", "1"] * 6, ["1"] * 12)),
        None,
        "several labels",
    ),
    Form(
        TABLES,
        "an id that repeats (a patient)",
        csv_rows(["id", "path", "label"], rows_of(three("0", "1", "2"), named(), labels_of())),
        TWO,
        "the ids are the paths; .* one group",
    ),
    Form(
        TABLES,
        "a row that stands twice",
        csv_rows(["path", "label"], rows_of([*named(), *named()[:2]], [*labels_of(), *labels_of()[:2]])),
        TWO,
        "2 rows repeat",
    ),
    Form(
        TABLES,
        "a picture with two labels",
        csv_rows(["path", "label"], rows_of([*named(), "p000.png"], [*labels_of(), "dog"])),
        {"cat": 6, "dog": 7},
        "copies that conflict",
    ),
    Form(
        TABLES,
        "several people's answers, a row each",
        csv_rows(
            ["path", "annotator", "label"],
            rows_of(named() * 3, ["a"] * 12 + ["b"] * 12 + ["c"] * 12, labels_of() * 2 + ["cat"] * 12),
        ),
        TWO,
        "answers of several people",
    ),
    Form(TABLES, "a cell of 3 MB", long_cell, TWO, "a table"),
    Form(TABLES, "JSON lines", lambda root: _json_lines(root), TWO, "a table"),
    Form(TABLES, "a JSON list in one line", json_list, TWO, "a table"),
    Form(TABLES, "`label,pixel0,pixel1,...`", pixel_columns, {"0": 6, "1": 6}, "16 columns of pixels"),
    Form(
        TABLES,
        "a label and pixels, without names",
        pixels_without_names,
        {"0": 6, "1": 6},
        "'column 1' is read as the label",
    ),
    Form(
        TABLES,
        "pixels and a label, without names",
        partial(pixels_without_names, label_last=True),
        {"0": 6, "1": 6},
        "'column 257' is read as the label",
    ),
    Form(
        TABLES,
        "the same, no pixel alike in all",
        partial(pixels_without_names, with_corners=True),
        None,
        "Name the label's with --label-column: 'column 1' or 'column 257'",
    ),
    Form(
        TABLES,
        "Kaggle's `emotion,pixels,Usage`",
        kaggle_pixels,
        {"angry": 6, "disgust": 6, "fear": 0, "happy": 0, "sad": 0, "surprise": 0, "neutral": 0},
        "fer2013",
        ("Training",),
        round_trip="fer2013",
    ),
    Form(
        LABELS,
        "-1, 0, 1",
        paths_and_labels(("-1", "0", "1"), 18),
        {"-1": 6, "0": 6, "1": 6},
        "-1 is read as a class .*--missing-label -1",
    ),
    Form(
        LABELS,
        "-1, 0, 1, 2 in equal parts",
        paths_and_labels(("-1", "0", "1", "2"), 24),
        None,
        "--missing-label -1 for no label, --missing-label '' for a class",
    ),
    Form(
        LABELS,
        "0, 1 and a few -1",
        csv_rows(["path", "label"], rows_of(named(), ["-1", "0", "1", *["0", "1"] * 4, "0"])),
        {"0": 6, "1": 5},
        "-1 is read as no label",
    ),
    Form(LABELS, "a class called NA", paths_and_labels(("BW", "NA")), {"BW": 6, "NA": 6}, "'NA' is read as a class"),
    Form(
        LABELS, "a class called N/A", paths_and_labels(("N/A", "ok")), {"N/A": 6, "ok": 6}, "'N/A' is read as a class"
    ),
    Form(LABELS, "a class called null", paths_and_labels(("null", "ok")), {"null": 6, "ok": 6}, "is read as a class"),
    Form(
        LABELS,
        "numbers with nan between them",
        csv_rows(["path", "label"], rows_of(named(), ["nan", *["0", "1"] * 5, "0"])),
        {"0": 6, "1": 5},
        "'nan' among numbers is read as no label",
    ),
    Form(LABELS, "codes with leading zeros", paths_and_labels(("007", "7")), {"007": 6, "7": 6}, "a table"),
    Form(LABELS, "codes with exponents", paths_and_labels(("1E5", "100000")), {"100000": 6, "1E5": 6}, "a table"),
    Form(LABELS, "hexadecimal codes", paths_and_labels(("0x10", "16")), {"0x10": 6, "16": 6}, "a table"),
    Form(
        LABELS,
        "codes of twenty digits",
        paths_and_labels(("90071992547409931234", "90071992547409931235")),
        {"90071992547409931234": 6, "90071992547409931235": 6},
        "a table",
    ),
    Form(
        LABELS, "dates", paths_and_labels(("2020-01-01", "2020-01-02")), {"2020-01-01": 6, "2020-01-02": 6}, "a table"
    ),
    Form(
        LABELS,
        "numbers counted from 1, with names",
        paths_and_labels(("1", "2")),
        TWO,
        "counted from 1",
        options=ReadOptions(class_names=("cat", "dog")),
    ),
    Form(
        LABELS,
        "numbers with a fraction",
        csv_rows(["path", "label"], rows_of(named(), [f"{n}.5" for n in range(12)])),
        None,
        "is not a whole number",
    ),
    Form(ARRAYS, "`.npz` of pictures", array_file("uint8"), TWO, "arrays of images"),
    Form(ARRAYS, "`.npz` of 12 bits", array_file("uint16"), TWO, "which is 12 bits"),
    Form(ARRAYS, "`.npz` from -1 to 1", array_file("float"), TWO, "run from -1 to"),
    Form(
        ARRAYS,
        "`train_images`, `test_images`, ... (MedMNIST)",
        medmnist,
        {"0": 12, "1": 12},
        "arrays",
        ("test", "train"),
    ),
    Form(ARRAYS, "labels `(example, class)` of 0 and 1", one_hot_labels, {"0": 6, "1": 6}, "arrays of features"),
    Form(ARRAYS, "channels first", channels_first, TWO, "arrays of images"),
    Form(ARRAYS, "vectors", vectors, TWO, "arrays of features"),
    Form(ARRAYS, "labels as Python objects", object_labels, None, r"Python objects; save it as numbers or text"),
    Form(TOOLS, "Hugging Face: Parquet with pictures in it", one_parquet, TWO, "pictures in 'image'"),
    Form(
        TOOLS,
        "Hugging Face: a Hub folder of shards",
        shards,
        {"cat": 12, "dog": 12},
        "splits test, train",
        ("test", "train"),
    ),
    Form(
        TOOLS,
        "Hugging Face: `save_to_disk`",
        saved_to_disk,
        {"cat": 12, "dog": 12},
        "splits test, train",
        ("test", "train"),
    ),
    Form(TOOLS, "Parquet with a column of bytes", bytes_parquet, TWO, "pictures in 'jpg'"),
    Form(TOOLS, "FiftyOne: `data/` and `labels.json`", fiftyone, TWO, "FiftyOne", round_trip="fiftyone"),
    Form(
        TOOLS,
        "Roboflow: `_classes.csv`",
        roboflow,
        {"cat": 12, "dog": 12},
        "the column that holds the 1",
        ("train", "valid"),
    ),
    Form(
        TOOLS,
        "Label Studio: CSV",
        csv_rows(
            ["annotation_id", "annotator", "choice", "id", "image"],
            rows_of(
                [str(n) for n in range(12)],
                ["1"] * 12,
                labels_of(),
                [str(100 + n) for n in range(12)],
                [f"/data/upload/2/0a1b2c3d-{name}" for name in named()],
            ),
        ),
        TWO,
        "found by their names",
    ),
)


def _json_lines(root: Path) -> Path:
    pictures_in(root)
    rows = [json.dumps({"path": path, "label": label}) for path, label in zip(named(), labels_of(), strict=True)]
    (root / "t.jsonl").write_text("\n".join(rows))
    return root / "t.jsonl"
