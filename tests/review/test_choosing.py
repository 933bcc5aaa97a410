"""Order, reasons, batches, notes and what can be taken back, in a real browser; and the order's rules without one."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import entr

from aleator.data import LabelledDataset, TableRows, TextArray
from aleator.errors import DataError
from aleator.report.reasons import Findings, reasons
from aleator.review.examples import alike, of_dataset
from aleator.review.people import changed_per_minute
from aleator.review.queue import SORTS, Filter, errors_per_second, read_filter
from aleator.verdicts import Verdicts
from benchmarks.review.client import ReviewClient
from tests.review.conftest import EXAMPLES, Open, Running, row_of, serving, stored

expect = pytest.importorskip("playwright.sync_api").expect


def test_every_order_holds_the_same_examples_sorted_as_it_says(running: Running) -> None:
    queue, now = running.review.queue, running.review.live.now
    orders = {sort: queue.order(Filter(sort=sort)) for sort in SORTS}
    assert {tuple(sorted(order)) for order in orders.values()} == {tuple(range(EXAMPLES))}
    p_mislabelled = now.verdicts.p_mislabelled
    assert (np.diff(p_mislabelled[orders["wrong"]]) <= 0).all()
    pace = errors_per_second((running.review.live.before, now.verdicts), running.review.examples.given, orders["quick"])
    assert (np.diff(pace) <= 1e-9).all()
    assert (np.diff(entr(now.verdicts.label_distribution[orders["unsure"]]).sum(axis=1)) <= 1e-6).all()
    assert (np.diff(running.review.examples.given[orders["class"]]) >= 0).all()
    assert orders["data"].tolist() == list(range(EXAMPLES))
    sure = queue.order(Filter(sure=0.6, sort="wrong"))
    suggested = now.verdicts.suggested_label[sure]
    assert len(sure) > 0
    assert (now.verdicts.label_distribution[sure, suggested] >= 0.6).all()
    assert (suggested != running.review.examples.given[sure]).all()


def test_errors_a_second_by_hand() -> None:
    share = np.array([[0.1, 0.9], [0.6, 0.4]], dtype=np.float32)
    verdicts = Verdicts(share, 1 - share[:, 0].astype(float), share.argmax(axis=1), np.array(["mistake", "ok"]))
    # The first costs a look and one answer in ten for 0.9 errors, the second a look and 0.4 answers for 0.4 errors.
    by_hand = [0.9 / (0.15 + 0.1), 0.4 / (0.15 + 0.4)]
    assert errors_per_second([verdicts], np.array([0, 0]), np.array([0, 1])) == pytest.approx(by_hand)
    assert errors_per_second([verdicts], np.array([0, -1]), np.array([1])) == pytest.approx([1 / (0.15 + 0.4)])


def test_what_looks_alike_comes_in_rings_of_neighbours(running: Running) -> None:
    examples = running.review.examples
    found = alike(examples, 5, most=40)
    audit = examples.audit
    assert audit is not None
    neighbours = audit.labels["neighbours"].to_pylist()
    assert found[: 1 + len(neighbours[5])] == [5, *neighbours[5]]
    assert len(found) == len(set(found)) == 40
    order = running.review.queue.order(Filter(like=5, state="all"))
    assert order.tolist() == alike(examples, 5)


@pytest.mark.parametrize("query", [{"sort": "worst"}, {"sure": "2"}, {"sure": "nan"}, {"like": "300"}, {"like": "-1"}])
def test_what_cannot_be_asked_for_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(DataError, match=next(iter(query))):
        read_filter(query, ("a", "b"), 300)


@pytest.mark.parametrize(
    ("verdict", "neighbours", "margin", "said"),
    [
        ("ok", [0] * 7 + [1] * 3, -2.0, ["Most likely a (84%), then b (16%).", "7 of its 10 nearest"]),
        ("ok", [1] * 8 + [0] * 2, 1.0, ["Most likely a", "Yet only 2 of its 10 nearest neighbours carry the same"]),
        ("mistake", [0] * 7 + [1] * 3, 1.0, ["Most likely a", "Against that, 7 of its 10"]),
        ("mistake", [1] * 6 + [0] * 4, 1.0, ["Most likely a", "The neighbours do not settle it: 6 of its 10"]),
        ("mistake", [], -2.0, ["Most likely a", "In training the networks preferred another label"]),
        ("unfamiliar", [], -2.0, ["Most likely a", "Little in the data set looks like it"]),
    ],
)  # fmt: skip
def test_reasons_hold_for_the_verdict(verdict: str, neighbours: list[int], margin: float, said: list[str]) -> None:
    found = reasons(Findings(0, verdict, [0.84, 0.16], margin, neighbours), ("a", "b"))
    assert len(found) == len(said)
    assert all(sentence.startswith(start) for sentence, start in zip(found, said, strict=True))


def test_labels_put_right_a_minute() -> None:
    assert changed_per_minute([(True, 3.0), (False, 3.0), (True, None), (True, 4000.0)]) == pytest.approx(2 / 1.1)
    assert changed_per_minute([]) is None


def test_keep_and_change_are_one_where_they_are_the_same(running: Running, open_page: Open) -> None:
    page = open_page(running, "/queue?sort=wrong")
    row = row_of(page)
    verdicts, names = running.review.live.now.verdicts, running.review.examples.class_names
    assert verdicts.p_mislabelled[row] == verdicts.p_mislabelled.max()
    expect(page.locator("#why-now")).to_contain_text("Probably a wrong label")
    change = page.get_by_role("button", name=f"change to {names[verdicts.suggested_label[row]]}")
    expect(change).to_be_visible()
    fits = np.flatnonzero(verdicts.suggested_label == running.review.examples.given)[0]
    page.goto(f"{running.address}/queue?text={running.review.examples.id(int(fits))}")
    given = names[running.review.examples.given[fits]]
    expect(page.get_by_role("button", name=f"{given} is right")).to_be_visible()
    expect(page.locator("[data-command=suggested]")).to_be_hidden()
    page.keyboard.press("Space")
    assert stored(running, 1)[0].labels == (given,)


def test_the_order_is_chosen_on_the_page(running: Running, open_page: Open) -> None:
    page = open_page(running)
    page.get_by_label("order").select_option(label="as in the data")
    page.wait_for_url("**sort=data")
    expect(page.locator("#address")).to_have_attribute("href", "/example/0")
    expect(page.get_by_label("order")).to_have_value("data")


def test_a_screen_is_accepted_but_for_the_exceptions(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?sort=wrong")
    accept = page.get_by_role("button", name="are all what we suggest")
    expect(accept).to_contain_text("These")
    count = int(accept.inner_text().split()[1])
    assert 0 < count < EXAMPLES
    order = running.review.queue.order(Filter(sort="wrong")).tolist()
    verdicts, examples = running.review.live.now.verdicts, running.review.examples
    suggested = {examples.id(row): examples.class_names[verdicts.suggested_label[row]] for row in order}
    first = page.locator(".tile").first
    expect(first).to_contain_text(examples.class_names[verdicts.suggested_label[order[0]]])
    expect(first).to_contain_text("%")
    first.click()
    expect(accept).to_contain_text("The other")
    accepted = int(accept.inner_text().split()[2])
    assert accepted == count - 1  # the bar has grown over some that were looked at
    page.keyboard.press("b")
    log = stored(running, accepted)
    assert [one.example for one in log] == [examples.id(row) for row in order[1 : accepted + 1]]
    assert all(one.labels == (suggested[one.example],) and one.origin == "grid" for one in log)
    expect(page.locator(".tile[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("Enter")  # the exception keeps its label
    assert stored(running, accepted + 1)[-1].labels == (examples.class_names[examples.given[order[0]]],)
    page.reload()  # and both can be taken back afterwards, the whole batch at once
    expect(page.locator(".tile")).to_have_count(EXAMPLES - accepted - 1)
    page.keyboard.press("u")
    expect(page.locator(".tile")).to_have_count(EXAMPLES - accepted)
    page.keyboard.press("u")
    expect(page.locator(".tile")).to_have_count(EXAMPLES)
    assert running.review.board.reviewed_count == 0


def test_a_screen_keeps_its_labels(running: Running, open_page: Open) -> None:
    order = running.review.queue.order(Filter(sort="wrong")).tolist()
    page = open_page(running, "/grid?sort=wrong")
    accept = page.get_by_role("button", name="are all what we suggest")
    expect(accept).to_contain_text("These")
    count = int(accept.inner_text().split()[1])
    page.keyboard.press("k")
    examples = running.review.examples
    assert [(one.example, one.labels) for one in stored(running, count)] == [
        (examples.id(row), (examples.class_names[examples.given[row]],)) for row in order[:count]
    ]


def test_undo_and_trail_outlive_the_page(running: Running, open_page: Open) -> None:
    page = open_page(running)
    first = row_of(page)
    page.keyboard.press("1")
    page.keyboard.press("x")
    stored(running, 2)
    page.reload()
    expect(page.locator("#trail a")).to_have_text(["(not usable)", running.review.examples.class_names[0]])
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("#address")).to_have_attribute("href", f"/example/{first}")
    expect(page.locator("#trail a")).to_have_count(0)
    assert [one.kind for one in stored(running, 4)] == ["label", "unusable", "undo", "undo"]
    assert running.review.board.reviewed_count == 0


def test_a_note_and_tags_go_with_the_answer_and_are_found_again(running: Running, open_page: Open) -> None:
    page = open_page(running)
    row = row_of(page)
    page.keyboard.press("n")
    page.keyboard.type("a hand is in front")
    page.keyboard.press("Tab")
    page.keyboard.type("hand, crop")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    (decision,) = stored(running, 1)
    assert (decision.note, decision.tags) == ("a hand is in front", ("hand", "crop"))
    expect(page.locator("#notes")).to_be_hidden()  # the next example has none
    page.goto(f"{running.address}/queue?state=reviewed&tag=hand")
    expect(page.locator("#address")).to_have_attribute("href", f"/example/{row}")
    expect(page.get_by_label("note", exact=True)).to_have_value("a hand is in front")
    page.goto(f"{running.address}/example/{row}")
    expect(page.locator("main")).to_contain_text("a hand is in front")
    table = page.evaluate("fetch('/decisions.csv').then(answer => answer.text())").splitlines()
    assert table[0].endswith(",note,tags")
    assert table[1].endswith(",a hand is in front,hand|crop")


def test_the_keys_are_listed(running: Running, open_page: Open) -> None:
    page = open_page(running)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("keep the given label")
    page.keyboard.press("1")  # goes to the dialog, not to the example
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert running.review.board.reviewed_count == 0


def test_the_page_says_what_the_next_answers_bring_and_how_quick_one_is(running: Running, open_page: Open) -> None:
    client = ReviewClient(running.address, "Ada")
    given = running.review.examples.given
    for row in range(4):
        client.decide(row, [(int(given[row]) + (row < 2)) % 7], seconds=3.0)
    page = open_page(running)
    expect(page.locator("#pace")).to_contain_text("You put 10 labels right a minute (last 4 answers, 3.0 s each)")
    expect(page.locator("#pace")).to_contain_text("The next 50 answers should find about")
    page.goto(running.address + "/")
    expect(page.locator("main")).to_contain_text("found")
    page.goto(running.address + "/people")
    expect(page.locator("table.plain").first).to_contain_text("10.0")


@pytest.mark.parametrize(
    ("source", "selector", "text"),
    [
        (TextArray([f"<b>Text</b> number {row}" for row in range(20)]), "#frame .words", "<b>Text</b> number"),
        (TableRows(pa.table({"age": range(20), "city": ["Łódź"] * 20})), "#frame .cells", "Łódź"),
    ],
)
def test_texts_and_rows_of_tables_are_shown_as_such(
    tmp_path: Path, open_page: Open, source: Any, selector: str, text: str
) -> None:
    data = LabelledDataset(
        name="shown", path="shown", ids=np.array([f"r{row}" for row in range(20)]), source=source,
        given_labels=np.arange(20) % 2, class_names=("a", "b"),
    )  # fmt: skip
    with serving(tmp_path / "data", of_dataset(data)) as running:
        page = open_page(running)
        expect(page.locator(selector)).to_contain_text(text)
        page.goto(running.address + "/grid")
        expect(page.locator(".tile").first).to_contain_text(text)
        page.goto(running.address + "/example/3")
        expect(page.locator("main")).to_contain_text(text)
