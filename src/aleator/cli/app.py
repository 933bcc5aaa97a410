"""The command's root, and what its verbs share."""

import json
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from aleator import __version__
from aleator.console import print_summary

if TYPE_CHECKING:
    from aleator.auditing import Audit

app = App(
    name="aleator",
    help="Find the wrong labels in a classification data set, and tell a mistake from honest ambiguity.",
    version=__version__,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # main() tells how to go on
)

Json = Annotated[bool, Parameter(name="--json", negative=())]
"""Print one JSON object instead of text for people."""


def tell(result: "Audit", json_output: bool) -> None:
    if json_output:
        info: dict[str, Any] = {**result.info, "folder": str(result.folder.resolve())}
        print(json.dumps(info, ensure_ascii=False))
    else:
        print_summary(result.info, result.folder)
