"""What docs/comparison.md says of other tools, looked for in them, in both directions: what they have, and lack."""

import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop.other_python import ask, python_with

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")


def named(tool: str) -> str:
    """The version that the page speaks of."""
    found = re.search(rf"\| {tool} (\d+\.\d+)", PAGE)
    assert found is not None, f"the page names no version of {tool}"
    return found[1]


def test_cleanlab_has_what_is_said() -> None:
    pytest.importorskip("cleanlab")
    assert importlib.metadata.version("cleanlab").startswith(f"{named('cleanlab')}.")
    there = {
        "cleanlab.filter": "find_label_issues",
        "cleanlab.count": "num_label_issues",
        "cleanlab.multiannotator": "get_label_quality_multiannotator",
        "cleanlab.multilabel_classification.filter": "find_label_issues",
        "cleanlab.object_detection.filter": "find_label_issues",
        "cleanlab.segmentation.filter": "find_label_issues",
        "cleanlab.token_classification.filter": "find_label_issues",
        "cleanlab.regression.rank": "get_label_quality_scores",
        "cleanlab.outlier": "OutOfDistribution",
        "cleanlab.data_valuation": "data_shapley_knn",
        "cleanlab.classification": "CleanLearning",
    }
    for module, name in there.items():
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"
    folder = Path(importlib.metadata.distribution("cleanlab").locate_file("cleanlab/datalab/internal/issue_manager"))  # type: ignore[arg-type]
    kinds = {path.stem for path in folder.glob("*.py")}
    assert {"outlier", "duplicate", "noniid", "imbalance", "null", "underperforming_group"} <= kinds
    assert not [kind for kind in kinds if "ambig" in kind]
    count: Any = importlib.import_module("cleanlab.count")
    assert not [name for name in dir(count) if "interval" in name or "confidence_bound" in name]
    assert "Apache License" in str(importlib.metadata.metadata("cleanlab").get("License"))


FIFTYONE = """
import importlib.util, json
import fiftyone as fo, fiftyone.brain as brain
print(json.dumps({
    "version": fo.__version__,
    "brain": [name for name in dir(brain) if name.startswith("compute_")],
    "dataset": [name for name in dir(fo.Dataset) if name.startswith(("evaluate_", "annotate"))],
    "labels": [name for name in ("Detections", "Segmentation", "Keypoints", "Regression") if hasattr(fo, name)],
    "edits": importlib.util.find_spec("fiftyone.core.annotation") is not None,
}))
"""


def test_fiftyone_has_what_is_said() -> None:
    told = ask(python_with("fiftyone", "ALEATOR_FIFTYONE"), FIFTYONE)
    assert told["version"].startswith(f"{named('FiftyOne')}.")
    wanted = (
        "mistakenness",
        "hardness",
        "uniqueness",
        "exact_duplicates",
        "near_duplicates",
        "leaky_splits",
        "similarity",
    )
    assert {f"compute_{name}" for name in wanted} <= set(told["brain"])
    assert {"evaluate_regressions", "evaluate_segmentations", "evaluate_detections", "annotate"} <= set(told["dataset"])
    assert len(told["labels"]) == 4
    assert told["edits"]


def test_label_studio_has_what_is_said() -> None:
    program = os.environ.get("ALEATOR_LABEL_STUDIO") or shutil.which("label-studio")
    if program is None:
        pytest.skip("no Label Studio here; ALEATOR_LABEL_STUDIO names its program")
    python = Path(program).parent / "python"
    code = (
        "import importlib.metadata as m, json, pathlib, label_studio;"
        "root = pathlib.Path(label_studio.__file__).parent;"
        "print(json.dumps({'version': m.version('label-studio'),"
        " 'folders': [one.name for one in root.iterdir() if one.is_dir()],"
        " 'templates': [one.name for one in (root / 'annotation_templates').iterdir() if one.is_dir()]}))"
    )
    told = ask(str(python), code)
    assert told["version"].startswith(f"{named('Label Studio')}.")
    assert {"ml", "users", "projects", "data_manager"} <= set(told["folders"])
    assert {"computer-vision", "natural-language-processing", "time-series-analysis"} <= set(told["templates"])


def test_aleator_has_what_it_says_of_itself() -> None:
    import aleator
    from aleator.export import FORMATS
    from aleator.models.posteriors import POSTERIORS

    assert len(POSTERIORS) == 10
    assert {"fiftyone", "label-studio", "cleanlab"} <= set(FORMATS)
    assert callable(aleator.find_label_issues)
    done = subprocess.run(
        ["grep", "-rn", "regression", "README.md"], capture_output=True, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 1  # what is said to be missing is promised nowhere
