"""Every command and every statement of README and docs is run, page by page, in a folder with what readers have."""

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import scipy.sparse
import torch

import aleator
from aleator.embedding import FAMILIES
from aleator.learning import effort
from aleator.models.heads import GaussianLogitHead
from tests.docs import readers_data
from tests.docs.left_out import NOT_EXECUTED, NOT_RUN, PAGES_NOT_EXECUTED
from tests.docs.pages import PAGES, ROOT, Block, blocks, lines
from tests.docs.typed import brief, type_in
from tests.torture.warm import Fork, load

TYPED = [page for page in PAGES if blocks(page, "sh", "python") and page.name not in PAGES_NOT_EXECUTED]


def left_out(text: str, table: dict[str, str]) -> bool:
    return any(text.startswith(begin) for begin in table)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What readers have, an audit and a model of it included; by a fork, so that this process starts no thread."""
    load()
    place = tmp_path_factory.mktemp("made")

    def make() -> int:
        brief()
        readers_data.make(place)
        data = aleator.read_dataset(place / "fer2013.csv")
        audit = aleator.audit(data, place / "audit")
        aleator.train(audit, place / "model", aleator.TrainSettings(epochs=1))
        type_in("aleator review audit", place, set())
        readers_data.decisions(place, data.ids, data.class_names)
        readers_data.cleanlab_issues(place, data.given_labels)
        return 0

    fork = Fork(make, place)
    said, _ = fork.communicate(timeout=300)
    assert fork.returncode == 0, said
    return place


@pytest.fixture
def at_hand(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, in which a page is typed."""
    place = tmp_path / "reader"
    shutil.copytree(made, place)
    shutil.copytree(ROOT / "docker", place / "docker")
    (place / "backup").mkdir()
    yield place
    shutil.rmtree(place)


def into_splits(place: Path) -> None:
    """The right-hand form of the folders in data_formats.md."""
    (place / "pictures").rename(place / "train")
    (place / "pictures").mkdir()
    (place / "train").rename(place / "pictures" / "train")


BEFORE: dict[str, Callable[[Path], None]] = {"aleator audit pictures/ -o audit --split train": into_splits}


@pytest.mark.slow
@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.name)
def test_a_page_is_typed_from_top_to_bottom(page: Path, at_hand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(at_hand)
    for table in (effort.AUDIT_EFFORTS, effort.TRAINING_EFFORTS, effort.FINETUNING_EPOCHS, FAMILIES):
        for name, one in table.items():
            monkeypatch.setitem(table, name, one)  # as it was, afterwards
    monkeypatch.setattr(effort, "FEWEST_STEPS", 1)
    monkeypatch.setattr(effort, "FINETUNING_STEPS", 1)
    brief()
    monkeypatch.setenv("BROWSER", "true")  # show() opens the report with the command `true`
    names, made_here = given(at_hand), set[Path]()
    if page.name == "data_formats.md":  # its classes are shoe and hat
        names["labels"] %= 2
    for block in blocks(page, "sh", "python"):
        if block.language == "python":
            execute(block, names)
            continue
        for line in block.lines():
            if not left_out(line, NOT_RUN):
                BEFORE.get(line, lambda place: None)(at_hand)
                type_in(line, at_hand, made_here)


def execute(block: Block, names: dict[str, Any]) -> None:
    """Statement by statement; each audit into the folder "audit" is an alternative to the one before."""
    for statement in ast.parse(block.text).body:
        text = ast.unparse(statement)
        if not any(part in text for part in NOT_EXECUTED):
            if "aleator.audit(" in text:
                shutil.rmtree("audit")
            exec(compile(ast.Module([statement], []), "block", "exec"), names)


def given(place: Path) -> dict[str, Any]:
    """What the pages' Python blocks take for granted."""
    labels, vectors = np.load(place / "y.npy"), np.load(place / "x.npy").astype(np.float32)
    probs = np.load(place / "p.npy")
    frame = pandas.DataFrame({"path": [f"{row:03}.png" for row in range(readers_data.COUNT)]})
    return {
        "np": np,
        "pandas": pandas,
        "scipy": scipy,
        "aleator": aleator,
        "labels": labels,
        "pred_probs": probs,
        "probs": scipy.sparse.csr_array(np.where(probs > 0.05, probs, 0)),
        "images": np.load(place / "digits.npz")["images"],
        "vectors": vectors,
        "audit": aleator.load_audit(place / "audit"),
        "paths": [str(place / "products" / "img" / path) for path in frame["path"]],
        "frame": frame.assign(kind=labels.astype(str), path="../products/img/" + frame["path"]),
        "X": vectors,
        "y": labels,
        "w": np.ones(len(labels)),
        "X_new": vectors[:5],
        "network": torch.nn.Sequential(
            torch.nn.Linear(9, 8), torch.nn.ReLU(), torch.nn.Dropout(), GaussianLogitHead(8, 3)
        ),
        "inputs": torch.tensor(vectors),
        "mean": torch.zeros(4, 3),
        "spread": torch.ones(4, 3),
        "factors": torch.ones(4, 3, 2),
        "target": torch.tensor([0, 1, 2, 0]),
    }


def test_what_is_left_out_still_stands_in_the_docs() -> None:
    typed = [line for page in PAGES for line in lines(page)]
    for begin in NOT_RUN:
        assert any(line.startswith(begin) for line in typed), begin
    statements = "\n".join(block.text for page in PAGES for block in blocks(page, "python"))
    for part in NOT_EXECUTED:
        assert part in statements, part
    assert set(PAGES_NOT_EXECUTED) <= {page.name for page in PAGES}
