"""The pretrained networks whose weights are on this machine: in the caches of torch.hub and of the Hugging Face hub."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

from aleator.embedding.backbone import Kind


def networks_at_hand(kind: Kind) -> list[str]:
    """Names of the networks for such examples, as `timm:resnet18`, sorted; nothing is downloaded."""
    found = set(_of_the_hub(kind))
    if kind == "images":
        found |= set(_of_torch_hub())
    return sorted(found)


def _of_the_hub(kind: Kind) -> Iterator[str]:
    try:
        from huggingface_hub import scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return
    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return
    for repository in repositories:
        files = {file.file_name: file.file_path for revision in repository.revisions for file in revision.files}
        if repository.repo_type == "model" and any(name.endswith((".safetensors", ".bin")) for name in files):
            yield from _named(repository.repo_id, files, kind)


def _named(repository: str, files: dict[str, Path], kind: Kind) -> Iterator[str]:
    """The network of a repository, where it takes such examples and its library is here."""
    if kind == "texts":
        if "modules.json" in files:
            if _is_here("sentence_transformers"):
                yield f"sentence-transformers:{repository}"
        elif {"tokenizer.json", "tokenizer_config.json"} & set(files) and _is_here("transformers"):
            yield f"hf:{repository}"
    elif "preprocessor_config.json" in files:
        if _is_here("transformers"):
            yield f"hf:{repository}"
    elif "config.json" in files and _is_here("timm"):
        import timm

        name = repository.rpartition("/")[2]
        if "architecture" in _json(files["config.json"]) and timm.is_model(name):
            yield f"timm:{name}"


def _of_torch_hub() -> Iterator[str]:
    """Networks whose weights have an address of their own, and were fetched from there."""
    import torch

    folder = Path(torch.hub.get_dir(), "checkpoints")
    files = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if not files:
        return
    if _is_here("torchvision"):
        from torchvision import models

        for name in models.list_models(module=models):
            if _file(models.get_model_weights(name).DEFAULT.url) in files:
                yield f"torchvision:{name}"
    if _is_here("timm"):
        from timm.models import get_pretrained_cfg, list_pretrained

        for name in list_pretrained():
            config = get_pretrained_cfg(name)
            if config is not None and config.url and not config.hf_hub_id and _file(config.url) in files:
                yield f"timm:{name}"


def _is_here(library: str) -> bool:
    try:
        __import__(library)
    except (ImportError, RuntimeError):  # a torchvision beside another torch raises RuntimeError
        return False
    return True


def _file(address: str) -> str:
    return Path(urlparse(address).path).name


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
