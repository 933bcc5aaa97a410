"""The files for Docker: linted, held against the schema, their commands parsed, and built where an engine is."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from aleator.cli import app
from tests.review.test_proxy import TOKEN

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docker"
FILLED_IN = {"AUDIT": "audit", "TOKEN": TOKEN, "PASSWORD": "secret", "FOLDER": "/srv/labels", "CERTIFICATES": "/srv/c"}


def beside_python(name: str) -> str:
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    return path


def services() -> dict[str, Any]:
    """The compose file's services, filled in as by an environment file."""
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{(\w+)[^}]*\}", lambda match: FILLED_IN[match[1]], text)
    return dict(yaml.safe_load(text)["services"])


def test_the_dockerfile_passes_its_linter() -> None:
    subprocess.run([beside_python("hadolint"), str(FOLDER / "Dockerfile")], check=True)


def test_the_compose_file_is_one() -> None:
    command = [beside_python("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    subprocess.run(command, check=True, cwd=FOLDER)


def test_what_the_containers_run_is_a_command_and_fits_together() -> None:
    parts = services()
    _, bound, _ = app.parse_args(parts["review"]["command"], exit_on_error=False, print_error=False)
    settings = bound.arguments["settings"]
    assert settings.host == "0.0.0.0"
    assert settings.token == TOKEN
    assert f"subnet: {settings.proxy}" in (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    user, name = parts["database"]["environment"]["POSTGRES_USER"], parts["database"]["environment"]["POSTGRES_DB"]
    assert settings.database == f"postgresql://{user}@database/{name}"
    proxied = re.search(r"proxy_pass http://(\w+):(\d+);", (FOLDER / "nginx.conf").read_text(encoding="utf-8"))
    assert proxied is not None
    assert proxied.groups() == ("review", str(settings.port))
    assert "ports" not in parts["review"]  # nobody gets past the proxy
    assert "ports" not in parts["database"]
    dockerfile = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    (words,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    app.parse_args(json.loads(words), exit_on_error=False, print_error=False)


def test_what_has_to_be_filled_in_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text(encoding="utf-8")))
    listed = set(re.findall(r"^(\w+)=", (FOLDER / "env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert asked == listed == set(FILLED_IN)


def test_all_that_the_image_is_built_of_is_sent_to_the_engine() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for name in line.split()
    }
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.slow
def test_the_image_is_built_and_answers() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True).returncode:
        pytest.skip("no Docker engine here: the image is not built")
    subprocess.run([docker, "build", "-q", "-f", "docker/Dockerfile", "-t", "aleator-test", "."], cwd=ROOT, check=True)
    told = subprocess.run([docker, "run", "--rm", "aleator-test", "doctor", "--json"], capture_output=True, check=True)
    assert json.loads(told.stdout)["extras"]["review"] == "installed"
