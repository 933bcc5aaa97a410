"""The command itself: it takes decisions in, says where the page is, and lets in who has the printed address."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aleator.review.examples import open_examples

if TYPE_CHECKING:
    from playwright.sync_api import Browser

expect = pytest.importorskip("playwright.sync_api").expect


def test_the_printed_address_opens_the_page(made_up: Path, tmp_path: Path, browser: "Browser") -> None:
    """On plain data, with decisions made elsewhere, a token with signs in it, under a prefix."""
    data = made_up / "faces.parquet"
    names = open_examples(data).class_names
    (tmp_path / "theirs.csv").write_text(f"id,label\nface-0000001,{names[0]}\nface-0000002,{names[1]}|{names[2]}\n")
    command = [sys.executable, "-m", "aleator", "review", str(data), "--port", "0", "--prefix", "/team"]
    command += ["--database", str(tmp_path / "r.sqlite"), "--token", "a&b=c d/e?f#g", "--import"]
    with subprocess.Popen([*command, str(tmp_path / "theirs.csv")], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            told = [server.stdout.readline() for _ in range(4)]
            assert told[0].startswith("2 decisions of")
            assert "2 reviewed" in told[1]
            assert "r.sqlite" in told[2]
            page = browser.new_page()
            page.goto(told[3].removeprefix("Review: ").strip())
            assert "token" not in page.url
            page.get_by_label("Name").fill("Ada")
            page.get_by_role("button", name="Start").click()
            expect(page.locator("main")).to_contain_text("2 examples reviewed so far")
            page.goto(page.url + "people")
            expect(page.locator("main")).to_contain_text("theirs")
            page.close()
        finally:
            server.kill()
