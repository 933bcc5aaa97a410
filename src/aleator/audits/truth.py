"""What an audit is scored against, kept in its folder: it is scored anew when it is judged again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.audits.folder import TRUTH, AuditFolder, Files
from aleator.errors import AuditFolderError, while_reading


@dataclass(frozen=True)
class Truth:
    """What somebody knows about the labels; the audit is scored against it and never sees it."""

    name: str
    rule: str
    label: NDArray[np.int64]
    """`(example,)`: a class, -1 no opinion, -2 a class that the data set does not have."""
    vote_entropy: NDArray[np.float64] | None = None
    """Of people's votes, in nats, `(example,)`; NaN where fewer than two voted, None where nobody did."""


def truth_file(truth: Truth | None) -> Files:
    """The file to write into the folder of an audit that was scored by it, by name; none where there is no referee."""
    if truth is None:
        return {}
    arrays: Mapping[str, NDArray[Any]] = {
        "label": truth.label.astype(np.int32),
        **({} if truth.vote_entropy is None else {"vote_entropy": truth.vote_entropy}),
    }

    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    return {TRUTH: write}


def kept_truth(audit: AuditFolder) -> Truth | None:
    """What an audit was scored against; None where it had no referee, or an older version did not keep it. Raises
    AuditFolderError for a damaged file."""
    path, scored = audit.folder / TRUTH, audit.info.referee
    if scored is None or not path.is_file():
        return None
    with while_reading(path, "an audit's referee", AuditFolderError, " Audit the data again with --force."):
        with np.load(path, allow_pickle=False) as kept:
            label, entropy = kept["label"].astype(np.int64), kept.get("vote_entropy")
        if label.shape != (audit.info.data.examples,) or (entropy is not None and entropy.shape != label.shape):
            raise ValueError(f"it is {label.shape}, and does not belong to this audit's table")
        return Truth(scored.name, scored.rule, label, entropy)
