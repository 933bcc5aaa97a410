"""The log of decisions: what stands follows from the set of rows, and no row is lost or doubled."""

import io
import random
import resource
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from aleator.decisions import store as store_module
from aleator.decisions.decision import AMBIGUOUS, LABEL, UNDO, UNUSABLE, Decision, now_after
from aleator.decisions.log import DecisionLog
from aleator.decisions.read import read_decisions
from aleator.decisions.reviews import no_reviews, reviews_of_decisions
from aleator.decisions.settle import settle
from aleator.decisions.store import ConflictError, Store, UnavailableError, database_url, shown
from aleator.decisions.tables import write_table
from aleator.errors import AuditFolderError, DataError

EXAMPLES, REVIEWERS, CLASSES = ("one", "two", "three"), ("ann", "bob"), ("fear", "sad", "=2+3", 'a,b"c')


@st.composite
def logs(draw: st.DrawFn) -> list[Decision]:
    """Answers and undos (of anybody's answers, also of ones that never come) at times that may be equal."""
    rows: list[Decision] = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from((LABEL, LABEL, AMBIGUOUS, UNUSABLE, UNDO)))
        wanted = {LABEL: (1, 1), AMBIGUOUS: (2, 3)}.get(kind, (0, 0))
        labels = draw(st.lists(st.sampled_from(CLASSES), min_size=wanted[0], max_size=wanted[1], unique=True))
        rows.append(
            Decision(
                uuid=str(UUID(int=number + 1)),
                example=draw(st.sampled_from(EXAMPLES)),
                reviewer=draw(st.sampled_from(REVIEWERS)),
                kind=kind,
                labels=tuple(labels),
                time=f"2026-01-01T00:00:{draw(st.integers(0, 5)):02}.000000+00:00",
                seconds=draw(st.none() | st.floats(0, 100)),
                undoes=str(UUID(int=draw(st.integers(1, 13)))) if kind == UNDO else "",
                note="" if kind == UNDO else draw(st.sampled_from(("", "=half a face", 'two\nlines, "quoted"'))),
                tags=() if kind == UNDO else draw(st.sampled_from(((), ("hand",), ("a, b", "=c")))),
            )
        )
    return rows


def standing_of(rows: list[Decision]) -> dict[str, dict[str, Decision]]:
    return DecisionLog.of(rows).reviewers_of


@given(logs(), st.randoms(use_true_random=False))
def test_rows_in_any_order_and_twice_give_the_same_state(rows: list[Decision], shuffler: random.Random) -> None:
    again = rows + rows[: len(rows) // 2]
    shuffler.shuffle(again)
    assert standing_of(again) == standing_of(rows)


@given(logs())
def test_the_state_is_what_a_reader_of_the_log_would_say(rows: list[Decision]) -> None:
    expected: dict[str, dict[str, Decision]] = {}
    for row in sorted((row for row in rows if row.kind != UNDO), key=lambda row: (row.time, row.uuid)):
        taken_back = any(
            other.kind == UNDO
            and (other.undoes, other.example, other.reviewer) == (row.uuid, row.example, row.reviewer)
            for other in rows
        )
        if not taken_back:
            expected.setdefault(row.example, {})[row.reviewer] = row
    assert standing_of(rows) == expected


@settings(max_examples=25, deadline=None)
@given(rows=logs(), cuts=st.lists(st.integers(0, 12), max_size=3))
def test_what_is_stored_is_what_was_sent(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Decision], cuts: list[int]
) -> None:
    file = tmp_path_factory.mktemp("store") / "review.sqlite"
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(rows)], strict=True):
        with Store(file, "print") as store:
            store.append(rows[start:end])
            store.append(rows[: end // 2])  # sent again
    with Store(file, "print") as store:
        assert [row for _, row in store.after(0)] == rows


def as_said(row: Decision) -> Decision:
    """Without what a table does not keep as it was."""
    return replace(row, uuid=str(UUID(int=0)), seconds=None, origin="")


@given(logs())
def test_the_csv_of_decisions_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Decision]
) -> None:
    answers = [row for row in rows if row.kind != UNDO]
    text = io.StringIO()
    write_table(text, answers)
    assert not any(cell.startswith("=") for line in text.getvalue().splitlines() for cell in line.split(","))
    file = tmp_path_factory.mktemp("csv") / "decisions.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    if contradictory(answers):  # at one time: nothing says which of the two is the later
        with pytest.raises(DataError, match="differently than in row"):
            read_decisions(file, EXAMPLES, CLASSES)
        return
    read = read_decisions(file, EXAMPLES, CLASSES)
    assert [as_said(row) for row in read] == [as_said(row) for row in answers]
    assert [row.uuid for row in read_decisions(file, EXAMPLES, CLASSES)] == [row.uuid for row in read]


def contradictory(answers: list[Decision]) -> bool:
    said: dict[tuple[str, str, str], set[tuple[str, frozenset[str]]]] = {}
    for one in answers:
        said.setdefault((one.example, one.reviewer, one.time), set()).add((one.kind, frozenset(one.labels)))
    return any(len(different) > 1 for different in said.values())


def decision(number: int, **changes: object) -> Decision:
    base = Decision(str(UUID(int=number)), "one", "ann", LABEL, ("fear",), now_after(""), 1.5)
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return str(tmp_path / "review.sqlite")
    url = str(request.getfixturevalue("postgres_url"))
    engine = sa.create_engine(database_url(url))
    with engine.begin() as connection:
        store_module.TABLES.drop_all(connection)
    engine.dispose()
    return url


def test_a_decision_sent_again_is_stored_once_and_a_uuid_belongs_to_one(database: str) -> None:
    with Store(database, "print") as store:
        first = decision(1)
        assert store.append([first]) == [first]
        later = replace(first, time=now_after(first.time), seconds=9.0)
        assert store.append([later, decision(2)]) == [first, decision(2, time=store.find(str(UUID(int=2))).time)]  # type: ignore[union-attr]
        with pytest.raises(ConflictError, match="another decision"):
            store.append([decision(3), decision(1, labels=("sad",))])
        assert [row.uuid for _, row in store.after(0)] == [str(UUID(int=1)), str(UUID(int=2))]  # all or none
        assert [row.uuid for row in store.history("one")] == [str(UUID(int=1)), str(UUID(int=2))]


def test_many_threads_write_at_once_and_the_numbers_miss_none(database: str) -> None:
    with Store(database, "print") as store:
        seen: list[str] = []

        def write(start: int) -> None:
            for number in range(start, start + 20):
                store.append([decision(number, reviewer=f"r{start}")])

        threads = [threading.Thread(target=write, args=(1 + 100 * worker,)) for worker in range(5)]
        for thread in threads:
            thread.start()
        last = 0
        while any(thread.is_alive() for thread in threads) or len(seen) < 100:
            for number, row in store.after(last):
                last = number
                seen.append(row.uuid)
        assert len(seen) == len(set(seen)) == 100


def test_settings_and_the_secret_last(database: str) -> None:
    with Store(database, "print") as store:
        secret = store.secret()
        store.set_setting("target", "0.02")
    with Store(database, "print") as store:
        assert store.secret() == secret
        assert store.setting("target", "0.01") == "0.02"


def test_decisions_on_other_data_and_newer_tables_are_refused(database: str) -> None:
    Store(database, "print").close()
    with pytest.raises(AuditFolderError, match="other data"):
        Store(database, "other print")
    with Store(database, "print") as store:
        store.set_setting("schema_version", "99")
    with pytest.raises(AuditFolderError, match="newer Aleator"):
        Store(database, "print")


def test_an_older_database_is_brought_up_to_date(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(database, "print") as store:
        store.append([decision(1)])

    def add_index(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE INDEX by_reviewer ON aleator_decisions (reviewer)"))

    monkeypatch.setattr(store_module, "MIGRATIONS", (*store_module.MIGRATIONS, add_index))
    for _ in range(2):
        with Store(database, "print") as store:
            assert len(list(store.after(0))) == 1
            assert [index["name"] for index in sa.inspect(store.engine).get_indexes("aleator_decisions")].count(
                "by_reviewer"
            ) == 1
    monkeypatch.undo()
    with pytest.raises(AuditFolderError, match="version 3"):
        Store(database, "print")


def test_a_database_from_before_notes_and_tags_gets_their_columns(database: str) -> None:
    with Store(database, "print") as store:
        store.append([decision(1)])
        with store.engine.begin() as connection:
            for column in ("note", "tags"):
                connection.exec_driver_sql(f"ALTER TABLE aleator_decisions DROP COLUMN {column}")
        store.set_setting("schema_version", "1")
    with Store(database, "print") as store:
        store.append([decision(2, note="half a face", tags=("hand", "crop"))])
        assert [(one.note, one.tags) for _, one in store.after(0)] == [("", ()), ("half a face", ("hand", "crop"))]


def test_a_table_that_came_later_is_made_in_an_older_database(database: str) -> None:
    with Store(database, "print") as store:
        store.append([decision(1)])
        with store.engine.begin() as connection:
            store_module.SKIPS.drop(connection)
    with Store(database, "print") as store:
        store.put_off("ann", "x")
        assert store.skips() == [("ann", "x")]
        assert len(list(store.after(0))) == 1


def test_a_second_server_on_one_file_stops_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    code = (
        "import sys; from aleator.decisions.store import Store\n"
        f"store = Store({str(file)!r}, 'print', exclusive=True); print('open', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "open\n"
    with pytest.raises(AuditFolderError, match="Another review server"):
        Store(file, "print", exclusive=True)
    Store(file, "print").close()  # an export may read beside the server
    first.kill()
    first.communicate()
    Store(file, "print", exclusive=True).close()


def test_commits_are_on_disk_before_they_are_acknowledged(tmp_path: Path) -> None:
    with Store(tmp_path / "review.sqlite", "print") as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "nonsense://", "post gres://x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(DataError):
        database_url(url)


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in shown(database_url("postgresql://me:hunter2@host/db"))


def test_a_disk_that_is_full_is_told_in_words_and_with_room_it_goes_on(tmp_path: Path) -> None:
    with Store(tmp_path / "d.sqlite", "print") as store:
        store.append([decision(1)])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))  # no file may grow beyond it
        try:
            with pytest.raises(UnavailableError, match=r"cannot be used just now .* can be sent again"):
                store.append([replace(decision(2), note="x" * 4000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        store.append([decision(3)])
        assert [row.uuid for _, row in store.after(0)] == [str(UUID(int=number)) for number in (1, 3)]


def test_a_database_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(AuditFolderError, match="cannot be used"):
        Store("postgresql://nobody@/none?host=/nowhere&connect_timeout=2", "print")
    (tmp_path / "text.sqlite").write_text("this is no database, but long enough to look at: " * 20)
    with pytest.raises(AuditFolderError, match="is damaged"):
        Store(tmp_path / "text.sqlite", "print")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "label", "labels": ()},
        {"kind": "ambiguous", "labels": ("fear",)},
        {"kind": "ambiguous", "labels": ("fear", "fear")},
        {"kind": "unusable"},
        {"kind": "nonsense"},
        {"kind": "undo", "labels": ()},
        {"uuid": "no uuid"},
        {"reviewer": ""},
        {"reviewer": " ann"},
        {"reviewer": "a\nb"},
        {"reviewer": "x" * 81},
        {"seconds": -1.0},
        {"example": "nul\0"},
        {"note": "x" * 5000},
        {"tags": ("a|b",)},
        {"tags": ("a", "a")},
        {"tags": ("",)},
    ],
)
def test_what_is_no_decision_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(DataError):
        decision(1, **changes)


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        ([(LABEL, "a")], (LABEL, ("a",))),
        ([(AMBIGUOUS, "a", "b")], (AMBIGUOUS, ("a", "b"))),
        ([(UNUSABLE,)], (UNUSABLE, ())),
        ([(LABEL, "a"), (LABEL, "b")], (AMBIGUOUS, ("a", "b"))),
        ([(LABEL, "a"), (LABEL, "b"), (LABEL, "b")], (LABEL, ("b",))),
        ([(LABEL, "a"), (AMBIGUOUS, "a", "b")], (LABEL, ("a",))),
        ([(LABEL, "a"), (UNUSABLE,)], (LABEL, ("a",))),
        ([(LABEL, "a"), (UNUSABLE,), (UNUSABLE,)], (UNUSABLE, ())),
        ([(LABEL, "a"), (LABEL, "a"), (LABEL, "b"), (UNUSABLE,), (UNUSABLE,)], (LABEL, ("a",))),
        ([(AMBIGUOUS, "a", "b", "c")] * 3 + [(LABEL, "c")], (AMBIGUOUS, ("c", "a", "b"))),
        ([(AMBIGUOUS, "a", "b", "c"), (AMBIGUOUS, "b", "c"), (AMBIGUOUS, "b", "c")], (AMBIGUOUS, ("b", "c", "a"))),
        ([(AMBIGUOUS, "a", "b"), (AMBIGUOUS, "a", "c")], (AMBIGUOUS, ("a", "b", "c"))),
    ],
)
def test_what_several_answers_come_to(
    answers: list[tuple[str, ...]], settled: tuple[str, tuple[str, ...]], shuffled: random.Random
) -> None:
    rows = [
        decision(number, reviewer=f"r{number}", kind=kind, labels=tuple(labels))
        for number, (kind, *labels) in enumerate(answers)
    ]
    shuffled.shuffle(rows)
    reviews = reviews_of_decisions([(5, {one.reviewer: one for one in rows})], ("a", "b", "c"))
    found = settle(reviews)
    kind, labels = settled
    assert (found.row.tolist(), found.kind.tolist()) == ([5], [kind])
    assert found.label.tolist() == ["abc".index(labels[0]) if kind == LABEL else -1]
    if kind != LABEL:
        assert tuple("abc"[one] for one in found.choices(0)) == labels


@pytest.fixture
def shuffled() -> random.Random:
    return random.Random(0)


def test_nobody_answered_is_nothing_settled() -> None:
    assert len(settle(no_reviews(3))) == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,label\nx,fear\n", "columns id and label"),
        ("id,label\nnobody,fear\n", "row 0: 'nobody' is no id"),
        ("id,label\none,fear\none,joy\n", "row 1: 'joy' is none of the classes"),
        ("id,label,time\none,fear,yesterday\n", "row 0.*is no time"),
        ("id,label,decision\none,,label\n", "row 0"),
        ("id,label,seconds\none,fear,soon\n", "row 0"),
    ],
)
def test_a_bad_decisions_file_names_its_row(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=complaint):
        read_decisions(tmp_path / "d.csv", EXAMPLES, CLASSES)
