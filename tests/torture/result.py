"""What a row of the campaign says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """How often something was tried, and how often Aleator survived it."""

    name: str
    tried: int
    survived: int
    failures: tuple[str, ...] = ()
    """What happened where it did not."""
    left_out: str = ""
    """Why it could not be tried here."""
