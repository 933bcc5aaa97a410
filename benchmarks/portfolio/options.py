"""What of `python -m benchmarks portfolio` can be chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class PortfolioOptions:
    """Which rows are measured. Each field is a flag of the command, its text the help."""

    data: Path | None = None
    """The folder with fer2013, cifar10h and noisyag; without it, what scikit-learn has and what is made up."""
    doors: tuple[Literal["brought", "features", "audit"], ...] = ("brought", "features")
    """Probabilities alone, probabilities with their features, whole audits (hours)."""
    only: tuple[str, ...] = ()
    """Only data sets whose names hold one of these."""
    quick: bool = False
    """Slices, and fewer data sets."""
    effort: Literal["quick", "standard", "thorough"] = "quick"
    """Of the audits."""
    peers: bool = True
    """Compare with cleanlab, which the extra aleator[bench] installs."""
    reviews: bool = True
    """Measure what reviews bring."""
    embeddings: Path | None = None
    """Pretrained features of CIFAR-10's test pictures, a row each (.npy), for one more learner."""

    def takes(self, name: str) -> bool:
        """Whether the data set of this name is measured."""
        return not self.only or any(part in name for part in self.only)
