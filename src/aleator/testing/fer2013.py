"""Where this machine keeps FER2013, for benchmarks and tests."""

import os
from pathlib import Path


def fer2013_folder() -> Path | None:
    """The folder that ALEATOR_FER2013 names, or `shared/data/fer2013` beside the checkout; None without one."""
    named = os.environ.get("ALEATOR_FER2013")
    checkout = Path(__file__).resolve().parents[3]
    candidates = [Path(named)] if named else [checkout.parent / "shared" / "data" / "fer2013"]
    return next((folder for folder in candidates if (folder / "fer2013.npz").is_file()), None)
