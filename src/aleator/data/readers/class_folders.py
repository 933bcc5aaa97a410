"""Which of the folders around pictures are classes, which are splits, and which are only in between."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

from aleator.data.below import check_names, first_outside
from aleator.data.options import ReadOptions
from aleator.data.picture_files import find_files, length_of_root, skipped_folder, why_no_picture
from aleator.data.readers.labels import EncodedLabels, encoded
from aleator.data.readers.missing_labels import NO_LABELS
from aleator.data.readers.split_names import differ_by_split_only, has_split_word, is_numbered_part, is_split_name
from aleator.data.wording import listed
from aleator.errors import DataError

LAYOUTS = "class/picture.png, split/class/picture.png, or metadata.csv (.jsonl, .parquet) with file_name and label"
IN_NAMES = (
    "If the files' names begin with their classes (cat.0.jpg), write a table of path and label, as with "
    "pandas.DataFrame([(p, pathlib.Path(p).name.split('.')[0]) for p in paths], columns=['path', 'label']).to_csv."
)
FEW = 0.05
"""So small a share of pictures beside folders of pictures are no examples."""
ALIKE, HALF_ALIKE = 0.8, 0.5
"""Shares of class names that two splits have in common."""
BESIDE = "files beside the class folders"
PARTS = frozenset(
    (
        *("images", "image", "imgs", "img", "jpegimages", "jpg", "png", "masks", "mask", "labels", "annotations"),
        *("ann", "input", "inputs", "target", "targets", "gt", "groundtruth", "ground_truth"),
    )
)
"""Folders by what lies in them, not by class."""
OTHER_FLAGS = "--split-folders none reads the outer folders as classes, --split-folders all as splits"


@dataclass(frozen=True)
class Layout:
    """What a folder of class folders was taken for."""

    found: list[tuple[str, str, Path]]
    """Split (empty where there is none), class and file of each example."""
    form: str
    said: tuple[str, ...]
    passed: list[tuple[str, str]]
    """Name and reason of what was passed over."""


@dataclass
class _Node:
    name: str
    files: list[Path] = field(default_factory=list)
    """Pictures directly in the folder."""
    children: dict[str, "_Node"] = field(default_factory=dict)

    def total(self) -> int:
        return len(self.files) + sum(child.total() for child in self.children.values())

    def all_files(self) -> Iterator[Path]:
        yield from self.files
        for child in self.children.values():
            yield from child.all_files()

    @property
    def nested(self) -> bool:
        """Whether its pictures lie in folders of their own, but for a few."""
        return bool(self.children) and len(self.files) <= FEW * self.total()


def names_below(path: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """The names of files below a folder, from there, with slashes. Raises DataError where one links out of it."""
    start = length_of_root(path)
    names = tuple(str(file)[start:].replace(os.sep, "/") for file in files)
    check_names(path, names)
    outside = first_outside(path, names)
    if outside is not None:
        raise DataError(
            f"{names[outside]!r} in {path} links to a file outside of it; only files below the folder are read. "
            "Copy the files into it, or read the folder that holds them all."
        )
    return names


def layout_of(
    path: Path, asked: str | None, *, why_not: Callable[[Path], str | None] = why_no_picture, noun: str = "picture"
) -> Layout:
    """Take the folders for what their names and their content say, or for what was asked (`ReadOptions.split_folders`).

    Examples are pictures, or, called by `noun`, the files that `why_not` has nothing against.
    Raises DataError where two readings are equally plausible; it names the flags for both.
    """
    passed: list[tuple[str, str]] = []
    root = _tree(path, passed, why_not)
    base, wrappers, beside = _inner(root)
    there = {one.name for one in path.joinpath(*wrappers).iterdir() if one.is_dir() and not skipped_folder(one.name)}
    outer = {name.split("/")[0] for name, _ in passed if "/" in name} - set(root.children) - set(wrappers)
    empty = sorted(outer | (there - set(base.children)))
    said = [f"No {noun} is read in {listed(f'{name}/' for name in empty)}."] if empty else []
    if wrappers:
        said.append(f"The class folders lie in {'/'.join(wrappers)}/, the only folder with {noun}s.")
    if not base.children:
        return Layout([], "", (), passed)
    passed += _with_reason([*beside, *base.files], path, BESIDE)
    # A folder that was gone through may have been the only split.
    only_split = next((name for name in reversed(wrappers) if has_split_word(name)), "") if asked is None else ""
    tops = _without_second_copy(base, path, passed)
    splits, why = _asked_splits(tops, asked, path) if asked is not None else _splits(tops, path)
    said += why
    if splits is None:  # the inner folders are the splits
        found = [
            (inner.name, top.name, file) for top in tops for inner in top.children.values() for file in inner.files
        ]
        return Layout(found, f"{_folders_of(tops)} with split folders in them", tuple(said), passed)
    if asked is None:
        _check_classes(tops, splits, path)
    if not splits:
        found = [(only_split, top.name, file) for top in tops for file in top.all_files()]
        return Layout(found, _folders_of(tops), tuple(said), passed)
    found, without_label = _of_splits(splits, path, asked)
    labelled, classes = {split for split, _, _ in found}, {name for _, name, _ in found}
    form = f"{len(labelled)} split folders of {len(classes)} class folders ({listed(sorted(classes))})"
    return Layout(found, form, tuple(said), passed + without_label)


def _of_splits(
    splits: list[_Node], path: Path, asked: str | None
) -> tuple[list[tuple[str, str, Path]], list[tuple[str, str]]]:
    """Split, class and file of each example below these splits, and what is passed over, as `Layout` has them."""
    found: list[tuple[str, str, Path]] = []
    passed: list[tuple[str, str]] = []
    for split in splits:
        inner, _, beside = _inner(split)
        passed += _with_reason(beside, path, BESIDE)
        if asked is None and _are_parts(inner.children):
            reason = f"in {split.name}/, whose folders ({listed(inner.children)}) are no classes (no labels)"
            passed += _with_reason(inner.all_files(), path, reason)
            continue
        found += [(split.name, one.name, file) for one in inner.children.values() for file in one.all_files()]
        reason = BESIDE if inner.children else f"in {split.name}/, which has no class folders (no labels)"
        passed += _with_reason(inner.files, path, reason)
    return found, passed


def _with_reason(files: Iterable[Path], path: Path, reason: str) -> list[tuple[str, str]]:
    return [(file.relative_to(path).as_posix(), reason) for file in files]


def labels_of_folders(class_of: Sequence[str], path: Path, options: ReadOptions) -> EncodedLabels:
    """The names of the folders, as they are; numbers where there are names for them."""
    names, missing = options.names, options.missing_label
    apart = sorted({name for name in class_of if name != name.strip()})
    said = [f"Spaces around the folders' names are left out: {listed(map(repr, apart))}."] if apart else []
    folders = sorted(set(class_of)) if missing is None else []
    said += [
        f"The folder {name!r} is read as a class; --missing-label {name} reads it as no label."
        for name in folders
        if name.strip().lower().strip("_") in NO_LABELS
    ]
    said += [
        f"The folder {name!r} is called as a split is, and read as a class; --missing-label {name} reads it as no "
        "label."
        for name in folders
        if is_split_name(name)
    ]
    labels = encoded(class_of, str(path), names, missing=missing or "", names_only=names is None)
    return replace(labels, said=(*labels.said, *said))


def _check_classes(tops: list[_Node], splits: list[_Node], path: Path) -> None:
    """Raise DataError where no folder is a class, since all are called as parts of a data set are."""
    inner = [set(_classes(split)) for split in splits] if splits else [{top.name for top in tops}]
    parts = sorted(set().union(*inner))
    if (splits or len(parts) > 1) and all(names and _are_parts(names) for names in inner):
        other = "all" if splits else "none"
        raise DataError(
            f"{path} holds the folders {listed(parts)}, which are called by what lies in them, and no class folders. "
            f"If they are the classes, --split-folders {other} reads them so; layouts that are read: {LAYOUTS}."
        )


def _are_parts(names: Iterable[str]) -> bool:
    """Whether folders are called as parts of a data set are (`images` and `masks`), and not as classes."""
    every = [name.lower() for name in names]
    return bool(every) and PARTS.issuperset(every)


def _tree(path: Path, passed: list[tuple[str, str]], why_not: Callable[[Path], str | None]) -> _Node:
    root = _Node(path.name)
    start = length_of_root(path)
    for file in find_files(path, path, lambda name, reason: passed.append((name, reason)), why_not):
        node = root
        for part in str(file)[start:].split(os.sep)[:-1]:
            node = node.children.setdefault(part, _Node(part))
        node.files.append(file)
    return root


def _inner(node: _Node) -> tuple[_Node, list[str], list[Path]]:
    """The folder that holds the class folders, the folders on the way that hold nothing else, and files beside them."""
    wrappers: list[str] = []
    beside: list[Path] = []
    while len(node.children) == 1 and node.nested and (child := next(iter(node.children.values()))).children:
        if not child.nested:
            break
        beside += node.files
        wrappers.append(child.name)
        node = child
    # `seg_pred/seg_pred/1.jpg`: a folder in a folder of the same name is that folder.
    if list(node.children) == [node.name] and not node.files and not node.children[node.name].children:
        return node.children[node.name], [*wrappers, node.name], beside
    return node, wrappers, beside


def _without_second_copy(base: _Node, path: Path, passed: list[tuple[str, str]]) -> list[_Node]:
    """The folders but for one that holds all the others once more."""
    tops = list(base.children.values())
    for top in tops:
        others = {one.name for one in tops if one is not top}
        if len(others) > 1 and others == set(top.children):
            passed += _with_reason(
                top.all_files(), path, f"in {top.name}/, which holds the class folders beside it once more"
            )
            return [one for one in tops if one is not top]
    return tops


def _asked_splits(tops: list[_Node], asked: str, path: Path) -> tuple[list[_Node], list[str]]:
    if asked.strip().lower() == "none":
        return [], []
    names = [top.name for top in tops] if asked.strip().lower() == "all" else [one.strip() for one in asked.split(",")]
    missing = sorted(set(names) - {top.name for top in tops})
    if missing:
        there = listed(top.name for top in tops)
        raise DataError(f"--split-folders: {path} has no folder {missing[0]!r} with pictures; it has {there}.")
    return [top for top in tops if top.name in names], []


def _splits(tops: list[_Node], path: Path) -> tuple[list[_Node] | None, list[str]]:
    """The folders that are splits, none where they are classes, None where the splits are in the classes; and why."""
    by_name = _splits_by_name(tops, path)
    return _splits_by_content(tops, path) if by_name is None else by_name


def _splits_by_name(tops: list[_Node], path: Path) -> tuple[list[_Node], list[str]] | None:
    """The folders that are splits since some are called so, and why; None where no name tells."""
    exact = [top for top in tops if is_split_name(top.name)]
    named = [top for top in tops if has_split_word(top.name)]
    nested = [top for top in named if _is_nested(top)]
    without = [top for top in tops if top not in nested]
    unlabelled = [top for top in without if top in named]
    if any(top in exact for top in nested):
        others = [top for top in without if top not in named]
        if others and all(_is_nested(top) for top in others) and _in_common(tops) >= HALF_ALIKE:
            return tops, [
                f"Read as {len(tops)} splits ({listed(top.name for top in tops)}), because {listed(_named(nested))} "
                "are called so and the others hold the same classes; --split-folders names others."
            ]
        if others:
            raise DataError(
                f"{path} holds split folders ({listed(top.name for top in nested)}) beside other folders with "
                f"pictures ({listed(top.name for top in others)}). Move these away, or name one of the folders, or say "
                f"which are splits (--split-folders "
                f"{','.join(_named(tops))}, or none); layouts that are read: {LAYOUTS}."
            )
        return tops, []
    if len(exact) == len(tops) or (not nested and differ_by_split_only(_named(tops))):
        raise DataError(
            f"{path} holds split folders ({listed(top.name for top in tops)}) with pictures directly in "
            f"them and no class folders; layouts that are read: {LAYOUTS}. {IN_NAMES} If they are the classes, "
            "--split-folders none reads them so."
        )
    if nested and len(without) == len(unlabelled) and (len(nested) == 1 or _in_common(nested) >= HALF_ALIKE):
        names = listed(top.name for top in nested)
        classes = {name for top in nested for name in _classes(top)}
        return tops, [
            f"Read as {len(nested)} splits ({names}) of {len(classes)} classes ({listed(sorted(classes))}), because "
            "the outer names say so and the inner ones are the same; --split-folders none reads the outer ones as "
            "classes."
        ]
    return None


def _splits_by_content(tops: list[_Node], path: Path) -> tuple[list[_Node] | None, list[str]]:
    """The same by what they hold: the same folders each, which are called as splits or parts are, or these in them."""
    if len(tops) < 2 or not all(_is_nested(top) for top in tops) or _alike(tops) < ALIKE:
        return [], _of_folders_in_classes(tops)
    inner = sorted({name for top in tops for name in _classes(top)})
    if all(map(has_split_word, inner)):
        return None, [f"The splits ({listed(inner)}) lie in the class folders; --split-folders none leaves them out."]
    if len(inner) < 2:
        return [], []
    if all(is_numbered_part(top.name) for top in tops):
        return tops, [
            f"Read as {len(tops)} parts ({listed(top.name for top in tops)}) of {len(inner)} classes, because the "
            "outer names are numbered parts with the same folders in each; --split-folders none reads them as classes."
        ]
    if all(is_numbered_part(name) or name.isdigit() for name in inner):
        return [], _of_folders_in_classes(tops)
    raise DataError(
        f"{path} can be read in two ways: the folders {listed(top.name for top in tops)} each hold {listed(inner)}. "
        f"Say which are the classes: {OTHER_FLAGS}."
    )


def _folders_of(tops: list[_Node]) -> str:
    return f"{len(tops)} class folders ({listed(top.name for top in tops)})"


def _named(nodes: list[_Node]) -> list[str]:
    return [node.name for node in nodes]


def _is_nested(top: _Node) -> bool:
    return _inner(top)[0].nested


def _classes(top: _Node) -> set[str]:
    return set(_inner(top)[0].children)


def _of_folders_in_classes(tops: list[_Node]) -> list[str]:
    """What is said of folders within class folders: they are taken for parts of their class."""
    inner = sorted({name for top in tops for name in _classes(top)})
    if not inner:
        return []
    return [
        f"The folders in the class folders ({listed(inner)}) are taken as parts of their class; --split-folders all "
        "reads them as the classes."
    ]


def _in_common(tops: list[_Node]) -> float:
    """The least share of the smaller one's class names that two of these folders have in common."""
    pairs = combinations(map(_classes, tops), 2)
    return min((len(one & other) / max(min(len(one), len(other)), 1) for one, other in pairs), default=0.0)


def _alike(tops: list[_Node]) -> float:
    """The least share of class names that two of these folders have in common."""
    pairs = combinations(map(_classes, tops), 2)
    return min((len(one & other) / max(len(one | other), 1) for one, other in pairs), default=0.0)
