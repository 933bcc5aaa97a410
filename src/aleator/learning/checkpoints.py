"""Networks and unfinished trainings on disk: safetensors, their spec in the header; nothing is unpickled."""

import copy
import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, load_model, save_file, save_model
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.files import write_whole
from aleator.learning.averaging import WeightAverage
from aleator.models.network import Network, NetworkSpec

SAVE_SECONDS = 20.0
"""An unfinished training is written down at the end of an epoch if the last time was so long ago."""


def save_network(network: Network, path: Path) -> None:
    """Write weights, buffers and spec; the file appears whole or not at all."""
    metadata = {"spec": json.dumps(asdict(network.spec))}
    write_tensors(path, lambda beside: save_model(network, str(beside), metadata=metadata))


def network_as_bytes(network: Network) -> NDArray[np.uint8]:
    """The content of the file that `save_network` writes."""
    with TemporaryDirectory() as folder:
        save_network(network, Path(folder) / "network")
        return np.frombuffer((Path(folder) / "network").read_bytes(), np.uint8)


def network_of_bytes(content: NDArray[np.uint8], backbone: nn.Module | None = None) -> Network:
    """The network again, as by `load_network`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network"
        path.write_bytes(content.data)
        return load_network(path, backbone)


def load_network(path: Path, backbone: nn.Module | None = None) -> Network:
    """Read a network that `save_network` wrote; with a `backbone` of the user's own, its weights go into a copy.

    Raises AleatorError when the file is not one, is damaged, or holds the weights of another backbone.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            fields = json.loads((file.metadata() or {})["spec"])
        tuples = {name: tuple(fields.get(name, ())) for name in ("shape", "sizes")}
        spec = NetworkSpec(**{**fields, **tuples})
        network = Network(spec, copy.deepcopy(backbone))
        load_model(network, str(path))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if backbone is not None and isinstance(error, RuntimeError):
            raise AleatorError(
                f"{path} does not hold the weights of such a backbone ({error}); pass the module it was trained with."
            ) from error
        raise AleatorError(
            f"{path} is not a network that this version of Aleator wrote, or is damaged ({error}); "
            f"delete {path.parent} and make it again."
        ) from error
    return network.eval()


@dataclass
class TrainingState:
    """All that an interrupted training needs to go on to the same result."""

    network: Network
    objective: nn.Module
    optimizers: list[torch.optim.Optimizer]
    generator: Generator
    average: WeightAverage | None
    margins: NDArray[np.float32]
    losses: NDArray[np.float32]
    saved: float = field(default_factory=time.monotonic)


def save_state(path: Path | None, state: TrainingState, epoch: int, epochs: int) -> None:
    """Write down a training after `epoch` of its epochs, unless it was written down a moment ago or is finished."""
    if path is None or epoch == epochs or time.monotonic() - state.saved < SAVE_SECONDS:
        return
    tensors = {name: value.contiguous() for name, value in _tensors(state).items()}
    for which, optimizer in enumerate(state.optimizers):
        for number, values in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{which}.{number}.{name}": value.contiguous() for name, value in values.items()}
    average = {} if state.average is None else {"average_steps": str(state.average.steps)}
    metadata = {"epoch": str(epoch), **average}
    metadata["digest"] = _digest(tensors, metadata)
    write_tensors(path, lambda beside: save_file(tensors, str(beside), metadata=metadata))
    state.saved = time.monotonic()


def load_state(path: Path | None, state: TrainingState) -> int:
    """Put a training where it was; returns the number of finished epochs, 0 where nothing was written down whole."""
    if path is None or not path.exists():
        return 0
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
        loaded = load_file(str(path))
    except (SafetensorError, OSError, ValueError):
        return 0  # damaged: the training starts anew
    if metadata.pop("digest", None) != _digest(loaded, metadata):
        return 0
    for name, value in _tensors(state).items():
        value.copy_(loaded[name])
    state.generator.set_state(loaded["random.generator"])
    torch.set_rng_state(loaded["random.torch"])
    moments: list[dict[int, dict[str, Tensor]]] = [{} for _ in state.optimizers]
    for key, value in loaded.items():
        if key.startswith("optimizer."):
            _, which, number, name = key.split(".")
            moments[int(which)].setdefault(int(number), {})[name] = value
    for optimizer, own in zip(state.optimizers, moments, strict=True):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": own})
    if state.average is not None:
        state.average.steps = int(metadata["average_steps"])
    return int(metadata["epoch"])


def _digest(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    """Of all that was written down: what is not just that is damaged."""
    digest = hashlib.sha256(repr(sorted(metadata.items())).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def write_tensors(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file of safetensors whole; what the system says (a full disk) is raised as the system's own error."""
    try:
        write_whole(path, write)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def _tensors(state: TrainingState) -> dict[str, Tensor]:
    """The state's own tensors by name: what is copied into them changes the state (random states are copies)."""
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"objective.{name}": value for name, value in state.objective.state_dict().items()}
    if state.average is not None:
        tensors |= {f"average.{name}": value for name, value in state.average.state.items()}
    return tensors | {
        "margins": torch.from_numpy(state.margins),
        "losses": torch.from_numpy(state.losses),
        "random.generator": state.generator.get_state(),
        "random.torch": torch.get_rng_state(),
    }
