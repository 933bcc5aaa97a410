"""Forms of labels that people have: several answers in a cell, lists, records; see `forms.py`."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aleator.data.options import ReadOptions
from tests.data.forms import LABELS, Form, labels_of, text_table
from tests.data.text_forms import MANY, SENTENCES, TEXTS

ANSWERS = [[label, label, ("cat", "dog")[number % 3 == 0]] for number, label in enumerate(labels_of(40))]
"""Of three people, of whom two always agree."""
SOMETIMES_WRONG = ["dog" if number % 10 == 0 else label for number, label in enumerate(labels_of(40))]
NUMBERS = {"cat": 3, "dog": 7}
OF_MOST = "Its cells hold 120 answers of several people .*: the given label is the answer of most"


def labels(cells: Sequence[str], names: str = "label") -> Callable[[Path], Path]:
    """A table of texts with these labels."""
    rows = [[text, f'"{cell.replace(chr(34), 2 * chr(34))}"'] for text, cell in zip(SENTENCES, cells, strict=True)]
    return lambda root: text_table(root, rows, ["text", names])


def lists_in_parquet(root: Path) -> Path:
    pq.write_table(pa.table({"text": SENTENCES, "annotations": ANSWERS}), root / "t.parquet")
    return root / "t.parquet"


def records_in_json(root: Path) -> Path:
    rows = [
        {"text": text, "annotations": [{"annotator": f"p{who}", "label": label} for who, label in enumerate(answers)]}
        for text, answers in zip(SENTENCES, ANSWERS, strict=True)
    ]
    (root / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return root / "t.jsonl"


def words_and_tags(root: Path) -> Path:
    words = [text.split()[: 3 + row % 5] for row, text in enumerate(SENTENCES)]
    tags = [[row % 2] * len(one) for row, one in enumerate(words)]
    pq.write_table(pa.table({"tokens": words, "tags": tags}), root / "t.parquet")
    return root / "t.parquet"


def beside_features(**columns: list[str]) -> Callable[[Path], Path]:
    whole = {"weight": [f"{row * 7 % 40}.5" for row in range(40)], "label": labels_of(40)} | columns
    return lambda root: text_table(root, list(map(list, zip(*whole.values(), strict=True))), list(whole))


def in_columns(*columns: Sequence[str], names: str) -> Callable[[Path], Path]:
    """A table of texts with these columns beside them."""
    rows = list(map(list, zip(SENTENCES, *columns, strict=True)))
    return lambda root: text_table(root, rows, ["text", *names.split(",")])


def counted(*, more: bool = False) -> list[list[str]]:
    """How often each class was given; with `more` a fourth person answered every other example too."""
    return [
        [str(answers.count(name) + (more and row % 2 and answers[0] == name)) for row, answers in enumerate(ANSWERS)]
        for name in ("cat", "dog")
    ]


def sets_of(*names: str) -> list[str]:
    return labels_of(40, names)


FORMS = (
    Form(
        LABELS,
        "people's answers in a cell (`happy;sad;happy`)",
        labels([";".join(one) for one in ANSWERS]),
        MANY,
        OF_MOST,
    ),
    Form(LABELS, "with bars between them", labels(["|".join(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, "with commas and spaces", labels([", ".join(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, "with strokes", labels(["/".join(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, "with spaces", labels([" ".join(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(
        LABELS,
        "as numbers (`0;0;1`)",
        labels([";".join(str(NUMBERS[label]) for label in one) for one in ANSWERS]),
        {"3": 20, "7": 20},
        OF_MOST,
    ),
    Form(LABELS, 'as a list in JSON (`["a", "b", "a"]`)', labels([json.dumps(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, "as a list of Python", labels([str(one) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, "as a list of NumPy", labels([str(np.array(one)) for one in ANSWERS]), MANY, OF_MOST),
    Form(LABELS, 'counted (`{"a": 2, "b": 1}`)', labels([json.dumps(Counter(one)) for one in ANSWERS]), MANY, OF_MOST),
    Form(
        LABELS,
        "counted (`a:2;b:1`)",
        labels([";".join(f"{name}:{count}" for name, count in Counter(one).items()) for one in ANSWERS]),
        MANY,
        OF_MOST,
    ),
    Form(
        LABELS,
        'by person (`{"ann": "a", "ben": "b"}`)',
        labels([json.dumps(dict(zip("xyz", one, strict=True))) for one in ANSWERS]),
        MANY,
        OF_MOST,
    ),
    Form(LABELS, "answers in lists (Parquet)", lists_in_parquet, MANY, "The labels are in 'annotations'.* " + OF_MOST),
    Form(LABELS, "answers in lists of records (JSON lines)", records_in_json, MANY, OF_MOST),
    Form(
        LABELS,
        "answers in a column `votes` beside features",
        beside_features(votes=[";".join(one) for one in ANSWERS]),
        MANY,
        "'votes' hold people's answers, so they are no features",
    ),
    Form(
        LABELS,
        "answers in columns `annotator1`, `annotator2` beside features",
        beside_features(annotator1=labels_of(40), annotator2=[one[2] for one in ANSWERS]),
        MANY,
        "'annotator1', 'annotator2' hold people's answers",
    ),
    Form(
        LABELS,
        "answers in columns, and no label",
        lambda root: text_table(
            root, [[text, *one] for text, one in zip(SENTENCES, ANSWERS, strict=True)], ["text", "ann", "ben", "cem"]
        ),
        None,
        "If 'ann', 'ben', 'cem' hold several people's answers, --label-column ann,ben,cem takes the answer.*--votes",
    ),
    Form(
        LABELS,
        "the same, with `--label-column ann,ben,cem`",
        in_columns(*zip(*ANSWERS, strict=True), names="ann,ben,cem"),
        MANY,
        "'ann', 'ben', 'cem' are people, and their cells answers .120 for 40 examples.: the given label is the answer",
        options=ReadOptions(label_column="ann,ben,cem"),
    ),
    Form(
        LABELS,
        "answers in columns that are called as people are (`annotator1`)",
        in_columns(labels_of(40), labels_of(40), SOMETIMES_WRONG, names="annotator1,annotator2,annotator3"),
        MANY,
        "'annotator1', 'annotator2', 'annotator3' are people",
    ),
    Form(
        LABELS,
        "the same, some of them gaps and words for none",
        in_columns(
            ["", *labels_of(40)[1:]],
            ["skip", *labels_of(40)[1:]],
            ["n/a", *SOMETIMES_WRONG[1:]],
            names="rater_a,rater_b,rater_c",
        ),
        MANY | {"cat": 19},
        r"2 cells \('skip', 'n/a'\) are no answers",
    ),
    Form(
        LABELS,
        "several labels of an example in columns that are called alike",
        in_columns(labels_of(40), labels_of(40, ("dog", "cat")), names="coder1,coder2"),
        None,
        "If 'coder1', 'coder2' hold several people's answers, --label-column coder1,coder2",
    ),
    Form(
        LABELS,
        "people's answers in columns, and another that may be the label",
        in_columns(labels_of(40), labels_of(40), labels_of(40, ("big", "small")), names="rater1,rater2,size"),
        None,
        "Name it with --label-column .'rater1', 'rater2', 'size' could be",
    ),
    Form(
        LABELS,
        "columns that answer several questions, named as if they were people",
        in_columns(labels_of(40), labels_of(40, ("big", "small")), names="ann,ben"),
        None,
        "no cell of 'ann' is an answer in 'ben', so they are no people's answers to one question",
        options=ReadOptions(label_column="ann,ben"),
    ),
    Form(
        LABELS,
        "numbers of votes in columns, and no label",
        in_columns(*counted(), names="cat,dog"),
        MANY,
        "'cat', 'dog' count the votes for a class each .120 for 40 examples.: the given label is the answer of most",
    ),
    Form(
        LABELS,
        "the same, called `votes_cat`, beside a total",
        in_columns(*counted(), ["3"] * 40, names="votes_cat,votes_dog,total"),
        MANY,
        "'votes_cat', 'votes_dog' count the votes for a class each",
    ),
    Form(
        LABELS,
        "numbers of votes of more or fewer people, and no label",
        in_columns(*counted(more=True), names="cat,dog"),
        None,
        "If 'cat', 'dog' count votes, --label-column cat,dog --votes-form counts takes the answer of most.*--votes",
    ),
    Form(
        LABELS,
        "a column of 0 and 1 for each class, with `--label-column label_1,label_2`",
        in_columns(sets_of("1", "0"), sets_of("0", "1"), names="label_1,label_2"),
        {"label_1": 20, "label_2": 20},
        "The label is the column that holds the 1",
        options=ReadOptions(label_column="label_1,label_2"),
    ),
    Form(
        LABELS,
        "ranks in columns, which add up to the same as well",
        in_columns(*(sets_of(*ranks) for ranks in ("123", "312", "231")), names="cat,dog,owl"),
        None,
        "no column of labels; it has text, cat, dog, owl",
    ),
    Form(
        LABELS,
        "three of several labels in columns of 0 and 1",
        in_columns(*(sets_of(*places) for places in ("1110", "1101", "1011", "0111")), names="cat,dog,owl,pet"),
        None,
        "no column of labels; it has text, cat, dog, owl, pet",
    ),
    Form(
        LABELS,
        "the same, with `--label-column cat,dog --votes-form counts`",
        in_columns(*counted(more=True), names="cat,dog"),
        MANY,
        "'cat', 'dog' count the votes for a class each",
        options=ReadOptions(label_column="cat,dog", votes_form="counts"),
    ),
    Form(
        LABELS,
        "the same, with `--label-column cat,dog` alone",
        in_columns(*counted(more=True), names="cat,dog"),
        None,
        "Say which: --votes-form counts or --votes-form answers",
        options=ReadOptions(label_column="cat,dog"),
    ),
    Form(
        LABELS,
        "shares of the classes in columns, with `--label-column cat,dog --votes-form counts`",
        in_columns(["0.7", "0.2"] * 20, ["0.3", "0.8"] * 20, names="cat,dog"),
        None,
        "row 0: 0.7 in the column 'cat' is no number of votes. If they are shares",
        options=ReadOptions(label_column="cat,dog", votes_form="counts"),
    ),
    Form(
        LABELS,
        "sets of classes, not all of them alone (`a;b`, `a;b;c`, `b;c`)",
        labels(sets_of("a;b", "a;b;c", "b;c", "a")),
        None,
        "3 of its 4 classes are others joined",
    ),
    Form(
        LABELS,
        "classes of two words (`Tomato, healthy`)",
        labels(sets_of("Tomato, healthy", "Tomato, blight", "Potato, healthy", "Potato, blight")),
        dict.fromkeys(("Potato, blight", "Potato, healthy", "Tomato, blight", "Tomato, healthy"), 10),
    ),
    Form(
        LABELS,
        "a place for each class (`[0, 1, 0]`)",
        labels(sets_of("[1, 0, 0]", "[0, 0, 1]")),
        {"0": 20, "2": 20},
        "the class is the place of its 1, counted from 0",
    ),
    Form(
        LABELS,
        "the same, with `--class-names`",
        labels(sets_of("[1, 0, 0]", "[0, 0, 1]")),
        {"cat": 20, "dog": 0, "owl": 20},
        options=ReadOptions(class_names=("cat", "dog", "owl")),
    ),
    Form(
        LABELS,
        "several places in a list",
        labels(sets_of("[1, 1, 0]", "[0, 0, 1]")),
        None,
        "row 0 has 3 labels.*If they are several people's answers",
    ),
    Form(
        LABELS,
        "shares of the classes (`[0.7, 0.3]`)",
        labels(sets_of("[0.7, 0.3]", "[0.2, 0.8]")),
        None,
        "shares of several classes",
    ),
    Form(
        LABELS,
        'records (`{"label": "cat"}`)',
        labels(sets_of('{"label": "cat"}', '{"label": "dog"}')),
        None,
        "row 0 holds .*which is no class",
    ),
    Form(
        LABELS,
        "records among classes (Label Studio's CSV of several choices)",
        labels(sets_of('{"choices": ["cat", "dog"]}', "cat")),
        None,
        "stands among its classes, and is a list or a record",
    ),
    Form(
        LABELS,
        'classes within classes (`[["Animal", "Cat"]]`)',
        labels(sets_of('[["Animal", "Cat"]]', '[["Animal", "Dog"]]')),
        {"Animal/Cat": 20, "Animal/Dog": 20},
    ),
    Form(
        LABELS,
        "marks out of five (`5/5`)",
        labels(sets_of("5/5", "5/5", "4/5", "5/5")),
        {"4/5": 10, "5/5": 30},
    ),
    Form(
        LABELS,
        "pairs in one order, as of genes (`A/A`, `A/T`)",
        labels(sets_of("A/A", "A/T", "T/T", "A/A")),
        {"A/A": 20, "A/T": 10, "T/T": 10},
    ),
    Form(
        LABELS,
        "two people's answers, in both orders (`cat/dog`, `dog/cat`)",
        labels(sets_of("cat/cat", "dog/dog", "cat/dog", "dog/dog", "dog/cat")),
        {"cat": 16, "dog": 24},
        "Its cells hold 80 answers of several people",
    ),
    Form(
        LABELS,
        "dates in a column of any name",
        labels(sets_of("31.12.2020", "01.01.2021"), "klasse"),
        {
            "2020-12-31": 20,
            "2021-01-01": 20,
        },
    ),
    Form(LABELS, "decimal commas of one digit", labels(sets_of("1,1", "2,2")), {"1,1": 20, "2,2": 20}),
    Form(TEXTS, "a label for each word", words_and_tags, None, "holds list<.*>, which is no feature"),
)
