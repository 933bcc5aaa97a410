"""What a user may say about labelled data, beside the path."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

ONE_TEXT = Parameter(n_tokens=1, negative=(), converter=lambda kind, tokens: tokens[0].value)
"""On the command line, one text."""


@dataclass(frozen=True)
class ReadOptions:
    """How labelled data are read, beyond what the path says."""

    split: str | None = None
    """Take this split only (for example Training)."""
    votes: Path | None = None
    """Several people's votes, joined before the split is taken: one column per class, or long task,annotator,label.
    They only score an audit unless it is told to use them."""
    label_file: Path | None = None
    """For an .npy of examples: the file that holds the labels."""
    path_column: str | None = None
    """The table's column of picture paths, where its name does not tell."""
    text_column: str | None = None
    """The table's column of texts, where the examples are texts."""
    leave_out: Annotated[str | tuple[str, ...] | None, ONE_TEXT] = None
    """Columns of a table that are no features, separated by commas."""
    label_column: str | None = None
    """The table's column of labels, where its name does not tell; or, with commas between them, the columns of 0 and 1
    of all classes, or of all people who answered, or that count the votes for each class."""
    id_column: str | None = None
    """The table's column of ids, where its name does not tell."""
    class_names: Annotated[str | tuple[str, ...] | None, ONE_TEXT] = None
    """Names of the classes 0, 1, 2, ...; in one text they are separated by commas."""
    image_root: Path | None = None
    """The folder that a table's paths are relative to, where it is not the table's own."""
    split_folders: Annotated[str | None, ONE_TEXT] = None
    """Folders that are splits and not classes, separated by commas; "all" means the outermost ones, "none" that every
    outermost folder is a class."""
    missing_label: Annotated[str | None, ONE_TEXT] = None
    """The label that means "no label", beside an empty one (for example -1); "" where there is none."""
    votes_form: Literal["counts", "answers"] | None = None
    """What the columns of a table of votes are: answers, whose votes are counted, or people, who answered."""
    encoding: str | None = None
    """The encoding of text tables (for example cp1252), where it is not recognised."""

    def __post_init__(self) -> None:
        for name in ("votes", "label_file", "image_root"):
            if isinstance(getattr(self, name), str):
                object.__setattr__(self, name, Path(getattr(self, name)))
        if self.class_names is not None:
            object.__setattr__(self, "class_names", self.names)
        if self.leave_out is not None:
            object.__setattr__(self, "leave_out", self.left_out)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the classes, one by one."""
        return None if self.class_names is None else _parts(self.class_names)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The columns that are no features, one by one."""
        return _parts(self.leave_out or ())

    def but(self, asked: "ReadOptions") -> "ReadOptions":
        """These options but for what is asked."""
        return replace(self, **{name: value for name, value in vars(asked).items() if value is not None})


def _parts(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else tuple(names)


NOTHING_ASKED = ReadOptions()
