"""Names that folders and columns of splits have."""

import re
from collections.abc import Collection
from unicodedata import combining, normalize

SPLIT_FOLDERS = frozenset(
    ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "publictest", "privatetest", "eval")
)
SPLIT_WORDS = SPLIT_FOLDERS | {
    *("trainset", "testset", "valset", "devset", "evaluation", "holdout", "heldout", "pred", "predict", "prediction"),
    *("unlabeled", "unlabelled", "trn", "tst", "tr", "te", "xtrain", "xtest", "xval", "seen", "unseen"),
    *("entrenamiento", "prueba", "validacion", "apprentissage", "entrainement", "treino", "teste", "validacao"),
    *("trainieren", "addestramento"),
}
NUMBERED_WORDS = frozenset(
    ("fold", "set", "part", "batch", "subset", "cv", "chunk", "shard", "k", "split", "round", "session", "partition")
)
PLACES = frozenset((*"abcdefgh", "i", "ii", "iii", "iv", "one", "two", "three", "four", "five", "first", "second"))
"""What numbers a part, beside digits."""


def is_split_name(name: str) -> bool:
    """Whether the whole name is one that splits have."""
    return name.lower() in SPLIT_FOLDERS


def has_split_word(name: str) -> bool:
    """Whether one word of the name is that of a split: `seg_train`, `training_set`, `ValClass`."""
    words = _words(name)
    return any(word in SPLIT_WORDS for word in words) or "".join(words) in SPLIT_WORDS


def differ_by_split_only(names: Collection[str]) -> bool:
    """`train_images` and `test_images`: names that say the same but for the split."""
    rest = [tuple(word for word in _words(name) if word not in SPLIT_WORDS) for name in names]
    return len(rest) > 1 and len(set(rest)) == 1 and all(map(has_split_word, names))


def is_numbered_part(name: str) -> bool:
    """`fold_1`, `part2`, `SplitA`: a part, and no class."""
    words = _words(name)
    of_parts = [word for word in words if word in NUMBERED_WORDS]
    numbered = any(char.isdigit() for char in name) or any(word in PLACES for word in words)
    return numbered and bool(of_parts) and all(word in NUMBERED_WORDS or word in PLACES for word in words)


def _words(name: str) -> list[str]:
    """The words of a name, in small letters without accents."""
    plain = "".join(sign for sign in normalize("NFKD", name) if not combining(sign))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return re.findall("[a-z]+", apart.lower())
