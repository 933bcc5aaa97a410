"""Weights: from a file, from the user's cache, or from a hub, which is said before."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse
from urllib.request import getproxies

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from aleator.embedding.extractor import Say
from aleator.errors import AleatorError, MissingExtraError
from aleator.learning.checkpoints import hash_of_tensors

T = TypeVar("T")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def missing_extra(name: str, package: str, extra: str) -> MissingExtraError:
    return MissingExtraError(f"{name} needs {package}, which is not installed; run: pip install 'aleator[{extra}]'")


def offline() -> bool:
    """Whether the user has forbidden downloads."""
    return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in OFFLINE)


def not_here(name: str, where: str, reason: str) -> AleatorError:
    """The weights are neither in the cache nor to be had."""
    return AleatorError(
        f"The weights of {name} ({where}) are not in this machine's cache, and {reason}. Fetch them once where there "
        "is a network, or name a file that you have: --weights FILE."
    )


def hub_file(name: str, repository: str, files: tuple[str, ...], say: Say) -> Path:
    """The first of the files that a repository of the Hugging Face hub has: from the cache, or downloaded."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    for file in files:
        cached = try_to_load_from_cache(repository, file)
        if isinstance(cached, str):
            return Path(cached)
    where = f"huggingface.co/{repository}"
    if offline():
        raise not_here(name, where, f"{OFFLINE[0]} forbids to download them")
    check_reachable(name, where)
    say(f"downloading {name} from {where}")
    for file in files:
        try:
            return Path(hf_hub_download(repository, file))
        except GatedRepoError as error:
            raise not_here(name, where, "their owner asks for a token (huggingface-cli login)") from error
        except RepositoryNotFoundError as error:
            raise not_here(name, where, "the hub knows no such network") from error
        except EntryNotFoundError as error:
            if isinstance(error, LocalEntryNotFoundError):  # nothing was asked, as there is no network
                raise not_here(name, where, unreachable(error)) from error
        except Exception as error:  # httpx's errors are no OSErrors, and which library asks is the hub's affair
            raise not_here(name, where, unreachable(error)) from error
    raise not_here(name, where, f"the hub has none of {', '.join(files)} of it")


def from_cache_or_hub(name: str, place: str, load: Callable[..., T], say: Say, what: str) -> T:
    """What a library loads by the name of a folder or of a model of the Hugging Face hub: from the folder or the cache,
    else, said before, from the hub.

    `load` takes `local_files_only`, and raises OSError, ValueError, KeyError or ImportError where there is nothing. A
    folder without it is told that it holds no `what`.
    """
    try:
        return load(local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        if Path(place).is_dir():
            raise AleatorError(f"{place} holds no {what}: {_first_line(error)}") from error
        where = f"huggingface.co/{place}"
        if offline():
            raise not_here(name, where, f"{OFFLINE[0]} forbids to download them") from error
        check_reachable(name, where)
        say(f"downloading {name} from {where}")
        try:
            return load()
        except Exception as failure:  # which library asks the hub is its own affair, and so are its errors
            raise not_here(name, where, unreachable(failure)) from failure


def url_file(name: str, url: str, say: Say) -> Path:
    """A file of weights at an address: from the cache of torch.hub, or downloaded."""
    path = Path(torch.hub.get_dir(), "checkpoints", Path(urlparse(url).path).name)
    if path.is_file():
        return path
    where = urlparse(url).netloc
    if offline():
        raise not_here(name, where, f"{OFFLINE[0]} forbids to download them")
    check_reachable(name, where)
    say(f"downloading {name} from {where}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(path), progress=False)
    except OSError as error:
        raise not_here(name, where, unreachable(error)) from error
    return path


def check_reachable(name: str, where: str) -> None:
    """Raise AleatorError at once for a host that has no address here: the hub's own client tries for half a minute."""
    host = where.split("/")[0]
    if getproxies() or os.environ.get("HF_ENDPOINT"):
        return  # the host is not what is asked
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        raise not_here(name, where, f"{host} cannot be reached from here") from error


def unreachable(error: BaseException) -> str:
    return f"they could not be downloaded ({type(error).__name__})"


def read_weights(path: Path, name: str) -> dict[str, Tensor]:
    """A state dict from .safetensors or from what torch.save wrote; nothing but tensors is unpickled.

    Raises AleatorError where the file is not there, or is none.
    """
    if not path.is_file():
        raise AleatorError(f"The weights {path} of {name} are not there.")
    try:
        if path.suffix == ".safetensors":
            return load_file(str(path))
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, ValueError, EOFError, OSError, KeyError, AttributeError) as error:
        raise AleatorError(f"{path} cannot be read as weights ({_first_line(error)}).") from error
    except Exception as error:  # pickle's own, which has no base of its own
        raise AleatorError(
            f"{path} cannot be read as weights: it holds more than tensors, which would have to be run "
            f"({_first_line(error)}). Save the state dict alone: torch.save(network.state_dict(), FILE)."
        ) from error
    for key in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(key), dict):
            loaded = loaded[key]
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise AleatorError(f"{path} holds no state dict; save one: torch.save(network.state_dict(), FILE).")
    return {str(key).removeprefix("module."): value for key, value in loaded.items()}


def other_weights(path: Path, name: str, error: BaseException) -> AleatorError:
    return AleatorError(f"{path} does not hold the weights of {name}: {_first_line(error)}")


def hash_of_weights(module: nn.Module) -> str:
    """Of all weights and buffers."""
    return hash_of_tensors({name: value for name, value in module.state_dict().items() if isinstance(value, Tensor)})


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:300] or type(error).__name__
