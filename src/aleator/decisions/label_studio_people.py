"""Who Label Studio's reviewers are: its exports hold their numbers only."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aleator.errors import DataError, while_reading

FILES = ("users.json", "members.json", "users.csv", "members.csv")
"""Looked for beside an export. The first is what Label Studio answers at /api/users."""
NAMES = ("email", "username", "name")
WITHOUT_NAME = "label studio"


def people_beside(export: Path) -> dict[str, str]:
    """The name of each reviewer by number: the e-mail, else the user name. Empty where there is no such file; raises
    DataError where there is one that names nobody."""
    file = next((one for name in FILES if (one := export.with_name(name)).is_file() and one != export), None)
    if file is None:
        return {}
    with while_reading(file, "Label Studio's users"):
        if file.suffix == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as content:
                rows: list[Any] = list(csv.DictReader(content))
        else:
            told = json.loads(file.read_text(encoding="utf-8-sig"))
            rows = (told.get("results") or told.get("members") or []) if isinstance(told, dict) else told
        people = {str(user["id"]): name for row in rows if (user := _user(row)) and (name := _name(user))}
    if not people:
        raise DataError(f"{file} names nobody; wanted is a list of users with id and email, as /api/users answers.")
    return people


def reviewer_of(completed_by: Any, people: Mapping[str, str]) -> tuple[str, str]:
    """A reviewer's name, and what identifies them whether or not a name is known."""
    user = completed_by if isinstance(completed_by, dict) else {"id": completed_by}
    number = str(user.get("id") or "").strip().removesuffix(".0")
    name = _name(user) or people.get(number, "")
    if not number.isdecimal():  # an older export with a name in its place
        return number or name or WITHOUT_NAME, number or name or WITHOUT_NAME
    known = f"{WITHOUT_NAME} {number}"
    return name or known, known


def _user(row: Any) -> dict[str, Any] | None:
    """A user, or the user of a project's member."""
    user = row.get("user", row) if isinstance(row, dict) else None
    return user if isinstance(user, dict) and user.get("id") not in (None, "") else None


def _name(user: Mapping[str, Any]) -> str:
    return next((str(user[name]).strip() for name in NAMES if user.get(name)), "")
