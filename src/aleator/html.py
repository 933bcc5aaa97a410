"""How pages are made: the one Jinja environment, and what every page says in the same way."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

HERE = Path(__file__).parent
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Halves of a letter, which no encoding can write."""
TEMPLATES = [
    HERE / "auditing" / "templates",
    HERE / "report" / "templates",
    HERE / "review" / "web" / "templates",
    HERE / "training" / "templates",
]
"""Folders, not packages: finding a template must not import the package that it stands in. No two templates have one
name."""


def template(name: str) -> Template:
    """The template of this name, of whichever package."""
    return environment().get_template(name)


@cache
def environment() -> Environment:
    """All templates, with escaped values; a name that is missing is an error and never empty text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["percent"] = percent
    return made


def percent(share: float) -> str:
    """A share as a person reads it: certainty is never claimed by rounding."""
    if share >= 0.995:
        return "over 99%"
    return "under 1%" if share < 0.005 else f"{share:.0%}"


def script_json(value: Any) -> Markup:
    """JSON that can stand inside a script element whatever the text in it says, in letters as they are: escaped, those
    of most languages would be twice as long."""
    text = LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
