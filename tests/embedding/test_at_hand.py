"""Networks whose weights are in the caches of this machine: found, named for their library, and chosen among."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

WORDS = ["good", "fine", "bad", "poor", "film", "book", "was", "the", "a", "very"]


@pytest.fixture
def caches(tmp_path: Path) -> Path:
    """A folder for the caches of this test."""
    torch.manual_seed(0)
    return tmp_path


def run(caches: Path, *arguments: str) -> str:
    """What Python says with these caches, which the hub's client looks up when it is loaded; nothing is downloaded."""
    places = {"HF_HOME": str(caches), "TORCH_HOME": str(caches / "torch"), "HF_HUB_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env={**os.environ, **places}, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def at_hand(caches: Path, kind: str) -> dict[str, int]:
    """The networks that are found, and how many features each makes."""
    program = """
import json, sys
from aleator.embedding.at_hand import networks_at_hand
from aleator.embedding.embed import open_backbone
kind = sys.argv[1]
print(json.dumps({name: open_backbone(name, kind).record.dimension for name in networks_at_hand(kind)}))
"""
    found: dict[str, int] = json.loads(run(caches, "-c", program, kind).splitlines()[-1])
    return found


def repository(caches: Path, name: str) -> Path:
    """The folder of a model in the hub's cache, as the hub's client makes it."""
    place = caches / "hub" / f"models--{name.replace('/', '--')}"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (place / "snapshots" / commit).mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit)
    return place / "snapshots" / commit


def language_model(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    tokenizer = transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=32)
    tokenizer.save_pretrained(folder)
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.BertConfig(vocab_size=15, max_position_embeddings=32, **size)
    transformers.BertModel(config).save_pretrained(folder)


def test_nothing_is_at_hand_in_empty_caches(caches: Path) -> None:
    assert at_hand(caches, "images") == {}


def test_networks_of_the_hub_are_named_for_their_library_and_examples(caches: Path) -> None:
    timm, transformers = pytest.importorskip("timm"), pytest.importorskip("transformers")
    language_model(repository(caches, "me/tiny"))
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    folder = repository(caches, "me/vit")
    transformers.ViTModel(transformers.ViTConfig(image_size=32, patch_size=8, **size)).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    folder = repository(caches, "timm/resnet18.a1_in1k")
    save_file(timm.create_model("resnet18").state_dict(), str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps({"architecture": "resnet18"}))
    assert at_hand(caches, "texts") == {"hf:me/tiny": 32}
    assert at_hand(caches, "images") == {"hf:me/vit": 16, "timm:resnet18.a1_in1k": 512}


def test_weights_that_torchvision_fetched_are_found_by_their_file(caches: Path) -> None:
    try:
        from torchvision import models
    except (ImportError, RuntimeError):
        pytest.skip("no torchvision here")
    folder = caches / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    address = models.get_model_weights("squeezenet1_1").DEFAULT.url
    torch.save(models.squeezenet1_1().state_dict(), folder / address.rpartition("/")[2])
    assert at_hand(caches, "images") == {"torchvision:squeezenet1_1": 512}


def test_of_words_and_a_language_model_that_knows_nothing_words_are_taken(caches: Path) -> None:
    """Texts with `--backbone auto`."""
    language_model(repository(caches, "me/tiny"))
    random = np.random.default_rng(0)
    lines = ["text,label"]
    for row in range(160):
        right = ("good", "fine") if row % 2 else ("bad", "poor")
        others = [f"x{word}" for word in random.integers(40, size=6)]  # the model does not know these
        words = [*random.choice(WORDS[4:], 6), random.choice(right), *others]
        lines.append(f"{' '.join(random.permutation(words))},{['no', 'yes'][row % 2]}")
    (caches / "texts.csv").write_text("\n".join(lines))
    told = run(
        caches, "-m", "aleator", "audit", str(caches / "texts.csv"), "-o", str(caches / "audit"), "--backbone", "auto",
        "--json",
    )  # fmt: skip
    info = json.loads((caches / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert "hf:me/tiny 0." in info["model"]["reason"], told
    assert info["model"]["reason"].startswith("words, the best of what is at hand")
    assert info["settings"]["backbone"] is None
