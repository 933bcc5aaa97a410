"""How features are computed, as plain values."""

from dataclasses import dataclass
from typing import Literal

from aleator.errors import AleatorError

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class EmbedSettings:
    """How features are computed. The fields' texts are the command line's help."""

    device: str = "auto"
    """auto, cpu, cuda, ..."""
    precision: Precision = "auto"
    """What the network computes in; auto: bfloat16 where the device is made for it (GPUs, processors with AMX)."""
    batch_size: int | None = None
    """Examples at a time; without it 32, and 256 on a GPU."""
    workers: int | None = None
    """Threads that decode pictures; without it one for each processor."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise AleatorError(f"{name} is a number from 1 up, not {value}.")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise AleatorError(f"precision is auto, float32 or bfloat16, not {self.precision!r}.")
