"""What is installed, where it shows in results."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import aleator

SEEN_IN_RESULTS = ("numpy", "scipy", "scikit-learn", "torch")


@cache
def installed() -> dict[str, str]:
    """Versions of Aleator, with a digest of its code, and of the libraries that compute."""
    root = Path(str(aleator.__file__)).parent
    code = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return {"aleator": f"{aleator.__version__} ({code.hexdigest()[:8]})"} | {
        name: _of(name) for name in SEEN_IN_RESULTS
    }


def _of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
