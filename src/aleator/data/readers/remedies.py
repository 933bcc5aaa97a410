"""Files that are not read, and the way out for each."""

import re
from itertools import islice
from pathlib import Path

UNPACK = "is an archive; unpack it, and name the folder or the table in it"
REMEDIES = {
    **dict.fromkeys((".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"), UNPACK),
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".pt", ".pth"),
        "is a pickle, which can run any program when it is opened, and is not read; save its arrays with "
        "numpy.savez(file, images=..., labels=...), its table with to_parquet",
    ),
    ".mat": "is of MATLAB; save it with numpy.savez(file, images=..., labels=...) after scipy.io.loadmat",
    **dict.fromkeys(
        (".h5", ".hdf5"), "is HDF5; save its arrays with numpy.savez(file, images=..., labels=...) after h5py.File"
    ),
    **dict.fromkeys((".xls", ".xlsb", ".ods"), "is a workbook of another kind; save it as .xlsx or CSV"),
    **dict.fromkeys((".feather", ".arrow", ".orc", ".avro"), "is another kind of table; save it as Parquet"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "is a database; save the table as CSV or Parquet"),
    ".arff": "is of Weka; save it as CSV, or read it with scipy.io.arff and save it so",
    **dict.fromkeys((".dta", ".sav", ".sas7bdat", ".rds"), "is of another program; save it as CSV or Parquet"),
}
A_TABLE = "has an ending that says nothing; if it is a table, call it .csv or .tsv"
OF_ALEATOR = {
    "audit.json": "is the folder of an audit, which review, judge, train and export take; name the data instead",
    "model.json": "is the folder of a model, which predict and export take; name data instead",
}
LOOKED_AT = 1 << 14
TENSORFLOW = (
    "holds TensorFlow's records, which are not read; write pictures of it with TensorFlow Datasets: "
    "for number, one in enumerate(tfds.as_numpy(tfds.builder_from_directory(FOLDER).as_dataset(split='train'))): "
    "Image.fromarray(one['image']).save(f'{one[\"label\"]}/{number}.png'), or give aleator.audit the iterable "
    "((one['image'], one['label']) for one in tfds.as_numpy(...))"
)


BOXES = (
    "is a data set of boxes in pictures (%s), and what is audited is one label for a picture; cut each box out "
    "(PIL.Image.crop) into a folder of its class, and name the folder of these. If a picture has one label, write a "
    "table of path and label"
)
BOX = re.compile(rb"\d+( -?[\d.]+(e-?\d+)?){4,}\s*")
"""A line of YOLO's: the number of the class, and four or more numbers of where it is."""
MOST_TRIED = 200


def boxes_in(folder: Path) -> str | None:
    """What a folder is that holds boxes as YOLO's or VOC's data sets do, and the way out; None where it holds none."""
    files = (file for file in folder.rglob("*.*") if file.suffix.lower() in (".txt", ".xml"))
    for file in islice(files, MOST_TRIED):
        if not file.is_file():
            continue
        with file.open("rb") as content:
            head = content.read(LOOKED_AT)
        if file.suffix.lower() == ".xml" and b"<annotation>" in head and b"<bndbox>" in head:
            return BOXES % "Pascal VOC"
        if file.suffix.lower() == ".txt" and BOX.fullmatch(head.partition(b"\n")[0]):
            return BOXES % "YOLO"
    return None


def remedy_for(path: Path) -> str | None:
    """What this file or folder is, and what to do with it; None where that is not known."""
    if path.is_dir():
        for name, said in OF_ALEATOR.items():
            if (path / name).is_file():
                return said
        return TENSORFLOW if any(_is_of_tensorflow(file) for file in path.rglob("*")) else None
    if _is_of_tensorflow(path):
        return TENSORFLOW
    return REMEDIES.get(path.suffix.lower()) or (A_TABLE if _is_table(path) else None)


def _is_table(path: Path) -> bool:
    """Whether a file whose ending says nothing is text with tabs or commas in each of its first lines."""
    with path.open("rb") as file:
        lines = file.read(LOOKED_AT).splitlines()[:-1]
    return any(len(lines) > 1 and all(sign in line for line in lines) for sign in (b"\t", b",", b";"))


def archives_in(folder: Path) -> list[Path]:
    """The archives that lie directly in a folder."""
    return sorted(file for file in folder.iterdir() if REMEDIES.get(file.suffix.lower()) == UNPACK)


def _is_of_tensorflow(file: Path) -> bool:
    return ".tfrecord" in file.name.lower() or ".array_record" in file.name.lower()
