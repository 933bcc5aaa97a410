"""The review page in a real browser: each thing that a person can do there, done."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from aleator.data import FeatureArray, LabelledDataset
from aleator.data.options import ReadOptions
from aleator.decisions.gather import database_beside
from aleator.decisions.store import Store
from aleator.review.examples import of_dataset, open_examples
from aleator.review.queue import EVERYTHING
from benchmarks.review.client import ReviewClient
from tests.axe import violations
from tests.conftest import tiny_dataset
from tests.review.conftest import EXAMPLES, Open, Running, row_of, serving, stored

if TYPE_CHECKING:
    from playwright.sync_api import Browser

expect = pytest.importorskip("playwright.sync_api").expect
NASTY = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"


def test_the_keys_decide_undo_skip_and_go_on(running: Running, open_page: Open) -> None:
    page = open_page(running)
    order = running.review.queue.order(EVERYTHING).tolist()
    examples = running.review.examples
    assert row_of(page) == order[0]
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 48)  # waits for the picture
    page.keyboard.press("Enter")  # keeps the given label
    page.keyboard.press("Space")  # takes the suggested one
    page.keyboard.press("3")
    page.keyboard.press("x")
    page.keyboard.press("s")
    page.keyboard.press("m")
    page.keyboard.press("1")
    page.keyboard.press("4")
    page.keyboard.press("m")
    log = stored(running, 5)
    names = examples.class_names
    said = [(one.example, one.kind, one.labels) for one in log]
    assert said == [
        (examples.id(order[0]), "label", (names[examples.given[order[0]]],)),
        (examples.id(order[1]), "label", (names[running.review.live.now.verdicts.suggested_label[order[1]]],)),
        (examples.id(order[2]), "label", (names[2],)),
        (examples.id(order[3]), "unusable", ()),
        (examples.id(order[5]), "ambiguous", (names[0], names[3])),
    ]
    assert {one.reviewer for one in log} == {"Ada"}
    assert all(one.seconds is not None and one.seconds < 10 for one in log)
    page.keyboard.press("u")
    expect(page.locator("#address")).to_have_attribute("href", f"/example/{order[5]}")
    assert [one.kind for one in stored(running, 6)][-1] == "undo"
    assert running.review.board.reviewed_count == 4


def test_mouse_and_touch_decide_too(running: Running, open_page: Open) -> None:
    page = open_page(running, has_touch=True, viewport={"width": 390, "height": 844})
    page.locator(".choice").nth(4).tap()
    page.get_by_role("button", name="not usable").click()
    page.get_by_role("button", name="ambiguous").tap()
    page.locator(".choice").nth(0).tap()
    page.locator(".choice").nth(1).tap()
    page.get_by_role("button", name="between").tap()
    assert [one.kind for one in stored(running, 3)] == ["label", "unusable", "ambiguous"]
    page.get_by_role("button", name="undo").tap()
    assert [one.kind for one in stored(running, 4)][-1] == "undo"


def test_zoom_and_the_next_picture_is_there_before_it_is_wanted(running: Running, open_page: Open) -> None:
    page = open_page(running)
    page.keyboard.press("z")
    box = page.locator("#frame").bounding_box()
    assert box is not None
    assert box["width"] == page.viewport_size["width"]  # type: ignore[index]
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    upcoming = running.review.queue.order(EVERYTHING)[1]
    page.keyboard.press("Enter")
    expect(page.locator("#address")).to_have_attribute("href", f"/example/{upcoming}")
    assert page.locator("#frame img").evaluate("image => image.complete && image.naturalWidth > 0")
    assert not any(url.endswith(f"/512/{upcoming}") for url in asked)


def test_a_photograph_is_shown_small_and_zoomed_at_its_own_size(tmp_path: Path, open_page: Open) -> None:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(5):
            coarse = random.integers(0, 256, (6, 9, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize((1200, 800)).save(tmp_path / "data" / name / f"{number}.jpg")
    with serving(tmp_path / "data") as running:
        page = open_page(running)
        width = "image => image.decode().then(() => image.naturalWidth)"
        assert page.locator("#frame img").evaluate(width) == 512
        page.keyboard.press("z")
        expect(page.locator("#frame img")).to_have_attribute("src", re.compile("/8192/"))
        assert page.locator("#frame img").evaluate(width) == 1200
        page.keyboard.press("s")  # still zoomed: the next one is shown at its own size too
        expect(page.locator("#frame img")).to_have_attribute("src", re.compile("/8192/"))
        assert page.locator("#frame img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200


def test_a_screen_reader_is_told_what_is_shown_and_which_keys_there_are(running: Running, open_page: Open) -> None:
    page = open_page(running)
    expect(page.get_by_role("status")).to_contain_text("given")
    assert page.locator("#frame img").get_attribute("alt")
    assert page.locator(".choice").nth(0).get_attribute("aria-keyshortcuts") == "1"
    assert "%" in str(page.locator(".choice").nth(0).get_attribute("aria-label"))
    before = page.get_by_role("status").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).not_to_have_text(before)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button,a,input:not([type=hidden]),select')]"
        ".filter(one => one.offsetParent && !(one.textContent.trim() || one.ariaLabel || one.labels?.length "
        "|| one.querySelector('img[alt]:not([alt=\"\"])')))"
        ".map(one => one.outerHTML)"
    )
    assert unnamed == []


def test_a_filter_shows_its_kind_only(running: Running, open_page: Open) -> None:
    page = open_page(running)
    page.get_by_text("Filter", exact=True).click()
    page.locator("select[name=given]").select_option(label="fear")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#desk")).to_be_visible()
    fear = running.review.examples.class_names.index("fear")
    for _ in range(3):
        row = row_of(page)
        assert running.review.examples.given[row] == fear
        page.keyboard.press("s")
        expect(page.locator("#address")).not_to_have_attribute("href", f"/example/{row}")
    page.goto(f"{running.address}/queue?text=face-0000007")
    expect(page.locator("#address")).to_have_text("face-0000007")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Nothing is left here")).to_be_visible()


def test_many_classes_are_searched(tmp_path: Path, open_page: Open) -> None:
    data = replace(tiny_dataset(60, 3), class_names=tuple(f"species {number:03}" for number in range(200)))
    with serving(tmp_path / "data", of_dataset(data)) as running:
        page = open_page(running)
        row = row_of(page)
        page.keyboard.press("/")
        page.keyboard.type("ies 137")
        page.keyboard.press("Enter")
        (decision,) = stored(running, 1)
        assert decision.labels == ("species 137",)
        assert decision.example == data.ids[row]


def test_the_grid_selects_and_decides_for_all(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid?state=unreviewed")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(EXAMPLES)
    rows = [int(str(tiles.nth(number).get_attribute("data-row"))) for number in range(12)]
    tiles.nth(1).click()
    tiles.nth(4).click(modifiers=["Shift"])
    expect(page.locator(".tile[aria-pressed=true]")).to_have_count(4)
    page.keyboard.press("2")
    log = stored(running, 4)
    disgust = running.review.examples.class_names[1]
    assert sorted(one.example for one in log) == sorted(running.review.examples.id(row) for row in rows[1:5])
    assert {(one.labels, one.origin) for one in log} == {((disgust,), "grid")}
    expect(tiles).to_have_count(EXAMPLES - 4)
    first, third = tiles.nth(0).bounding_box(), tiles.nth(2).bounding_box()
    assert first is not None
    assert third is not None
    page.mouse.move(first["x"] + 20, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(third["x"] + 20, third["y"] + 20, steps=12)
    page.mouse.up()
    expect(page.locator(".tile[aria-pressed=true]")).to_have_count(3)
    page.keyboard.press("x")
    assert [one.kind for one in stored(running, 7)[4:]] == ["unusable"] * 3
    page.keyboard.press("u")
    expect(tiles).to_have_count(EXAMPLES - 4)
    assert running.review.board.reviewed_count == 4


def test_the_grid_shows_one_kind(running: Running, open_page: Open) -> None:
    page = open_page(running, "/grid")
    kind = page.locator(".kinds a").first
    count = int(kind.locator("span").inner_text().replace(",", ""))
    kind.click()
    expect(page.locator(".tile")).to_have_count(count)
    page.locator(".tile").first.click()
    page.keyboard.press("a")
    expect(page.locator(".tile[aria-pressed=true]")).to_have_count(count)
    page.get_by_role("button", name="take suggested").click()
    assert len(stored(running, count)) == count
    expect(page.locator("#total")).to_have_text("Nothing of this kind is left.")


def test_blind_hides_given_labels_and_what_others_say(running: Running, open_page: Open) -> None:
    first = running.review.live.now.review_order[0]
    ReviewClient(running.address, "Bob").decide(int(first), [0])
    page = open_page(running, f"/queue?state=all&text={running.review.examples.id(int(first))}", blind=True)
    assert row_of(page) == first
    expect(page.locator("#question")).to_have_text("What is it?")
    expect(page.get_by_role("button", name="keep given")).to_be_disabled()
    assert "Bob" not in page.content()
    answer = page.evaluate(
        f"fetch('/api/queue?state=all&text={running.review.examples.id(int(first))}').then(a => a.json())"
    )
    (card,) = answer["cards"]
    assert (card["given"], card["others"], card["verdict"], card["p"]) == (None, [], "", None)
    page.goto(f"{running.address}/example/{first}")
    assert "given" not in page.locator("main").inner_text().replace("are given", "")
    assert "Bob" not in page.locator("main").inner_text()
    page.goto(f"{running.address}/people")
    assert "Bob" not in page.content()
    page.goto(f"{running.address}/grid?given=0")  # nor can one ask for what is hidden
    expect(page.locator(".tile")).to_have_count(EXAMPLES - 1)
    expect(page.locator(".kinds")).to_have_count(0)
    ReviewClient(running.address, "Ada").decide(int(first), [1])  # once she has answered she may see it
    page.goto(f"{running.address}/example/{first}")
    expect(page.locator("main")).to_contain_text("Bob")


def test_two_people_get_different_examples_and_second_opinions_go_to_another(audit_folder: Path) -> None:
    with serving(audit_folder, second_opinions=1.0) as running:
        ann, bob = ReviewClient(running.address, "Ann"), ReviewClient(running.address, "Bob")
        hers = [card["row"] for card in ann.queue(5)]
        his = [card["row"] for card in bob.queue(5)]
        assert not set(hers) & set(his)
        for row in hers[:3]:
            ann.decide(row, [0])
        assert [card["row"] for card in bob.queue(3, without=tuple(his))] == sorted(hers[:3])
        assert not set(hers[:3]) & {card["row"] for card in ann.queue(12)}


def test_disagreements_and_agreement_are_shown(running: Running, open_page: Open) -> None:
    ann, bob = ReviewClient(running.address, "Ann"), ReviewClient(running.address, "Bob")
    for row in range(4):
        ann.decide(row, [row % 2])
        bob.decide(row, [row % 2 if row else 1])
    page = open_page(running, "/people")
    table = page.locator("table.plain").first
    expect(table).to_contain_text("75%")
    expect(table).to_contain_text("0.50")  # kappa of 3 in 4 with chance 1/2
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("link", name="Review what others disagree on").click()
    expect(page.locator("#address")).to_have_attribute("href", "/example/0")
    expect(page.locator("#others")).to_contain_text("Ann")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Nothing is left here")).to_be_visible()


def test_estimates_follow_and_what_is_looked_at_stays(running: Running, open_page: Open) -> None:
    page = open_page(running)
    row = row_of(page)
    left = page.locator("[data-figure=left]")
    expect(left).not_to_be_empty()
    before, looked_at = left.inner_text(), page.locator("#address").inner_text()
    bob = ReviewClient(running.address, "Bob")
    for card in bob.queue(12):
        bob.decide(card["row"], [card["given"]])
    assert running.review.live.wait_for(running.review.board.version, 10)
    expect(left).not_to_have_text(before, timeout=4000)
    assert page.locator("#address").inner_text() == looked_at
    assert row_of(page) == row
    page.keyboard.press("Enter")
    expect(page.locator("#address")).not_to_have_text(looked_at)


def test_the_overview_says_when_one_can_stop(running: Running, open_page: Open) -> None:
    page = open_page(running, "/")
    expect(page.get_by_role("heading", name="Not yet")).to_be_visible()
    page.get_by_label("Target").fill("100")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_role("heading", name="You can stop here")).to_be_visible()
    page.get_by_label("Target").fill("many")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("main")).to_contain_text("The target is a number of per cent")


def test_the_example_page_shows_its_history(running: Running, open_page: Open) -> None:
    client = ReviewClient(running.address, "Bob")
    uuid = client.decide(5, [1])
    client.json("POST", "/api/undo", {"undo": [{"uuid": "00000000-0000-4000-8000-000000000001", "decision": uuid}]})
    client.decide(5, [0, 2])
    page = open_page(running, "/example/5")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("taken back")
    expect(rows.nth(0)).to_contain_text("angry|fear")
    page.get_by_role("link", name="Decide").click()
    expect(page.locator("#address")).to_have_attribute("href", "/example/5")


def test_the_map_leads_to_an_example(running: Running, open_page: Open) -> None:
    page = open_page(running, "/map")
    page.locator(".map .dot").last.dispatch_event("click", {"bubbles": True})
    expect(page.locator("#looked img")).to_have_js_property("complete", True)
    page.get_by_role("link", name="Open", exact=True).click()
    page.wait_for_url("**/example/*")
    page.go_back()
    page.locator(".map .dot").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#looked img")).to_have_js_property("complete", True)
    page.keyboard.press("Enter")
    page.wait_for_url("**/example/*")


def test_plain_data_without_an_audit(tmp_path: Path, open_page: Open) -> None:
    data = tiny_dataset(40, 3)
    with serving(tmp_path / "data", of_dataset(data)) as running:
        page = open_page(running, "/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("none reviewed yet")
        expect(page.locator("#headway")).to_have_text(
            "0 reviewed", use_inner_text=True
        )  # nothing is claimed of what is not known
        expect(page.locator(".panel").first).to_contain_text("unknown until somebody has reviewed")
        for nothing_to_see in ("Rapid", "Map"):
            expect(page.get_by_role("link", name=nothing_to_see, exact=True)).to_have_count(0)
        page.goto(running.address + "/queue")
        expect(page.locator("#desk")).to_be_visible()
        for _ in range(10):
            page.keyboard.press("Enter")
        assert len(stored(running, 10)) == 10
        assert running.review.live.wait_for(running.review.board.version, 5)
        assert running.review.live.now.estimates.errors_left.high == pytest.approx(30 * 0.2589, rel=1e-3)
        expect(page.locator("#headway")).to_contain_text("10 reviewed · about")
        page.goto(running.address + "/")
        expect(page.locator("main")).to_contain_text("What the answers say of the labels")
        page.goto(running.address + "/map")
        expect(page.locator("main")).to_contain_text("no audit")


def test_feature_vectors_are_shown_as_numbers(tmp_path: Path, open_page: Open) -> None:
    data = LabelledDataset(
        name="rows", path="rows", ids=np.array([f"r{row}" for row in range(20)]),
        source=FeatureArray(np.arange(60, dtype=np.float32).reshape(20, 3)), given_labels=np.arange(20) % 2,
        class_names=("a", "b"),
    )  # fmt: skip
    with serving(tmp_path / "data", of_dataset(data)) as running:
        page = open_page(running)
        row = row_of(page)
        expect(page.locator("#frame")).to_contain_text(f"{3 * row}, {3 * row + 1}, {3 * row + 2}")
        page.keyboard.press("2")
        assert stored(running, 1)[0].labels == ("b",)


def test_hostile_text_stays_text(tmp_path: Path, open_page: Open) -> None:
    data = replace(
        tiny_dataset(40, 3), name=NASTY, class_names=(NASTY, "=1+1", "</script>"),
        ids=np.array([f"{NASTY}{row}" for row in range(40)]),
    )  # fmt: skip
    with serving(tmp_path / "data", of_dataset(data)) as running:
        page = open_page(running, name="<b>Eve</b>")
        page.keyboard.press("1")
        stored(running, 1)
        for path in ("/", "/grid", "/people", "/map", "/example/0"):
            page.goto(running.address + path)
            assert page.evaluate("window.hacked") is None
        assert NASTY in page.title()


def test_a_path_prefix(audit_folder: Path, browser: "Browser") -> None:
    with serving(audit_folder, prefix="/team/review") as running:
        page = browser.new_page()
        failed: list[str] = []
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.goto(running.address + "/team/review/")
        page.get_by_label("Name").fill("Ada")
        page.get_by_role("button", name="Start").click()
        for name in ("Review", "Grid", "Map", "People", "Overview"):
            page.get_by_role("link", name=name, exact=True).click()
            page.wait_for_load_state()
            assert page.url.startswith(running.address + "/team/review/")
        page.goto(running.address + "/team/review/queue")
        expect(page.locator("#desk")).to_be_visible()
        page.keyboard.press("1")
        assert len(stored(running, 1)) == 1
        assert failed == []
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 640, 1440])  # 640 is a laptop of 1280 at a zoom of 200 %
def test_every_page_fits_every_screen(running: Running, open_page: Open, width: int, scheme: str) -> None:
    ReviewClient(running.address, "Bob").decide(1, [0])
    page = open_page(running, viewport={"width": width, "height": 850}, color_scheme=scheme)
    for path in ("/", "/queue", "/grid", "/rapid", "/map", "/looks", "/people", "/example/1"):
        page.goto(running.address + path)
        if path == "/queue":
            expect(page.locator("#desk")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(251, 250, 247)") == (scheme == "light")


def test_decisions_are_sent_again_and_in_order_when_the_server_was_away(running: Running, open_page: Open) -> None:
    page = open_page(running)
    order = running.review.queue.order(EVERYTHING).tolist()
    page.route("**/api/decide", lambda route: route.abort())
    page.reload()  # a browser that is busy may let the first request of an open page pass
    expect(page.locator("#desk")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#trouble")).to_contain_text("sent again")
    # No handler may be left: it would only run while a call to the browser is waited for, not while the log is.
    page.unroute("**/api/decide")
    page.keyboard.press("x")
    page.keyboard.press("2")
    expect(page.locator("#trouble")).to_be_hidden()
    log = stored(running, 3)
    assert [one.example for one in log] == [running.review.examples.id(row) for row in order[:3]]
    assert [one.kind for one in log] == ["label", "unusable", "label"]


def test_what_is_undone_on_its_way_and_then_refused_takes_nothing_else_back(running: Running, open_page: Open) -> None:
    page = open_page(running)
    held: list[Any] = []

    def answer(route: Any) -> None:
        if route.request.post_data_json["decisions"][0]["labels"] == [0]:
            held.append(route)
        else:
            route.fulfill(status=400, json={"error": "no"})

    page.route("**/api/decide", answer)
    page.reload()  # a browser that is busy may let the first request of an open page pass
    expect(page.locator("#desk")).to_be_visible()
    with page.expect_request("**/api/decide"):
        page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("u")
    expect(page.locator("#trail a")).to_have_count(1)
    held[0].continue_()
    expect(page.locator("#trouble")).to_contain_text("not stored")
    expect(page.locator("#trail a")).to_have_count(1)
    page.keyboard.press("u")
    assert [one.kind for one in stored(running, 2)] == ["label", "undo"]
    assert running.review.board.reviewed_count == 0


def test_decisions_of_the_audit_are_found_by_plain_data_too(made_up: Path, audit_folder: Path) -> None:
    examples = open_examples(audit_folder)
    with Store(database_beside(audit_folder), examples.fingerprint):
        pass
    names = examples.class_names
    plain = open_examples(made_up / "faces.parquet", asked=ReadOptions(class_names=names))
    assert plain.fingerprint == examples.fingerprint
    assert plain.ids.equals(pa.array(examples.ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(running: Running, open_page: Open, scheme: str) -> None:
    """On every page."""
    ReviewClient(running.address, "Bob").decide(1, [0])
    # Without motion, since halfway from one colour to another the contrast is neither's.
    page = open_page(running, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    for path in (
        "/",
        "/queue",
        "/grid",
        "/grid?sort=data",
        "/rapid?sure=0.5",
        "/map",
        "/looks",
        "/people",
        "/example/1",
    ):
        page.goto(running.address + path)
        if path == "/queue":
            page.locator("#desk").wait_for()
            page.keyboard.press("n")
        if path == "/grid":
            page.locator(".tile").first.click()
        if path == "/grid?sort=data":
            page.locator(".tile").first.dblclick()
            page.get_by_text("Filter", exact=True).evaluate("one => one.closest('details').open = true")
        assert violations(page, scheme) == [], path
