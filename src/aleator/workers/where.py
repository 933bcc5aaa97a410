"""Where pieces of work are done, as plain values."""

from dataclasses import dataclass
from typing import Literal

from aleator.errors import AleatorError


@dataclass(frozen=True)
class Where:
    """Where work that can be divided is done. The fields' texts are the command line's help. Results are the same
    everywhere, and so nothing of this is written into them."""

    on: Literal["here", "ray"] = "here"
    """Who trains networks, fits learners, makes features, and among many examples looks for copies and neighbours and
    judges: here, this machine; ray, the nodes of a Ray cluster (the extra aleator[ray])."""
    ray_address: str | None = None
    """The cluster: host:port, ray://host:port, or auto for the one that runs on this machine; without it that of
    RAY_ADDRESS, or one that is started on this machine and ends with the command."""

    def __post_init__(self) -> None:
        if self.on not in ("here", "ray"):
            raise AleatorError(f"on is here or ray, not {self.on!r}.")
        if self.ray_address is not None and self.on != "ray":
            raise AleatorError("ray_address is of a Ray cluster: say --on ray as well.")
