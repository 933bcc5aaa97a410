"""Files that are not read, and the way out for each."""

import re
from itertools import islice
from pathlib import Path

from aleator.data.picture_files import has_picture_ending

UNPACK = "is an archive; unpack it, and name the folder or the table in it"
PICKLE = (
    "is a pickle, which can run any program when it is opened, and is not read; save its arrays with "
    "numpy.savez(file, images=..., labels=...), its table with to_parquet"
)
PAIRS = (
    "holds the class of the picture beside it (WebDataset); write a table of them: "
    "pandas.DataFrame([(one.with_suffix('.jpg').name, one.read_text()) for one in pathlib.Path(FOLDER).glob('*.cls')], "
    "columns=['path', 'label']).to_csv(FOLDER + '/labels.csv')"
)
REMEDIES = {
    **dict.fromkeys((".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"), UNPACK),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".pt", ".pth"), PICKLE),
    **dict.fromkeys(
        (".safetensors", ".mdb", ".lmdb", ".beton", ".rec", ".lance"),
        "holds examples as another library stores them, and is not read; write the pictures into a folder for each "
        "class, or the arrays with numpy.savez(file, images=..., labels=...)",
    ),
    ".mat": "is of MATLAB; save it with numpy.savez(file, images=..., labels=...) after scipy.io.loadmat",
    **dict.fromkeys(
        (".h5", ".hdf5"), "is HDF5; save its arrays with numpy.savez(file, images=..., labels=...) after h5py.File"
    ),
    **dict.fromkeys((".xls", ".xlsb", ".ods"), "is a workbook of another kind; save it as .xlsx or CSV"),
    **dict.fromkeys((".feather", ".arrow", ".orc", ".avro"), "is another kind of table; save it as Parquet"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "is a database; save the table as CSV or Parquet"),
    ".arff": "is of Weka; save it as CSV, or read it with scipy.io.arff and save it so",
    **dict.fromkeys(
        (".dta", ".sav", ".sas7bdat", ".xpt", ".rds", ".rdata", ".rda", ".numbers", ".gsheet"),
        "is of another program; save it as CSV or Parquet",
    ),
    **dict.fromkeys(
        (".nc", ".nc4", ".hdf", ".zarr"),
        "is NetCDF, HDF4 or Zarr; save its arrays with numpy.savez(file, images=..., labels=...) after "
        "xarray.open_dataset",
    ),
    **dict.fromkeys((".duckdb", ".accdb"), "is a database; save the table as CSV or Parquet"),
    **dict.fromkeys(
        (".pdf", ".doc", ".docx", ".odt", ".rtf", ".html", ".htm", ".md", ".epub"),
        "is a document; write the text of each into a .txt file in the folder of its class, or a table of texts and "
        "labels",
    ),
    **dict.fromkeys(
        (".yml", ".yaml", ".xml", ".toml", ".ipynb"), "is no table; write a CSV of its texts or paths and labels"
    ),
    **dict.fromkeys(
        (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".mp4", ".avi", ".mov", ".mkv", ".webm"),
        "is sound or film, which is not read; write vectors of a network with numpy.savez(file, X=..., y=...), or "
        "pictures into class folders: of a film its frames, of sound its spectrograms",
    ),
    **dict.fromkeys(
        (".dcm", ".dicom", ".nii", ".nrrd", ".mha", ".svs", ".czi"),
        "is a medical picture; save each as PNG in the folder of its class, or all with numpy.savez(file, images=..., "
        "labels=...)",
    ),
    **dict.fromkeys(
        (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"),
        "is a camera's raw picture; save it as JPEG or PNG",
    ),
}
OF_FILES = {
    **dict.fromkeys((".npy", ".npz"), "save all with numpy.savez(file, images=..., labels=...)"),
    **dict.fromkeys(
        (".csv", ".tsv", ".json", ".jsonl", ".parquet"),
        "join them into one table with a column of labels (pandas.concat), the folder of each as its label",
    ),
}
"""What to do with class folders of files that are read alone only."""
LIBSVM = (
    "holds a label and numbered values a line (LIBSVM), which is not read; save it with numpy.savez(file, "
    "X=X.toarray(), y=y) after X, y = sklearn.datasets.load_svmlight_file(file)"
)
OF_LIBSVM = re.compile(rb"\s*[+-]?\d+(\.\d*)?(\s+\d+:\S+)+\s*")
A_TABLE = "has an ending that says nothing; if it is a table, call it .csv or .tsv"
OF_ALEATOR = {
    "audit.json": "is the folder of an audit, which review, judge, train and export take; name the data instead",
    "model.json": "is the folder of a model, for `aleator predict` or `aleator export --onnx FILE`; name data instead",
}
LOOKED_AT, MOST_LINES = 1 << 14, 20
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
    files = (file for file in folder.rglob("*.*") if file.suffix.lower() in (".txt", ".xml", ".json"))
    for file in islice(files, MOST_TRIED):
        if not file.is_file():
            continue
        with file.open("rb") as content:
            head = content.read(LOOKED_AT)
        if file.suffix.lower() == ".xml" and b"<annotation>" in head and b"<bndbox>" in head:
            return BOXES % "Pascal VOC"
        if file.suffix.lower() == ".json" and b'"shapes"' in head and b'"points"' in head:
            return BOXES % "LabelMe"
        if file.suffix.lower() == ".txt" and BOX.fullmatch(head.partition(b"\n")[0]):
            return BOXES % "YOLO"
    return None


SUPERVISELY = (
    "is a project of Supervisely (img and ann in each data set), which is not read; write a table of path and label of "
    "the tags in ann/*.json (of boxes: cut each out, PIL.Image.crop, into a folder of its class)"
)


def is_of_supervisely(folder: Path) -> bool:
    """Whether folders in it hold pictures in `img` and what is said of them in `ann`."""
    inner = [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]
    return bool(inner) and all((one / "img").is_dir() and (one / "ann").is_dir() for one in inner)


def remedy_for(path: Path) -> str | None:
    """What this file or folder is, and what to do with it; None where that is not known."""
    if path.is_dir():
        for name, said in OF_ALEATOR.items():
            if (path / name).is_file():
                return said
        return TENSORFLOW if any(_is_of_tensorflow(file) for file in path.rglob("*")) else None
    if _is_of_tensorflow(path):
        return TENSORFLOW
    if _is_pickle(path):
        return PICKLE
    if is_of_libsvm(path):
        return LIBSVM
    if has_picture_ending(path.name):
        return "is a picture; name the folder of class folders, or the table, that it belongs to"
    return REMEDIES.get(path.suffix.lower()) or (A_TABLE if _is_table(path) else None)


def is_of_libsvm(path: Path) -> bool:
    """Whether the lines hold a label and numbered values."""
    with path.open("rb") as file:
        lines = [line for line in file.read(LOOKED_AT).splitlines()[:MOST_LINES] if line.strip()]
    return len(lines) > 1 and all(map(OF_LIBSVM.fullmatch, lines[:-1]))


def remedy_for_many(ending: str) -> str:
    """What to do with class folders of files with this ending; empty where nothing is known."""
    remedy = REMEDIES.get(ending)
    return f"each {remedy}" if remedy is not None else OF_FILES.get(ending, "")


def _is_table(path: Path) -> bool:
    """Whether a file whose ending says nothing is text with tabs or commas in each of its first lines."""
    with path.open("rb") as file:
        lines = file.read(LOOKED_AT).splitlines()[:-1]
    return any(len(lines) > 1 and all(sign in line for line in lines) for sign in (b"\t", b",", b";"))


def refused_in(folder: Path) -> str | None:
    """What lies directly in a folder and is not read, with the way out; None where there is nothing of it."""
    for file in sorted(one for one in folder.iterdir() if one.is_file()):
        remedy = PAIRS if file.suffix.lower() == ".cls" else REMEDIES.get(file.suffix.lower())
        if remedy is None and _is_pickle(file):
            remedy = PICKLE
        if remedy is not None:
            return f"{file.name}, which {remedy}"
    return None


def _is_pickle(file: Path) -> bool:
    """Whether a file without ending, as CIFAR's, begins as pickles do."""
    with file.open("rb") as content:
        head = content.read(2)
    return head[:1] == b"\x80" and head[1:] in (b"\2", b"\3", b"\4", b"\5")


def _is_of_tensorflow(file: Path) -> bool:
    return ".tfrecord" in file.name.lower() or ".array_record" in file.name.lower()
