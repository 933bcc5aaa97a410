"""Votes line up with the examples, and the majority follows FER+'s rule."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from aleator.data import Votes, read_dataset
from aleator.data.options import ReadOptions
from aleator.data.readers.votes import read_votes
from aleator.errors import DataError
from tests.conftest import tiny_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    np.savez(tmp_path / "d.npz", X=np.random.default_rng(0).normal(size=(12, 3)), emotion=np.arange(12) % 2)
    return tmp_path / "d.npz"


def test_wide_votes_line_up_by_row_and_by_synonym(data: Path, tmp_path: Path) -> None:
    votes = tmp_path / "v.csv"
    votes.write_text(
        "Usage,name,anger,disgust,NF\n" + "\n".join(f"Training,x,{2 * (row % 2 == 0)},1,{row}" for row in range(12))
    )
    result = read_dataset(data, ReadOptions(votes=votes)).votes
    assert result is not None
    assert result.names == ("anger", "disgust", "NF")
    assert result.class_index.tolist() == [0, 1, -1]
    assert result.unusable.tolist() == [False, False, True]
    assert result.counts[:, 2].tolist() == list(range(12))


def test_votes_that_do_not_line_up_are_refused(data: Path, tmp_path: Path) -> None:
    votes = tmp_path / "v.csv"
    votes.write_text("anger,disgust\n" + "1,0\n" * 11)
    with pytest.raises(DataError, match=r"11 rows of votes but .* has 12 examples"):
        read_dataset(data, ReadOptions(votes=votes))
    votes.write_text("joy,calm\n" + "1,0\n" * 12)
    with pytest.raises(DataError, match=r"none of its answers \(joy, calm\)"):
        read_dataset(data, ReadOptions(votes=votes))
    votes.write_text("id,anger\n0,1\n77,1\n")
    with pytest.raises(DataError, match="row 1: '77' is no id"):
        read_dataset(data, ReadOptions(votes=votes))


def test_long_votes_are_counted(data: Path, tmp_path: Path) -> None:
    votes = tmp_path / "v.csv"
    votes.write_text("task,annotator,label\n0,ann,angry\n0,bob,angry\n0,cem,disgust\n3,ann,disgust\n")
    result = read_dataset(data, ReadOptions(votes=votes)).votes
    assert result is not None
    counts = result.class_counts(7)
    assert counts[0, :2].tolist() == [2, 1]
    assert counts[3, :2].tolist() == [0, 1]
    assert counts.sum() == 4


@pytest.mark.parametrize(
    ("counts", "majority"),
    [
        ([6, 4, 0, 0], 0),
        ([5, 5, 0, 0], -1),
        ([5, 1, 4, 0], 0),  # the single vote is dropped: five of nine
        ([4, 3, 3, 0], -1),
        ([0, 0, 8, 2], -2),  # a class that the data set does not have
        ([0, 2, 0, 8], -1),  # unusable
        ([0, 0, 0, 0], -1),
        ([1, 0, 0, 0], 0),  # few voters: the single vote counts
    ],
)
def test_majority_by_hand(counts: list[int], majority: int) -> None:
    votes = Votes(
        np.array([counts], dtype=np.float32),
        ("a", "b", "contempt", "unknown"),
        np.array([0, 1, -1, -1]),
        np.array([False, False, False, True]),
    )
    assert votes.majority().tolist() == [majority]


def test_ferplus_gives_the_known_referee(fer2013: Path) -> None:
    dataset = read_dataset(fer2013, ReadOptions(split="Training", votes=fer2013 / "fer2013new.csv"))
    assert dataset.votes is not None
    referee = dataset.votes.majority()
    assert (referee != -1).sum() == 25_060
    assert (referee == -2).sum() == 119  # contempt
    assert (referee != dataset.given_labels)[referee != -1].mean() == pytest.approx(0.323, abs=5e-4)


def test_long_votes_remember_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("task,annotator,label\nexample 1,ann,class 0\nexample 0,ben,class 2\n")
    data = tiny_dataset(count=6)
    votes = read_votes(tmp_path / "votes.csv", data)
    assert votes.annotators is not None
    assert votes.annotators.names == ("ann", "ben")
    assert votes.annotators.row.tolist() == [1, 0]
    assert [votes.names[answer] for answer in votes.annotators.answer] == ["class 0", "class 2"]
    taken = votes.take(np.array([1, 3]))
    assert taken.annotators is not None
    assert taken.annotators.row.tolist() == [0]
    assert taken.annotators.annotator.tolist() == [0]


def faces(root: Path, count: int = 120, *, sort: bool = False) -> tuple[Path, np.ndarray]:
    """Vectors with labels of three classes, and the labels."""
    labels = np.random.default_rng(1).integers(0, 3, count)
    labels = np.sort(labels) if sort else labels
    np.savez(root / "d.npz", X=np.random.default_rng(0).normal(size=(count, 3)), y=labels)
    return root / "d.npz", labels


def answers_of_ten(labels: np.ndarray) -> np.ndarray:
    """Ten people, a tenth of whose answers is wrong, a third of them missing (-1)."""
    random = np.random.default_rng(2)
    answers = np.where(random.random((len(labels), 10)) < 0.1, (labels[:, None] + 1) % 3, labels[:, None])
    return np.where(random.random(answers.shape) < 1 / 3, -1, answers)


def write_matrix(path: Path, answers: np.ndarray, header: list[str], ids: bool = True) -> Path:
    rows = [
        ",".join([*([str(row)] if ids else []), *("" if cell < 0 else str(cell) for cell in line)])
        for row, line in enumerate(answers.tolist())
    ]
    path.write_text("\n".join([",".join([*(["id"] if ids else []), *header]), *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    "header", [[str(number) for number in range(10)], [f"person {number}" for number in range(10)]]
)
def test_a_column_for_each_person_is_told_from_counts(tmp_path: Path, header: list[str]) -> None:
    data, labels = faces(tmp_path)
    answers = answers_of_ten(labels)
    dataset = read_dataset(data, ReadOptions(votes=write_matrix(tmp_path / "v.csv", answers, header)))
    assert dataset.votes is not None
    assert dataset.votes.names == ("0", "1", "2")
    expected = np.stack([(answers == label).sum(axis=1) for label in range(3)], axis=1)
    assert np.array_equal(dataset.votes.counts, expected)
    assert dataset.votes.annotators is not None
    assert dataset.votes.annotators.names == tuple(header)
    assert (dataset.votes.majority() == labels).mean() > 0.9
    assert any("people's answers" in line for line in dataset.how_read.said)


def test_counts_by_number_stay_counts(tmp_path: Path) -> None:
    data, labels = faces(tmp_path)
    counts = np.random.default_rng(3).multinomial(10, np.eye(3)[labels] * 0.7 + 0.1)
    votes = write_matrix(tmp_path / "v.csv", counts, ["0", "1", "2"])
    dataset = read_dataset(data, ReadOptions(votes=votes))
    assert dataset.votes is not None
    assert np.array_equal(dataset.votes.counts, counts)
    assert dataset.votes.annotators is None


def test_votes_of_other_data_are_refused_even_by_id(tmp_path: Path) -> None:
    data, labels = faces(tmp_path)
    counts = np.random.default_rng(3).multinomial(10, np.eye(3)[np.random.default_rng(9).permutation(labels)])
    with pytest.raises(DataError, match="no more than by chance"):
        read_dataset(data, ReadOptions(votes=write_matrix(tmp_path / "v.csv", counts, ["0", "1", "2"])))


def test_rows_join_only_where_their_order_is_proved(tmp_path: Path) -> None:
    data, labels = faces(tmp_path)
    counts = np.random.default_rng(3).multinomial(10, np.eye(3)[labels] * 0.7 + 0.1)
    header = ["0", "1", "2"]
    right = write_matrix(tmp_path / "v.csv", counts, header, ids=False)
    told = read_dataset(data, ReadOptions(votes=right)).how_read.said
    assert any("row by row, since they agree with the labels" in line for line in told)
    other_order = write_matrix(tmp_path / "w.csv", np.random.default_rng(5).permutation(counts), header, ids=False)
    with pytest.raises(DataError, match=r"nothing says that its rows are in the order of.*by chance.*column 'id'"):
        read_dataset(data, ReadOptions(votes=other_order))
    data, labels = faces(tmp_path, sort=True)  # sorted by label, agreement says nothing of the order
    counts = np.random.default_rng(3).multinomial(10, np.eye(3)[labels] * 0.7 + 0.1)
    with pytest.raises(DataError, match="sorted by label"):
        read_dataset(data, ReadOptions(votes=write_matrix(tmp_path / "v.csv", counts, header, ids=False)))


def noisy_answers() -> tuple[np.ndarray, np.ndarray]:
    """The labels of 200 examples of 4 classes, and five people's answers with gaps, `(example, person)`."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 200)
    answers = np.where(random.random((200, 5)) < 0.2, random.integers(0, 4, (200, 5)), labels[:, None]).astype(float)
    answers[random.random((200, 5)) < 0.3] = np.nan
    return labels, answers


@pytest.mark.parametrize(
    "header",
    [
        "task,worker,label",
        "item,rater,rating",
        "HITId,WorkerId,Answer",
        "_unit_id,_worker_id,category",
        "what,who,said",
        "",
    ],
)
def test_long_votes_are_known_by_what_they_hold(tmp_path: Path, header: str) -> None:
    labels, answers = noisy_answers()
    names, ids = np.array(["bird", "cat", "dog", "owl"]), [f"x{row:03}" for row in range(200)]
    np.savez(tmp_path / "d.npz", X=np.eye(200), y=names[labels], ids=np.array(ids))
    rows = [
        f"{ids[row]},w{person},{names[int(answers[row, person])]}" for row, person in np.argwhere(~np.isnan(answers))
    ]
    np.random.default_rng(1).shuffle(rows)
    (tmp_path / "v.csv").write_text("\n".join([header, *rows] if header else rows))
    votes = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv")).votes
    assert votes is not None
    assert np.array_equal(votes.class_counts(4), np.stack([(answers == one).sum(axis=1) for one in range(4)], axis=1))
    assert votes.annotators is not None
    assert len(votes.annotators.names) == 5


@pytest.mark.parametrize("form", ["answers.npy", "counts.npy", "answers.csv", "indexed.csv"])
def test_matrices_of_votes(tmp_path: Path, form: str) -> None:
    labels, answers = noisy_answers()
    np.savez(tmp_path / "d.npz", X=np.eye(200), y=np.array(["bird", "cat", "dog", "owl"])[labels])
    counts = np.stack([(answers == one).sum(axis=1) for one in range(4)], axis=1)
    counts[0] *= 3
    file = tmp_path / form
    if form.endswith(".npy"):
        np.save(file, counts if form == "counts.npy" else answers)
    else:
        rows = [",".join("" if np.isnan(one) else f"{one:.1f}" for one in row) for row in answers]
        rows = [f"{number},{row}" for number, row in enumerate(rows)] if form == "indexed.csv" else rows
        file.write_text("\n".join([",0,1,2,3,4" if form == "indexed.csv" else "0,1,2,3,4", *rows]))
    votes = read_dataset(tmp_path / "d.npz", ReadOptions(votes=file)).votes
    assert votes is not None
    wanted = counts if form == "counts.npy" else np.stack([(answers == one).sum(axis=1) for one in range(4)], axis=1)
    assert np.array_equal(votes.class_counts(4), wanted)


def test_people_in_another_order_are_refused_in_words(tmp_path: Path) -> None:
    labels, answers = noisy_answers()
    np.savez(tmp_path / "d.npz", X=np.eye(200), y=np.array(["bird", "cat", "dog", "owl"])[labels])
    np.save(tmp_path / "v.npy", answers[::-1])
    with pytest.raises(DataError, match="nothing says that its rows are in the order of"):
        read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.npy"))


def cats_and_dogs(path: Path) -> list[str]:
    """Writes twelve examples, x0 to x11, and returns their labels."""
    labels = ["cat", "dog"] * 6
    np.savez(path, X=np.eye(12), y=np.array(labels), ids=np.array([f"x{row}" for row in range(12)]))
    return labels


def test_who_could_not_answer_is_still_one_of_the_people(tmp_path: Path) -> None:
    labels = cats_and_dogs(tmp_path / "d.npz")
    rows = [f"x{row},{label},{label},{'skip' if row % 3 else label}" for row, label in enumerate(labels)]
    (tmp_path / "v.csv").write_text("id,ann,bob,cem\n" + "\n".join(rows))
    votes = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv")).votes
    assert votes is not None
    assert votes.annotators is not None
    assert votes.annotators.names == ("ann", "bob", "cem")
    assert votes.counts.sum(axis=1).tolist() == [3, 2, 2] * 4


def test_an_answer_that_is_no_class_is_named(tmp_path: Path) -> None:
    labels = cats_and_dogs(tmp_path / "d.npz")
    rows = [f"x{row},{label},{label},{'dgo' if row == 7 else label}" for row, label in enumerate(labels)]
    (tmp_path / "v.csv").write_text("id,ann,bob,cem\n" + "\n".join(rows))
    with pytest.raises(DataError, match=r"row 7: 'dgo' in the column 'cem' is none of the classes"):
        read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv"))


@pytest.mark.parametrize("with_ids", [True, False])
def test_rows_of_several_people_are_one_example(tmp_path: Path, with_ids: bool) -> None:
    lines = []
    for row in range(12):
        for person, label in (
            ("ann", "cat"),
            ("bob", "cat" if row % 2 else "dog"),
            ("cem", "cat" if row % 2 else "dog"),
        ):
            lines.append(f"{f'x{row},' if with_ids else ''}a longer text of number {row},{person},{label}")
    (tmp_path / "t.csv").write_text(f"{'id,' if with_ids else ''}text,annotator,label\n" + "\n".join(lines))
    dataset = read_dataset(tmp_path / "t.csv", ReadOptions(votes=tmp_path / "t.csv" if with_ids else None))
    assert dataset.source.kind == "texts"
    assert [dataset.class_names[label] for label in dataset.given_labels] == ["dog", "cat"] * 6
    assert len(dataset.skipped) == 24
    assert any("36 rows are answers of several people" in one for one in dataset.how_read.said)
    if with_ids:
        assert dataset.votes is not None
        assert dataset.votes.class_counts(2).tolist() == [[1, 2], [3, 0]] * 6


def test_who_sends_the_same_answer_twice_has_one_vote(tmp_path: Path) -> None:
    cats_and_dogs(tmp_path / "d.npz")
    rows = ["x0,ann,cat", "x0,ann,cat", "x0,bob,dog", "x1,ann,dog", "x1,ann,cat", "x2,,cat", "x2,,cat", "x3,bob,dog"]
    (tmp_path / "v.csv").write_text("task,annotator,label\n" + "\n".join(rows))
    votes = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv")).votes
    assert votes is not None
    assert votes.class_counts(2).tolist() == [[1, 1], [1, 1], [2, 0], [0, 1]] + 8 * [[0, 0]]
    assert votes.annotators is not None
    assert len(votes.annotators.answer) == 7


def counted(tmp_path: Path, header: str, row: str, count: int = 12) -> Path:
    """Twelve examples, and votes for them: one row for each cat, and for each dog that with two cells exchanged."""
    labels = cats_and_dogs(tmp_path / "d.npz")
    cells = row.split(",")
    rows = [[*cells] if label == "cat" else [cells[1], cells[0], *cells[2:]] for label in labels]
    lines = [f"x{number},{','.join(cells)}" for number, cells in enumerate(rows[:count])]
    (tmp_path / "v.csv").write_text(f"id,{header}\n" + "\n".join(lines))
    return tmp_path / "v.csv"


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        ("cat,dog", "0.75,0.25", "holds shares of the answers"),
        ("cat,dog", "75%,25%", "holds per cent of the answers"),
        ("cat,dog", "66.7,33.3", "holds per cent of the answers"),
        ("cat,dog,total", "0.75,0.25,4", r"how many people answered \('total' may say it\)"),
    ],
)
def test_shares_are_no_counts_of_votes(tmp_path: Path, header: str, row: str, says: str) -> None:
    votes = counted(tmp_path, header, row)
    with pytest.raises(DataError, match=says):
        read_dataset(tmp_path / "d.npz", ReadOptions(votes=votes))


def test_what_may_be_per_cent_is_said(tmp_path: Path) -> None:
    data = read_dataset(tmp_path / "d.npz", ReadOptions(votes=counted(tmp_path, "cat,dog,seconds", "75,25,120")))
    said = " ".join(data.how_read.said)
    assert "are taken as those of 100 people. If they are per cent" in said
    assert "count no answer are not used: 'seconds'" in said


def test_answers_of_people_that_no_column_names(tmp_path: Path) -> None:
    labels = cats_and_dogs(tmp_path / "d.npz")
    rows = [f"x{row},{answer}" for row, label in enumerate(labels) for answer in (label, label, "cat")]
    (tmp_path / "v.csv").write_text("\n".join(["id,label", *rows]))
    votes = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv")).votes
    assert votes is not None
    assert votes.class_counts(2).tolist() == [[3, 0], [1, 2]] * 6
    assert votes.annotators is None


def test_columns_that_count_no_answer_are_left_out_and_what_is_no_class_is_said(tmp_path: Path) -> None:
    votes = counted(tmp_path, "votes_cat,votes_dog,agreement,sure,all_of_them", "3,1,1,0.75,4")
    data = read_dataset(tmp_path / "d.npz", ReadOptions(votes=votes))
    assert data.votes is not None
    assert data.votes.names == ("cat", "dog")
    said = " ".join(data.how_read.said)
    assert "that count no answer are not used: 'agreement', 'sure', 'all_of_them'" in said
    assert "votes_cat, votes_dog of v.csv are taken as cat, dog" in said
    data = read_dataset(tmp_path / "d.npz", ReadOptions(votes=counted(tmp_path, "cat,dog,fox", "3,1,1")))
    assert "counted as answers beside them: 'fox' (12 votes)" in " ".join(data.how_read.said)
    assert data.votes is not None
    assert data.votes.majority().tolist() == [0, 1] * 6


@pytest.mark.parametrize(
    "header",
    [
        "Input.id,WorkerId,Answer.animal.label,AssignmentStatus",
        "INPUT:id,ASSIGNMENT:worker_id,OUTPUT:result,ASSIGNMENT:status",
    ],
)
def test_what_platforms_call_tasks_people_and_answers(tmp_path: Path, header: str) -> None:
    labels = cats_and_dogs(tmp_path / "d.npz")
    rows = [f"x{row},{who},{label},APPROVED" for row, label in enumerate(labels) for who in ("007", "008")]
    (tmp_path / "v.csv").write_text("\n".join([header, *rows, "x0,9,dog,Rejected"]))
    data = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv"))
    assert data.votes is not None
    assert data.votes.class_counts(2).tolist() == [[2, 0], [0, 2]] * 6
    assert data.votes.annotators is not None
    assert data.votes.annotators.names == ("007", "008")
    assert "1 answers whose" in " ".join(data.how_read.said)


@pytest.mark.parametrize("long", [True, False])
def test_answers_counted_from_1(tmp_path: Path, long: bool) -> None:
    labels = cats_and_dogs(tmp_path / "d.npz")
    number = {"cat": 1, "dog": 2}
    if long:
        rows = [f"x{row},{who},{number[label]}" for row, label in enumerate(labels) for who in ("ann", "bob")]
    else:
        rows = [f"x{row},{number[label]},{number[label]}" for row, label in enumerate(labels)]
    (tmp_path / "v.csv").write_text("\n".join(["task,annotator,label" if long else "id,ann,bob", *rows]))
    data = read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "v.csv"))
    assert data.votes is not None
    assert data.votes.class_counts(2).tolist() == [[2, 0], [0, 2]] * 6
    assert "they are counted from 1" in " ".join(data.how_read.said)


def test_the_label_of_several_people_is_that_of_their_votes_and_a_tie_is_said(tmp_path: Path) -> None:
    lines = ["id,text,annotator,label"]
    for row in range(40):
        text = f"x{row},a longer text of number {row}"
        lines += [f"{text},ann,cat", f"{text},ann,cat", f"{text},bob,dog"]  # ann says it twice: a tie all the same
        lines += [f"{text},,dog"] if row >= 20 else []
    (tmp_path / "t.csv").write_text("\n".join(lines))
    data = read_dataset(tmp_path / "t.csv", ReadOptions(votes=tmp_path / "t.csv"))
    assert data.votes is not None
    assert data.votes.class_counts(2).tolist() == [[1, 1]] * 20 + [[1, 2]] * 20
    assert data.votes.annotators is not None
    assert data.votes.annotators.names == ("(no name)", "ann", "bob")
    assert data.given_labels[20:].tolist() == [1] * 20
    assert set(data.given_labels[:20].tolist()) == {0, 1}, "not all ties are the first class"
    said = " ".join(data.how_read.said)
    assert "40 answers repeat one of the same person" in said
    assert "20 examples have no answer of most" in said
    assert "20 answers name nobody" in said
    backwards = tmp_path / "u.csv"
    backwards.write_text("\n".join([lines[0], *lines[:0:-1]]))
    again = read_dataset(backwards)
    label = dict(zip(again.ids.tolist(), again.given_labels.tolist(), strict=True))
    assert [label[one] for one in data.ids.tolist()] == data.given_labels.tolist()


@pytest.mark.parametrize("suffix", [".csv", ".npy"])
def test_the_form_of_votes_is_as_it_is_said_where_nothing_tells(tmp_path: Path, suffix: str) -> None:
    """Three people of three classes: each cell may be a class, or a number of votes."""
    data, labels = faces(tmp_path)
    cells = np.tile([[0, 1, 2]], (len(labels), 1))
    if suffix == ".npy":
        np.save(votes := tmp_path / "v.npy", cells)
    else:
        votes = write_matrix(tmp_path / "v.csv", cells, ["0", "1", "2"])
    with pytest.raises(DataError, match="--votes-form answers or --votes-form counts"):
        read_dataset(data, ReadOptions(votes=votes))


@pytest.mark.parametrize("form", ["counts", "answers"])
@pytest.mark.parametrize("suffix", [".csv", ".npy"])
def test_votes_are_read_in_the_form_that_is_asked_for(
    tmp_path: Path, suffix: str, form: Literal["counts", "answers"]
) -> None:
    data, labels = faces(tmp_path)
    people = np.stack([labels, labels, (labels + np.arange(len(labels)) % 2) % 3], axis=1)
    counts = np.stack([(people == label).sum(axis=1) for label in range(3)], axis=1)
    cells = people if form == "answers" else counts
    if suffix == ".npy":
        np.save(votes := tmp_path / "v.npy", cells)
    else:
        votes = write_matrix(tmp_path / "v.csv", cells, ["0", "1", "2"])
    dataset = read_dataset(data, ReadOptions(votes=votes, votes_form=form))
    assert dataset.votes is not None
    assert np.array_equal(dataset.votes.counts, counts)
    assert (dataset.votes.annotators is not None) == (form == "answers")
    other = "counts" if form == "answers" else "answers"
    with pytest.raises(DataError):
        read_dataset(data, ReadOptions(votes=votes, votes_form=other))  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["1;1;2", "class 1|class 1|class 2", '["class 1", "class 1", "class 2"]'])
def test_votes_in_cells_are_joined_with_the_labels_that_were_made_of_them(tmp_path: Path, written: str) -> None:
    numbers = np.arange(60) % 3
    others = np.where(np.arange(60) % 4 == 0, numbers, (numbers + 1) % 3)
    pairs = zip(numbers.tolist(), others.tolist(), strict=True)
    cells = [written.translate({ord("1"): str(number), ord("2"): str(other)}) for number, other in pairs]
    quoted = [f"this is text {row} of all" + ',"' + cell.replace('"', '""') + '"' for row, cell in enumerate(cells)]
    data = tmp_path / "t.csv"
    data.write_text("text,label\n" + "\n".join(quoted) + "\n")
    dataset = read_dataset(data, ReadOptions(votes=data))
    assert dataset.votes is not None
    assert dataset.given_labels.tolist() == numbers.tolist()
    assert dataset.votes.counts.sum() == 180
    assert dataset.votes.counts[np.arange(60), numbers].tolist() == [3, 2, 2, 2] * 15
    assert "joined from the cells of 'label' row by row" in " ".join(dataset.how_read.said)


@pytest.mark.parametrize("rows", ["people", "classes"])
def test_votes_with_a_column_for_each_example_are_read_the_other_way_round(tmp_path: Path, rows: str) -> None:
    numbers = np.arange(30) % 3
    data, votes = tmp_path / "t.csv", tmp_path / "v.csv"
    lines = [f"x{row},this is text {row} of all,class {number}" for row, number in enumerate(numbers)]
    data.write_text("\n".join(["id,text,label", *lines]) + "\n")
    people = np.stack([numbers, numbers, (numbers + 1) % 3])
    if rows == "people":
        table = [["annotator", *(f"x{row}" for row in range(30))]]
        table += [[f"person {who}", *(f"class {one}" for one in answers)] for who, answers in enumerate(people)]
    else:
        table = [["", *(f"x{row}" for row in range(30))]]
        table += [[f"class {one}", *map(str, (people == one).sum(axis=0))] for one in range(3)]
    votes.write_text("\n".join(map(",".join, table)) + "\n")
    dataset = read_dataset(data, ReadOptions(votes=votes))
    assert dataset.votes is not None
    assert np.array_equal(dataset.votes.counts, np.stack([(people == one).sum(axis=0) for one in range(3)], axis=1))
    assert (dataset.votes.annotators is not None) == (rows == "people")
    assert "it is read the other way round" in " ".join(dataset.how_read.said)


def test_votes_with_a_column_for_each_example_but_no_ids_are_told_so(tmp_path: Path) -> None:
    data, labels = faces(tmp_path)
    np.save(tmp_path / "v.npy", np.stack([labels, labels, labels]))
    with pytest.raises(DataError, match=r"a column for each example: turn it round \(table.T with pandas\)"):
        read_dataset(data, ReadOptions(votes=tmp_path / "v.npy"))


def test_examples_without_any_vote_keep_their_rows(tmp_path: Path) -> None:
    data, labels = faces(tmp_path)
    counts = np.random.default_rng(3).multinomial(10, np.eye(3)[labels] * 0.7 + 0.1)
    lines = [",".join("" if row % 10 == 0 else str(one) for one in cells) for row, cells in enumerate(counts)]
    (tmp_path / "v.csv").write_text("\n".join(["0,1,2", *lines]) + "\n")
    dataset = read_dataset(data, ReadOptions(votes=tmp_path / "v.csv"))
    assert dataset.votes is not None
    counts[::10] = 0
    assert np.array_equal(dataset.votes.counts, counts)
