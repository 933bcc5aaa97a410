"""The command's root, and what its verbs share."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from aleator import __version__

if TYPE_CHECKING:
    from aleator.audits import AuditFolder

app = App(
    name="aleator",
    help="Find the wrong labels in a classification data set, and tell a mistake from honest ambiguity.",
    version=__version__,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # main() tells how to go on
)

app.register_install_completion_command(help="Install completion for this shell (bash, zsh, fish).")

FLAT = Parameter(name="*")
"""A dataclass whose fields are flags of their own, with their docstrings as help."""
READING = Parameter(name="*", group="How the data are read")
DECISIONS = Parameter(name="*", group="What people decided")
Output = Annotated[Path, Parameter(name=["--output", "-o"])]
WHERE_TO = {
    "audit": "Name the folder for the audit, such as -o audit",
    "train": "Name the folder for the model, such as -o model",
    "predict": "Name the file for the answers, such as -o answers.csv (or .parquet, .jsonl, .html)",
}
"""What a forgotten --output is for, by verb."""
Force = Annotated[bool, Parameter(help="Replace what the output folder holds.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON object instead of text for people.")]


def tell(result: "AuditFolder", json_output: bool, seconds: float | None = None) -> None:
    """The result for people or programs; `seconds` where it took another time than its audit."""
    from aleator.console import print_summary
    from aleator.records import to_json

    if json_output:
        print(json.dumps({**to_json(result.info), "folder": str(result.folder.resolve())}, ensure_ascii=False))
    else:
        print_summary(result, seconds)
