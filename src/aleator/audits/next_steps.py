"""What to do after an audit: the commands to copy, filled in with its paths."""

import shlex
import shutil
import sys
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import pyarrow as pa

from aleator.audits.info import AuditInfo
from aleator.audits.labels import clear_mistakes

SURE = 0.9
"""Labels that are wrong with this probability are proposed to be put right without a look."""


@dataclass(frozen=True)
class Step:
    """One command, and what it is good for."""

    command: str
    purpose: str


def next_steps(info: AuditInfo, labels: pa.Table, folder: Path) -> tuple[Step, ...]:
    """The steps that follow from what an audit is, the most useful first."""
    if info.only_labels_known and info.data.reading is None:
        # Where the examples are is not known, so the word in capitals is left to fill in.
        export = _command("export", folder, "--data", "DATA", "-o", _beside(folder, "clean.csv"))
        return (
            Step(_command("review", folder, "--data", "DATA"), "look at the labels, with the examples at DATA"),
            Step(export, "write clean data"),
        )
    clean = _command("export", folder, "-o", _beside(folder, "clean.csv"))
    review = Step(_command("review", folder), "look at the labels and put them right")
    surest = [Step(f"{clean} --relabel-above {SURE}", "write a data set with the surest mistakes put right")]
    surest = surest if clear_mistakes(labels, SURE).any() else []
    if not info.estimates.confusion:  # judged by each example's likeliest classes: nothing is trained on that
        return review, *surest
    if not info.estimates.reviewed:
        train = _command("train", folder, "-o", _beside(folder, "model"))
        return review, Step(train, "train on what the audit believes"), *surest
    return (
        Step(_command("review", folder), "go on reviewing"),
        Step(clean, "write the data set with the labels that people put right"),
        Step(
            _command("train", folder, "--labels", "reviewed", "-o", _beside(folder, "model")),
            "train on what the audit and the reviewers say",
        ),
    )


def before_audit(data: Path) -> tuple[Step, ...]:
    """What follows for data with labels that are not audited."""
    audit = _command("audit", data, "-o", _beside(data.with_suffix(""), "audit"))
    return (Step(audit, "let an audit find which labels are probably wrong"),)


def after_review(folder: Path, data: Path | None = None, database: str | None = None) -> tuple[Step, ...]:
    """What follows when people have put labels right; `data` and `database` as they were named for the page."""
    named = _named(data, database)
    export = _command("export", folder, *named, "-o", _beside(folder, "clean.csv"))
    return (
        Step(_command("judge", folder, *named), "judge again with what was decided, and write the report anew"),
        Step(export, "write the corrected data set"),
    )


def after_export(
    folder: Path, decided: int, data: Path | None = None, database: str | None = None, *, can_train: bool = True
) -> tuple[Step, ...]:
    """What follows when a data set was written with so many labels that people decided; `data` and `database` as they
    were named for it. An audit by each example's likeliest classes can not be trained on."""
    place = _named(data, database)
    if not decided:
        return (Step(_command("review", folder, *place), "look at the labels yourself and put them right"),)
    if not can_train:
        return ()
    train = _command("train", folder, *place, "--labels", "reviewed", "-o", _beside(folder, "model"))
    return (Step(train, "train on what the audit and the reviewers say"),)


def _named(data: Path | None, database: str | None) -> list[str]:
    """The options that say where the data and the decisions are, where that had to be said."""
    options = {"--data": data, "--database": database}
    return [word for option, place in options.items() if place is not None for word in (option, str(place))]


def _command(verb: str, *words: Path | str) -> str:
    return shlex.join([program(), verb, *map(str, words)])


def program() -> str:
    """How the command is called here: by its name or, where that is not found, by the path it was started from."""
    started = sys.argv[0] if sys.argv else ""
    by_path = Path(started).stem == "aleator" and shutil.which("aleator") is None
    return started if by_path else "aleator"


def _beside(folder: Path, name: str) -> str:
    """A path beside the folder at which nothing is yet, so that the command can be given as it stands."""
    wanted = Path(f"{folder.name or 'audit'}-{name}")
    numbered = (wanted.with_stem(f"{wanted.stem}-{number}") for number in count(2))
    return str(next(free for one in chain((wanted,), numbered) if not (free := folder.with_name(one.name)).exists()))
