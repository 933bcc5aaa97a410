"""Order, reasons, batches, notes and what can be taken back, in a real browser; and the order's rules without one."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import entr

from aleator.audits.next_steps import Step, after_review
from aleator.data import LabelledDataset, TableRows, TextArray
from aleator.errors import DataError
from aleator.report.reasons import Findings, reasons
from aleator.review.examples import alike, of_dataset
from aleator.review.headway import headway
from aleator.review.live import first_snapshot
from aleator.review.people import changed_per_minute
from aleator.review.queue import SORTS, Filter, errors_per_second, read_filter
from aleator.verdicts import Verdicts
from benchmarks.review.client import ReviewClient
from tests.conftest import tiny_dataset
from tests.review.conftest import EXAMPLES, Open, Running, row_of, serving, stored

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
    doubted = queue.order(Filter(wrong=0.5, sort="data"))
    assert doubted.tolist() == np.flatnonzero(p_mislabelled >= 0.5).tolist()


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


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "worst"},
        {"sure": "2"},
        {"sure": "nan"},
        {"wrong": "-1"},
        {"wrong": "much"},
        {"like": "300"},
        {"like": "-1"},
    ],
)
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


def test_what_is_chosen_in_a_list_is_followed_at_once_and_the_keys_go_on_from_there(
    running: Running, open_page: Open
) -> None:
    page = open_page(running, "/grid")
    page.get_by_label("order").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**/grid?sort=wrong")
    expect(page.get_by_label("order")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**/grid?sort=quick")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("probably wrong, at least").select_option(label="50%")
    page.wait_for_url("**/grid?sort=quick&wrong=0.5")  # nothing that was not asked for stands in it
    expect(page.get_by_label("probably wrong, at least")).to_be_focused()
    doubted = (running.review.live.now.verdicts.p_mislabelled >= 0.5).sum()
    expect(page.locator(".tile")).to_have_count(int(doubted))
    page.get_by_label("probably wrong, at least").select_option(label="any")
    page.wait_for_url("**/grid?sort=quick")
    expect(page.get_by_label("probably wrong, at least")).to_be_focused()


def test_from_the_grid_to_the_same_ones_one_by_one_and_back(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?given=3&sort=data")
    expect(page.locator(".tile").first).to_be_visible()
    first, count = str(page.locator(".tile").first.get_attribute("data-row")), page.locator(".tile").count()
    page.get_by_role("link", name="These one by one").click()
    expect(page.locator("#address")).to_have_attribute("href", f"/example/{first}")
    expect(page.locator("select[name=given]")).to_have_value("3")
    page.get_by_role("link", name="These in the grid").click()
    expect(page.locator(".tile")).to_have_count(count)


def test_a_copied_link_shows_another_person_the_same(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?given=3&wrong=0.3&sort=unsure", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".tile").first).to_be_visible()
    rows = "all => all.map(one => one.dataset.row)"
    here = page.locator(".tile").evaluate_all(rows)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    there = open_page(running, link.removeprefix(running.address), name="Bob")
    expect(there.locator(".tile")).to_have_count(len(here))
    assert there.locator(".tile").evaluate_all(rows) == here


def test_tiles_are_as_large_as_one_likes(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?sort=data")
    tile, picture = page.locator(".tile").first, page.locator(".tile img").first
    expect(picture).to_have_attribute("src", re.compile("/96/0$"))
    before = tile.bounding_box()
    page.get_by_label("tile size").focus()
    page.keyboard.press("End")
    expect(picture).to_have_attribute("src", re.compile("/320/0$"))  # a larger one, as it is shown larger
    after = tile.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 2.5 * before["width"]
    page.goto(f"{running.address}/grid?sort=wrong")  # and they stay so
    expect(page.locator(".tile img").first).to_have_attribute("src", re.compile("/320/"))
    again = page.locator(".tile").first.bounding_box()
    assert again is not None
    assert again["width"] == pytest.approx(after["width"], rel=0.05)


def test_one_of_many_is_looked_at_closely(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?sort=data")
    page.locator(".tile").nth(2).dblclick()
    closer, link = page.get_by_role("dialog"), page.locator("#closer-link")
    expect(closer.locator("img")).to_have_attribute("src", re.compile("/512/2$"))
    expect(page.locator(".tile[aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(link).to_have_attribute("href", "/example/3")
    page.keyboard.press("Space")
    expect(closer.get_by_role("button", name="select")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("b")  # decides nothing: the grid is out of sight
    page.keyboard.press("Escape")
    expect(closer).to_be_hidden()
    expect(page.locator(".tile[aria-pressed=true]")).to_have_attribute("data-row", "3")
    expect(page.locator(".tile").nth(3)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("z")
    expect(link).to_have_attribute("href", "/example/2")
    link.click()
    page.wait_for_url("**/example/2")
    assert running.review.board.reviewed_count == 0


def test_the_keyboard_stops_at_the_tiles_once(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?sort=data")
    expect(page.locator(".tile").first).to_be_visible()
    page.get_by_label("tile size").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".tile").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.locator("#accept")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".tile").nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("x")  # it goes, and the next one takes its place
    expect(page.locator("[data-row='2']")).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator("[data-row='1']")).to_be_visible()
    expect(page.locator(".tile[tabindex='0']")).to_have_count(1)


def test_tiles_that_are_drawn_at_random_are_told_from_the_others(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?sort=quick")
    expect(page.locator("#total")).to_contain_text("drawn at random")
    marked = page.locator(".tile.drawn")
    assert marked.count() == EXAMPLES // 10
    assert {int(str(one.get_attribute("data-row"))) for one in marked.all()} <= running.review.queue.drawn
    expect(marked.first).to_have_attribute("aria-label", re.compile("drawn at random"))
    page.goto(f"{running.address}/grid?sort=wrong")
    expect(page.locator(".tile").first).to_be_visible()
    expect(marked).to_have_count(0)


def test_whoever_scrolls_gets_more(tmp_path: Path, open_page: Open) -> None:
    with serving(tmp_path / "data", of_dataset(tiny_dataset(700, 3))) as running:
        page = open_page(running, "/grid?sort=data")
        tiles = page.locator(".tile")
        expect(tiles).to_have_count(300)
        tiles.last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 20_000)
        expect(tiles).to_have_count(600)
        page.mouse.wheel(0, 40_000)
        expect(tiles).to_have_count(700)
        assert [int(str(row)) for row in tiles.evaluate_all("all => all.map(one => one.dataset.row)")] == list(
            range(700)
        )
        expect(page.get_by_role("button", name="More")).to_be_hidden()
        page.close()  # with the pictures that it still loads


def test_where_nothing_is_left_there_is_a_way_on(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?text=nothing-is-called-so")
    page.get_by_role("link", name="All kinds").click()
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.get_by_role("link", name="All kinds")).to_be_hidden()
    page.goto(f"{running.address}/people")
    page.get_by_role("link", name="Start reviewing").click()
    expect(page.locator("#desk")).to_be_visible()
    page.goto(f"{running.address}/grid?given=zzz")
    expect(page.get_by_role("heading", level=1)).to_have_text("This cannot be done")
    expect(page.locator("main")).to_contain_text("'zzz' is no class")


def test_the_overview_names_the_next_commands_to_whoever_started_it(
    audit_folder: Path, open_page: Open, browser: "Browser"
) -> None:
    def steps() -> tuple[Step, ...]:
        return after_review(audit_folder)

    with serving(audit_folder, next_steps=steps) as own:
        page = open_page(own, "/", permissions=["clipboard-read", "clipboard-write"])
        expect(page.locator(".steps")).to_have_count(0)  # there is nothing to export yet
        ReviewClient(own.address, "Ada").decide(3, [1])
        page.reload()
        judge = f"aleator judge {audit_folder}"
        expect(page.locator(".steps code").first).to_have_text(judge)
        page.get_by_role("button", name="Copy the command to judge").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == judge
    with serving(audit_folder, next_steps=steps, token="a token of others") as of_team:
        page = browser.new_page()
        page.goto(f"{of_team.address}/?token=a+token+of+others")
        page.get_by_label("Name").fill("Bob")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("labels are wrong")
        assert str(audit_folder) not in page.content()
        page.close()


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


def test_the_next_answers_bring_the_same_on_every_page_from_the_first_moment(running: Running, open_page: Open) -> None:
    board = running.review.board
    as_it_was_left: Any = SimpleNamespace(now=first_snapshot(board))  # its order is not the judge's
    assert headway(board, as_it_was_left).next_expected is None
    page = open_page(running)
    said = page.locator("#pace")
    expect(said).to_contain_text("The next 50 answers should find about")
    number = re.search(r"about ([\d,]+) wrong", said.inner_text())
    assert number
    page.goto(running.address + "/")
    expect(page.locator("#next")).to_have_text(number[1])


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
    ("source", "selector", "text", "searched", "found"),
    [
        (
            TextArray([f"<b>Text</b> number {row}" for row in range(20)]),
            "#frame .words", "<b>Text</b> number", "NUMBER 1", 11,
        ),
        (
            TableRows(pa.table({"age": [*range(19), None], "city": ["Łódź"] * 19 + ["ŁÓ"], "list": [[1]] * 20})),
            "#frame .cells", "Łódź", "łódź", 19,
        ),
    ],
)  # fmt: skip
def test_texts_and_rows_of_tables_are_shown_as_such(
    tmp_path: Path, open_page: Open, source: Any, selector: str, text: str, searched: str, found: int
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
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("id contains").fill(searched)
        page.keyboard.press("Enter")
        expect(page.locator(".tile")).to_have_count(found)
        page.goto(running.address + "/example/3")
        expect(page.locator("main")).to_contain_text(text)
