"""`import aleator`: quick, complete, and the same for people, type checkers and programs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import aleator


def modules_after(line: str) -> set[str]:
    """Names of all modules that a fresh interpreter has loaded after the line."""
    code = f"import sys\n{line}\nprint(*sys.modules, sep='\\n')"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    loaded = modules_after("import aleator")
    assert "aleator.errors" in loaded
    assert not loaded & {"torch", "numpy", "scipy", "sklearn", "pyarrow", "PIL", "jinja2", "cyclopts", "rich"}


def test_reading_data_loads_no_torch() -> None:
    assert "torch" not in modules_after("import aleator; aleator.read_dataset; aleator.LabelledDataset; aleator.Votes")


@pytest.mark.parametrize("name", aleator.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(aleator, name) is not None
    assert name in dir(aleator)


def test_audit_is_the_function() -> None:
    assert modules_after("import aleator, aleator.auditing; assert callable(aleator.audit)")


@pytest.mark.parametrize("verb", ["review", "export"])
def test_a_verb_is_called_whichever_way_its_package_came_in(verb: str) -> None:
    modules_after(f"import aleator; assert callable(aleator.{verb})")
    modules_after(f"import aleator.{verb}; assert callable(aleator.{verb})")


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(aleator.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {(one.name, node.module) for node in block.body if isinstance(node, ast.ImportFrom) for one in node.names}
    assert seen == set(aleator._HOME.items())


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="audiit"):
        _ = aleator.audiit


def test_one_class_catches_every_error() -> None:
    for error in (aleator.errors.DataError, aleator.errors.AuditFolderError, aleator.errors.MissingExtraError):
        assert issubclass(error, aleator.AleatorError)
