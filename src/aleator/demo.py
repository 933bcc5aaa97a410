"""The built-in example: audit drawn faces, whose truth is known, and compare."""

from pathlib import Path

import numpy as np

from aleator.auditing import Audit, AuditSettings
from aleator.auditing.audit import audit
from aleator.audits.truth import Truth
from aleator.data.drawn_faces import drawn_faces
from aleator.progress import Progress, silent


def run_demo(
    folder: str | Path,
    *,
    examples: int = 3000,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> Audit:
    """Draw faces with known mistakes, audit them as a user's data would be, and score the audit by the truth."""
    progress("drawing faces", 0, 1)
    faces = drawn_faces(examples, seed=seed)
    progress("drawing faces", 1, 1)
    truth = Truth(
        name="known truth",
        rule="each face was drawn from a known label distribution; a label is wrong if it is not its first choice, "
        "and faces without a clear first choice are not scored",
        label=np.where(faces.is_ambiguous, -1, faces.true_label),
    )
    return audit(
        faces.dataset, folder, AuditSettings(effort="quick", seed=seed), force=force, truth=truth, progress=progress
    )
