"""What of `python -m benchmarks detect` can be chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

TrackName = Literal["fer2013", "fer2013-folds", "faces", "faces-networks", "digits", "digits-networks", "speed"]


@dataclass(frozen=True)
class DetectOptions:
    """Which tracks are measured, and how much of them. Each field is a flag of the command, its text the help."""

    data: Path | None = None
    """The folder with fer2013.csv or fer2013.npz, and fer2013new.csv; digits and speed do without."""
    tracks: tuple[TrackName, ...] = ("fer2013",)
    """What is measured: FER2013's Training split with FER+ as referee, the same out of sample, noise on FER+'s labels
    and on scikit-learn's digits (by logistic regression, or by networks), time and memory."""
    audit: Path | None = None
    """A finished audit of FER2013's Training split, in place of a new one."""
    effort: Literal["quick", "standard", "thorough"] = "standard"
    """Effort of the audit."""
    folds: int = 3
    """Folds of the out-of-sample cross-entropy networks."""
    full: bool = False
    """Noise on all pictures, the networks with the effort named, in place of 6,000 with effort quick."""
    reviewed: tuple[int, ...] = (50, 100, 200, 500, 1000)
    """Numbers of reviewed examples."""
    draws: int = 3
    """Repetitions of reviews and of votes that are drawn."""
    simulations: int = 100
    """Reviews that the coverage of the interval is measured with; 0 leaves it out."""
    peers: bool = True
    """Compare with cleanlab and crowd-kit, which the extra aleator[bench] installs."""
    seed: int = 0
    """Seed of all trainings."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
