"""A file of features, made by one process at a time; what was computed before a kill is not computed again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.data.predictions import check_feature_file, ids_beside, write_features
from aleator.errors import DataError
from aleator.files import about_to_place, check_target, discard, is_in_its_place, sync, tidy
from aleator.locks import only_one


@contextmanager
def work_for(output: Path, *, force: bool) -> Iterator[Path]:
    """The folder beside `output` for the features that an interrupted run has made.

    Raises DataError where `output` must not be written, or somebody else is writing it.
    """
    check_feature_file(output)
    with only_one(output, DataError):
        work = output.with_name(f".{output.name}.unfinished-features")
        tidy(work)
        if is_in_its_place(output, work):
            discard(work)
        check_target(output, force=force)
        if output.suffix.lower() == ".npy":
            check_target(ids_beside(output), force=force or work.exists())
        yield work


def put_in_place(output: Path, work: Path, ids: NDArray[np.str_], features: NDArray[np.float32]) -> None:
    """Write the file, and rename it to its place when it is whole; then the work for it is done."""
    made = work / output.name
    write_features(made, ids, features)
    about_to_place(made, work)
    if ids_beside(made).exists():
        output.unlink(missing_ok=True)  # it never stands beside the ids of others
        os.replace(ids_beside(made), ids_beside(output))
    os.replace(made, output)
    sync(output.parent)
    discard(work)
