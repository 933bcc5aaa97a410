"""JSON as tables: a record a line, a list of records, or one object that holds them in one of the usual ways."""

import json as plain_json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as json

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.blocks import block_of_all, with_large_blocks
from aleator.data.readers.headers import MEAN_WORDS, USUAL, has_no_header, names_without_header
from aleator.data.readers.labelbox import is_of_labelbox, records_of_labelbox
from aleator.data.readers.split_names import is_split_name
from aleator.errors import DataError

HEAD, SAMPLE = 1 << 16, 60
PLAIN = (str, int, float, bool, type(None))
"""Kinds of cells."""
PRODIGY = frozenset(("accept", "reject", "ignore"))
"""What Prodigy writes into `answer`: whether the label beside it holds, and no label itself."""


def read_json(path: Path) -> pa.Table:
    """The records of a file; records within records become columns `outer.inner`. May raise ValueError or Arrow's
    errors, and DataError where there are no records."""
    with path.open("rb") as file:
        head = file.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_of_labelbox(head):
        rows = plain_json.loads(path.read_text(encoding="utf-8-sig")) if head.startswith(b"[") else _lines(path)
        return _table_of(records_of_labelbox(rows, path))
    if head.startswith(b"[") or not _has_a_record_a_line(head):
        content = plain_json.loads(path.read_text(encoding="utf-8-sig"))
        return of_prodigy(flat(_table_of(_records(content, path))))

    def read(block: int) -> pa.Table:
        return json.read_json(path, read_options=json.ReadOptions(block_size=block))

    try:
        table = with_large_blocks(read, path)
    except pa.ArrowInvalid as error:
        if "changed from" not in str(error):
            raise
        table = _table_of(_lines(path))
    dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    if dates:  # Arrow takes text that looks like a date for one; a class may be called so.
        asked = pa.schema([pa.field(name, pa.string()) for name in dates])
        options = json.ParseOptions(explicit_schema=asked, unexpected_field_behavior="infer")
        size = json.ReadOptions(block_size=block_of_all(path))
        table = json.read_json(path, read_options=size, parse_options=options).select(table.column_names)
    return of_prodigy(flat(table))


def _lines(path: Path) -> list[Any]:
    """The record of each line."""
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return [plain_json.loads(line) for line in lines if line.strip()]


def _table_of(records: list[dict[str, Any]]) -> pa.Table:
    """The records as a table; numbers and texts in one field are texts."""
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {}
    for name in names:
        cells = [record.get(name) for record in records]
        try:
            columns[name] = pa.array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            if any(isinstance(cell, list | dict) for cell in cells):
                raise
            columns[name] = pa.array([None if cell is None or cell != cell else str(cell) for cell in cells])
    return pa.table(columns)


def flat(table: pa.Table) -> pa.Table:
    """The table with records within records as columns of their own; but for pictures (`{bytes, path}`)."""
    while any(_is_record(field.type) for field in table.schema):
        columns: dict[str, Any] = {}
        for field in table.schema:
            if _is_record(field.type):
                parts = pa.table({field.name: table[field.name]}).flatten()
                columns |= {name: parts[name] for name in parts.column_names}
            else:
                columns[field.name] = table[field.name]
        table = pa.table(columns).replace_schema_metadata(table.schema.metadata)
    return table


def of_prodigy(table: pa.Table) -> pa.Table:
    """The table, of Prodigy's answers with the accepted choice or label as `label`, and none where it was rejected."""
    names = table.column_names
    if "answer" not in names or not pa.types.is_string(table["answer"].type):
        return table
    if not set(pc.unique(table["answer"]).to_pylist()) <= PRODIGY:
        return table
    chosen = "accept" if "accept" in names else "label"
    if chosen not in names or ("label" in names and chosen != "label"):
        return table
    accepted = pc.if_else(pc.equal(table["answer"], "accept"), table[chosen], pa.scalar(None, table[chosen].type))
    return table.set_column(names.index(chosen), "label", accepted)


def _is_record(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind)) and kind.num_fields > 0 and kind.get_field_index("bytes") < 0


def _has_a_record_a_line(head: bytes) -> bool:
    """Whether the first line is a whole record, and more than one that holds everything."""
    first, _, rest = head.partition(b"\n")
    try:
        record = plain_json.loads(first)
    except ValueError:
        return not rest and len(head) == HEAD  # a line longer than what is looked at
    return bool(rest.strip()) or not _holds_records(record)


def _holds_records(content: Any) -> bool:
    if not isinstance(content, dict):
        return True
    values = list(content.values())
    return len(values) > 0 and (any(isinstance(one, list | dict) and one for one in values) or _is_mapping(content))


def _is_mapping(content: dict[str, Any]) -> bool:
    """`{"a.png": "cat", "b.png": "dog"}`, or the same of records."""
    return len(content) > 1 and all(map(has_picture_ending, content))


def _records(content: Any, path: Path) -> list[dict[str, Any]]:
    """The records of a list, or of an object: in one of its fields (`data`), by columns, by pictures, by classes."""
    if isinstance(content, dict):
        content = _of_object(content, path)
    elif isinstance(content, list) and content and all(isinstance(row, list) for row in content):
        content = _of_lists(content)
    if not isinstance(content, list) or not content or not all(isinstance(row, dict) for row in content):
        raise DataError(f"{path} holds no list of objects with the fields of one example each.")
    return _of_label_studio(content) if all(map(_is_task, content)) else content


def _of_lists(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Records of rows of one length, below a row of names or without one; none where they are no such rows."""
    if len({len(row) for row in rows}) > 1 or not all(isinstance(cell, PLAIN) for row in rows for cell in row):
        return []
    texts = [[str(cell) for cell in row] for row in rows[:SAMPLE]]
    headless = has_no_header(texts) and not USUAL & {cell.lower() for cell in texts[0]}
    names = names_without_header(texts) if headless else tuple(texts[0])
    return [dict(zip(names, row, strict=True)) for row in (rows if headless else rows[1:])]


def _is_task(record: dict[str, Any]) -> bool:
    """Whether it is a task as Label Studio exports it, with all its annotations."""
    return isinstance(record.get("data"), dict) and isinstance(record.get("annotations"), list)


def _of_label_studio(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A record for each person's answer, with the choices as its label; one without a label for a task that nobody
    answered. The people are named where a task has several answers."""
    rows, several = [], False
    for task in tasks:
        answers = [one for one in task["annotations"] if not one.get("was_cancelled")]
        several |= len(answers) > 1
        for answer in answers or [{}]:
            chosen = [choice for one in answer.get("result", []) for choice in one.get("value", {}).get("choices", [])]
            who = answer.get("completed_by")
            who = who.get("email", who.get("id")) if isinstance(who, dict) else who
            rows.append({"task": task.get("id"), **task["data"], "label": chosen, "annotator": str(who)})
    return rows if several else [{name: row[name] for name in row if name != "annotator"} for row in rows]


def _of_object(content: dict[str, Any], path: Path) -> Any:
    inner = next(iter(content.values())) if len(content) == 1 else None
    if isinstance(inner, dict) and any(isinstance(one, list) for one in inner.values()):
        return _of_object(inner, path)
    if _is_mapping(content):
        one = next(iter(content.values()))
        if isinstance(one, dict):
            return [{"path": name, **record} for name, record in content.items()]
        return [{"path": name, "label": label} for name, label in content.items()]
    if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):  # pandas, orient="split"
        names = [str(name) for name in content["columns"]]
        if all(isinstance(row, list) and len(row) == len(names) for row in content["data"]):
            return [dict(zip(names, row, strict=True)) for row in content["data"]]
    if _are_numbered_records(content):  # orient="index"
        return list(content.values())
    if _are_named_records(content):
        return [{"id": name, **record} for name, record in content.items()]
    lists = {name: value for name, value in content.items() if isinstance(value, list) and value}
    records = [value for value in lists.values() if all(isinstance(one, dict) for one in value)]
    if len(records) == 1:
        return records[0]
    if len(records) > 1 and len(records) == len(content) and all(map(is_split_name, content)):
        return [{"split": name, **record} for name, value in lists.items() for record in value]
    if len(records) > 1:
        raise DataError(f"{path} holds several lists of records ({', '.join(lists)}); save one of them alone.")
    pairs = [value for value in lists.values() if all(isinstance(one, list) and len(one) == 2 for one in value)]
    if len(pairs) == 1:  # StyleGAN's dataset.json
        return [{"path": name, "label": label} for name, label in pairs[0]]
    columns = {
        name: list(value.values()) if isinstance(value, dict) else value
        for name, value in content.items()
        if isinstance(value, list | dict)
    }
    lengths = {len(value) for value in columns.values()}
    if len(columns) > 1 and _are_texts_by_class(columns):
        return [{"text": text, "label": name} for name, texts in columns.items() for text in texts]
    if len(columns) > 1 and _are_files_by_class(columns):
        return [{"path": file, "label": name} for name, files in columns.items() for file in files]
    if len(columns) > 1 and len(lengths) == 1:
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return content


def _are_numbered_records(content: dict[str, Any]) -> bool:
    """Whether it holds a record a number, and not a column of numbered cells a name."""
    first = next(iter(content.values()), None)
    return (
        isinstance(first, dict)
        and all(map(str.isdecimal, content))
        and all(isinstance(one, dict) for one in content.values())
        and not all(map(str.isdecimal, first))
    )


def _are_named_records(content: dict[str, Any]) -> bool:
    """Whether it holds a record a name, all with the same fields, one of which is called as fields are."""
    values = list(content.values())
    if len(values) < 2 or not all(isinstance(one, dict) and one.keys() == values[0].keys() for one in values):
        return False
    return bool(USUAL & {name.lower() for name in values[0]}) and not USUAL & {name.lower() for name in content}


def _are_texts_by_class(columns: dict[str, list[Any]]) -> bool:
    """Whether each name has a list of texts, and no name is one of a column."""
    texts = [one for values in columns.values() for one in values]
    if USUAL & {name.lower() for name in columns} or not all(isinstance(one, str) for one in texts):
        return False
    return sum(len(one.split()) for one in texts) >= MEAN_WORDS * len(texts) and not any(map(has_picture_ending, texts))


def _are_files_by_class(columns: dict[str, list[Any]]) -> bool:
    return all(isinstance(one, str) and has_picture_ending(one) for values in columns.values() for one in values)
