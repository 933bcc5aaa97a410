"""Networks on disk: safetensors with their spec in the header; nothing is unpickled."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_model, save_model

from aleator.errors import AleatorError
from aleator.models.network import Network, NetworkSpec


def save_network(network: Network, path: Path) -> None:
    """Write weights, buffers and spec; the file appears whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    save_model(network, str(unfinished), metadata={"spec": json.dumps(asdict(network.spec))})
    os.replace(unfinished, path)


def load_network(path: Path) -> Network:
    """Read a network that `save_network` wrote.

    Raises AleatorError when the file is not one, or is damaged.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            fields = json.loads((file.metadata() or {})["spec"])
        spec = NetworkSpec(**{**fields, "shape": tuple(fields["shape"])})
        network = Network(spec)
        load_model(network, str(path))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise AleatorError(
            f"{path} is not a network that this version of Aleator wrote, or is damaged ({error}); "
            "run the audit again with --force."
        ) from error
    return network.eval()
