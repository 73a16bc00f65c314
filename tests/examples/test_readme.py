"""What README.md and docs/CI.md tell a newcomer to type works as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from chalice_offline import cli
from chalice_offline.commands.new import project_files

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FILE = re.compile(r"`([\w./]+)`[^\n]*:\n\n```\w+\n(.*?)```", re.DOTALL)


def test_app_written_by_hand_is_green(tmp_path: Path) -> None:
    """The files of "The first five minutes", in an empty folder, and `pytest`."""
    part = README.read_text("utf-8").split("## The first five minutes\n")[1].split("\n## ")[0]
    files = dict(FILE.findall(part))
    assert files.keys() == {".chalice/config.json", "app.py", "test_app.py"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_files_of_the_page_on_ci_are_those_that_are_shipped() -> None:
    """The workflow is that of an example, the launch file the one that `new` writes."""
    page = (ROOT / "docs" / "CI.md").read_text("utf-8")
    workflow = (ROOT / "examples/worker/.github/workflows/test.yml").read_text("utf-8")
    assert f"```yaml\n{workflow}```" in page
    assert f"```json\n{project_files('shop')['.vscode/launch.json']}```" in page
    steps = yaml.safe_load(workflow)["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step][-1] == "pytest"


def test_commands_of_the_container_are_commands() -> None:
    """The image's command line is one that this version takes, on ports that it publishes."""
    text = (ROOT / "Containerfile").read_text("utf-8")
    found = re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert found is not None
    name, *arguments = json.loads(found[1])
    command = cli.main.commands[name]
    given = command.make_context(name, arguments).params
    assert (given["host"], given["listen_beyond_loopback"]) == ("0.0.0.0", True)
    assert f"EXPOSE {given['port']} {given['aws_port']}" in text
