"""Each example is a project of its own, and its tests pass as its README says: `pytest`, there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))


def test_there_are_five() -> None:
    """An example that is moved does not silently stop being tested."""
    assert NAMES == ["chat", "outbox", "report", "thumbnails", "worker"]


@pytest.mark.parametrize("name", NAMES)
def test_example_passes_its_tests(name: str) -> None:
    """In its own folder, with its own settings."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        command,
        cwd=EXAMPLES / name,
        env={key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    passed = re.search(r"(\d+) passed", ended.stdout)
    assert passed is not None
    assert int(passed[1]) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_example_is_whole(name: str) -> None:
    """What a user copies: the app, what it needs on AWS and here, and its settings."""
    for path in ("requirements.txt", "requirements-dev.txt", "pytest.ini", ".chalice/config.json"):
        assert (EXAMPLES / name / path).is_file(), path
    text = (EXAMPLES / name / "app.py").read_text()
    assert "chalice_offline" not in text
