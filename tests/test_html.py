"""The one Jinja environment."""

import json
import subprocess
import sys

import pytest
from jinja2 import UndefinedError

from aleator.html import TEMPLATES, environment, percent, script_json


def test_templates_of_all_packages_are_found_and_share_no_name() -> None:
    names = [path.name for folder in TEMPLATES for path in folder.iterdir()]
    assert sorted(names) == sorted(set(names)) == environment().list_templates()
    assert {"report.html", "overview.html", "predictions.html"} <= set(names)


def test_values_are_escaped_and_a_missing_one_is_an_error() -> None:
    assert environment().from_string("{{ value }}").render(value="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        environment().from_string("{{ value }}").render()


def test_a_template_is_found_without_importing_its_package() -> None:
    check = (
        "import sys; from aleator.html import template; template('predictions.html'); template('report.html');"
        "sys.exit(any(name in sys.modules for name in ('torch', 'aleator.training', 'aleator.report')))"
    )
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_certainty_is_never_claimed_by_rounding() -> None:
    assert [percent(share) for share in (0.0, 0.004, 0.5, 0.994, 0.996)] == [
        "under 1%", "under 1%", "50%", "99%", "over 99%",
    ]  # fmt: skip


def test_json_in_a_script_element_cannot_end_it() -> None:
    assert "<" not in script_json({"name": "</script><!--"})


def test_json_in_a_script_element_holds_letters_as_they_are_and_can_be_written() -> None:
    written = script_json(["很好", "half \ud83d", "\u2028"]).encode()
    assert "很好".encode() in written
    assert json.loads(written) == ["很好", "half \ud83d", "\u2028"]
