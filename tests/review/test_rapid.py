"""The stream of near-certain ones, and the map by looks, in a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest

from aleator.audits import AuditFolder
from aleator.errors import DataError
from aleator.review import looks
from aleator.review.looks import FILE, place, positions, within
from aleator.review.queue import Filter, read_filter
from tests.review.conftest import EXAMPLES, Open, Running, stored

expect = pytest.importorskip("playwright.sync_api").expect


def test_near_certain_ones_pass_by_until_a_key_stops_them(running: Running, open_page: Open) -> None:
    page = open_page(running, "/rapid?sure=0.6")
    examples, verdicts = running.review.examples, running.review.live.now.verdicts
    order = running.review.queue.order(Filter(sure=0.6, sort="quick")).tolist()
    assert len(order) > 8
    names = examples.class_names
    page.locator("#seconds").select_option("0.4")
    page.keyboard.press("Space")
    log = stored(running, 2)
    page.keyboard.press("Space")
    held = page.locator("#held .tile")
    expect(held).to_have_count(3)  # the one in sight and the two before it
    accepted = running.review.board.decision_count
    log = stored(running, accepted)
    assert [(one.example, one.labels, one.origin) for one in log] == [
        (examples.id(row), (names[verdicts.suggested_label[row]],), "rapid") for row in order[:accepted]
    ]
    exception = order[accepted + 2]
    expect(held.nth(2)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    assert stored(running, accepted + 1)[-1].labels == (names[examples.given[exception]],)
    expect(held).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    assert stored(running, accepted + 2)[-1].example == examples.id(order[accepted])
    page.keyboard.press("u")
    assert stored(running, accepted + 3)[-1].kind == "undo"
    expect(held).to_have_count(2)
    page.get_by_role("button", name="as suggested, go on").click()  # those held back are accepted, and it goes on
    later = stored(running, accepted + 6)
    assert {examples.id(order[accepted]), examples.id(order[accepted + 1])} <= {one.example for one in later[-3:]}
    page.keyboard.press("Space")
    expect(held.first).to_be_visible()


def test_the_stream_ends_and_is_not_for_those_who_review_blind(running: Running, open_page: Open) -> None:
    page = open_page(running, "/rapid?sure=1")
    expect(page.locator("#frame")).to_contain_text("nothing near-certain")
    expect(page.get_by_role("button", name="Start")).to_be_hidden()
    page.get_by_label("sure to at least").select_option("0.6")
    page.wait_for_url("**/rapid?sure=0.6")
    passing = len(running.review.queue.order(Filter(sure=0.6, sort="quick")))
    expect(page.locator("#wait")).to_contain_text(f"{passing} suggestions wait")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    blind = open_page(running, "/rapid", name="Bob", blind=True)
    expect(blind.locator("main")).to_contain_text("You review blind")


def test_what_is_drawn_around_opens_in_the_grid(running: Running, open_page: Open) -> None:
    page = open_page(running, "/looks")
    plane = page.locator("#plane[data-drawn]")
    expect(plane).to_be_visible(timeout=30_000)
    audit = running.review.examples.audit
    assert audit is not None
    placed = positions(audit)
    assert (audit.folder / FILE).exists()
    box = plane.bounding_box()
    assert box is not None
    for step, (x, y) in enumerate([(0.02, 0.02), (0.98, 0.02), (0.98, 0.5), (0.02, 0.5)]):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if not step:
            page.mouse.down()
    page.mouse.up()
    count = int(re.findall(r"\d+", page.locator("#count").inner_text())[0])
    assert count == pytest.approx((placed[:, 1] > 0.5).sum(), abs=0.1 * EXAMPLES)
    page.get_by_role("link", name="Open in the grid").click()
    expect(page.locator(".tile")).to_have_count(count)
    page.goto(running.address + "/looks")
    expect(plane).to_be_visible()
    plane.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    expect(page.locator("#count")).to_contain_text("are inside")


def test_those_of_one_kind_lie_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LANDMARKS", 200)  # the other four hundred are placed between them
    random = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], 200)
    embedding = np.eye(3, 8)[kind] * 10 + random.normal(size=(600, 8))
    placed = place(embedding.astype(np.float32))
    assert placed.shape == (600, 2)
    assert (placed.min(), placed.max()) == (0, 1)
    centres = np.stack([placed[kind == one].mean(axis=0) for one in range(3)])
    nearest = np.linalg.norm(placed[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == kind).mean() > 0.98


def test_the_map_follows_the_embeddings(audit_folder: Path) -> None:
    audit = AuditFolder.load(audit_folder)
    kept = positions(audit)
    np.save(audit_folder / FILE, 1 - kept)
    assert np.array_equal(positions(audit), 1 - kept)  # read, not computed
    (audit_folder / FILE).write_bytes(b"damaged")
    assert np.array_equal(positions(audit), kept)
    np.save(audit_folder / FILE, 1 - kept)
    np.save(audit_folder / "embeddings.npy", np.asarray(audit.embeddings) * 2)
    assert not np.array_equal(positions(AuditFolder.load(audit_folder)), 1 - kept)


def test_inside_of_an_outline() -> None:
    plane = np.array([[0.5, 0.5], [0.9, 0.5], [0.2, 0.2]], dtype=np.float32)
    assert within(plane, [(0.1, 0.1), (0.8, 0.1), (0.8, 0.8), (0.1, 0.8)]).tolist() == [True, False, True]
    assert within(plane, [(0.1, 0.1), (0.8, 0.1), (0.8, 0.3)]).tolist() == [False, False, False]
    for lasso in ("0.1", "a,b", "0.1,2", ",".join(["0.5"] * 202)):
        with pytest.raises(DataError, match="outline"):
            read_filter({"lasso": lasso}, ("a", "b"), 300)
