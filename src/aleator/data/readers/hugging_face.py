"""Hugging Face's own folders: Parquet shards as on the Hub, and what `save_to_disk` writes (Arrow)."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.column_names import SPLIT_COLUMNS
from aleator.data.readers.split_names import is_split_name
from aleator.data.readers.table import dataset_of_table
from aleator.data.readers.tables import joined, with_split
from aleator.data.wording import listed
from aleator.errors import DataError

FORM = "a Hugging Face folder (Parquet shards, or save_to_disk)"
SHARD = re.compile(r"(?P<split>.+?)-\d{5}-of-\d{5}(-[0-9a-f]+)?\.parquet")
SAVED, SAVED_SPLITS = "state.json", "dataset_dict.json"


def knows(path: Path) -> bool:
    """A folder that `save_to_disk` wrote, or with shards, at its top or in one folder (`data/`, a configuration)."""
    return path.is_dir() and (_is_saved(path) or (path / SAVED_SPLITS).is_file() or bool(_shards(path)))


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the pictures' names where these differ, else row numbers."""
    if (path / SAVED_SPLITS).is_file():
        parts = [(folder.name, folder) for folder in sorted(path.iterdir()) if _is_saved(folder)]
        tables = [(split, _saved(folder)) for split, folder in parts]
    elif _is_saved(path):
        tables = [("", _saved(path))]
    else:
        tables = [(split, _parquet(file)) for split, file in _shards(path)]
    tables = [(split, table) for split, table in tables if len(table)]
    if not tables:
        raise DataError(f"{path} holds no rows.")
    several = {split for split, _ in tables if split}
    whole = [
        with_split(table, split) if several and not set(SPLIT_COLUMNS) & set(table.column_names) else table
        for split, table in tables
    ]
    table = joined(whole, f"The parts of {path}").replace_schema_metadata(tables[0][1].schema.metadata)
    form = f"{FORM.partition(' (')[0]}" + (f" with the splits {listed(sorted(several))}" if several else "")
    return dataset_of_table(table, path, path, options, HowRead(form))


def _is_saved(path: Path) -> bool:
    return (path / SAVED).is_file() and (path / "dataset_info.json").is_file()


def _shards(path: Path) -> list[tuple[str, Path]]:
    """Split and file of each shard; those of one folder, and of one configuration only."""
    for folder in (path, path / "data", *sorted(one for one in path.iterdir() if one.is_dir() and one.name != "data")):
        files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
        shards = [(match["split"], file) for file in files if (match := SHARD.fullmatch(file.name))]
        shards = shards or [(file.stem, file) for file in files if is_split_name(file.stem)]
        if shards:
            return shards
    return []


def _parquet(file: Path) -> pa.Table:
    try:
        return parquet.read_table(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as Parquet: {error}") from error


def _saved(folder: Path) -> pa.Table:
    try:
        state = json.loads((folder / SAVED).read_text(encoding="utf-8"))
        files = [folder / str(one["filename"]) for one in state["_data_files"]]
        parts = []
        for file in files:
            if file.parent != folder:
                raise DataError(f"{folder / SAVED} names {file}, outside of its folder.")
            with pa.memory_map(str(file)) as content:
                part = pa.ipc.open_stream(content).read_all()
                part.validate(full=True)  # an offset that lies would have Arrow read beyond the file
                parts.append(part)
        return pa.concat_tables(parts)
    except DataError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} cannot be read as a saved data set: {error}") from error
