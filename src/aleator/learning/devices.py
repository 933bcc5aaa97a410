"""Where to compute."""

import torch

from aleator.errors import AleatorError


def pick_device(name: str) -> torch.device:
    """`auto` takes a GPU if there is one; a device that is asked for and absent is an error."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise AleatorError(f"device {name!r} cannot be used here ({reason}); use --device auto or cpu.") from error
    return device
