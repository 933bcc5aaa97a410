"""The page on the architecture names every module, and the rooms it names are there."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_module_is_named() -> None:
    modules = sorted(
        path.relative_to(ROOT / "src" / "aleator").as_posix() for path in (ROOT / "src" / "aleator").rglob("*.py")
    )
    missing = [one for one in modules if not one.endswith("__init__.py") and Path(one).name not in PAGE]
    assert not missing
    rooms = {Path(one).parent.name for one in modules if Path(one).parent.name}
    assert not [room for room in rooms if f"{room}/" not in PAGE]


def test_no_module_is_named_that_is_gone() -> None:
    there = {path.name for folder in ("src", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")}
    words = PAGE.replace("(", " ").replace(")", " ").replace("`", " ").replace(",", " ").replace(":", " ").split()
    named = {word.rstrip(".;").split("/")[-1] for word in words if word.rstrip(".;").endswith(".py")}
    assert named <= there, named - there
