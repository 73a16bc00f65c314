"""What README.md tells a newcomer to type works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
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
