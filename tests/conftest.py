"""What all tests share: small data sets, FER2013 where it is, and a real browser where there is one."""

import os

# Before NumPy and PyTorch are loaded, which look once. One thread in each process, also in those that tests start: of
# several, each waits for the others at every step, and where other programs need the processor all but stand still.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from aleator.data import ImageArray, LabelledDataset
from aleator.learning import effort
from aleator.testing.fer2013 import fer2013_folder
from tests import postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


settings.register_profile("aleator", deadline=None)  # what is tested is no claim of pace, and other programs run too
settings.load_profile("aleator")

MARKERS = {"browser": "browser", "postgres_url": "postgres"}
"""A test that asks for such a fixture is marked so."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what a test needs."""
    if not isinstance(item, pytest.Function):
        return
    for fixture, marker in MARKERS.items():
        if fixture in item.fixturenames:
            item.add_marker(marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In several processes what takes long begins first, so that none is left alone with it at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="module")
def brief_training() -> Iterator[None]:
    """Networks that learn a little in a fifth of the steps, for tests of what is made of their answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effort, "FEWEST_STEPS", 150)
        yield


@pytest.fixture(scope="session")
def fer2013() -> Path:
    """The folder with FER2013 and FER+'s votes."""
    folder = fer2013_folder()
    if folder is None:
        pytest.skip("FER2013 is not here; ALEATOR_FER2013 names its folder")
    return folder


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A headless Chromium."""
    playwright_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no chromium here: tests that open pages in a browser are left out")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for these tests."""
    try:
        with postgres.cluster() as url:
            yield url
    except RuntimeError as error:
        pytest.skip(f"no PostgreSQL for these tests: {error}")


def tiny_dataset(count: int = 40, classes: int = 3, seed: int = 0, side: int = 16) -> LabelledDataset:
    """Noise pictures with random labels, every class present: enough for what does not learn."""
    random = np.random.default_rng(seed)
    return LabelledDataset(
        name="tiny",
        path="tiny",
        ids=np.array([f"example {row}" for row in range(count)]),
        source=ImageArray(random.integers(0, 256, (count, side, side), dtype=np.uint8)),
        given_labels=np.arange(count) % classes,
        class_names=tuple(f"class {label}" for label in range(classes)),
    )
