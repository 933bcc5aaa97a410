"""Names that folders and columns of splits have."""

import re

SPLIT_FOLDERS = frozenset(
    ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "publictest", "privatetest", "eval")
)
SPLIT_WORDS = SPLIT_FOLDERS | {
    *("trainset", "testset", "valset", "devset", "evaluation", "holdout", "heldout", "pred", "predict", "prediction"),
    *("unlabeled", "unlabelled", "trn", "tst"),
}
NUMBERED_WORDS = frozenset(("fold", "set", "part", "batch", "subset", "cv", "chunk", "shard", "k"))


def is_split_name(name: str) -> bool:
    """Whether the whole name is one that splits have."""
    return name.lower() in SPLIT_FOLDERS


def has_split_word(name: str) -> bool:
    """Whether one word of the name is that of a split: `seg_train`, `training_set`, `ValClass`."""
    return any(word in SPLIT_WORDS for word in _words(name))


def is_numbered_part(name: str) -> bool:
    """`fold_1`, `part2`: a part, and no class."""
    words = _words(name)
    return any(char.isdigit() for char in name) and bool(words) and all(word in NUMBERED_WORDS for word in words)


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall("[a-z]+", apart.lower())
