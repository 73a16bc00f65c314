"""Folders of processes that were killed are removed; those of processes that live are not."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chalice_offline.storage import TemporaryFolder, sweep

HOLDS = """
from chalice_offline.storage import TemporaryFolder
folder = TemporaryFolder()
(folder.path / "large").write_text("x")
print(folder.path, flush=True)
input()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="no locks that end with their process")
def test_the_folder_of_a_killed_process_is_swept(temporary: Path) -> None:
    """Not before it is dead, and by whoever needs a folder next."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        sweep()
        assert (path / "large").exists()
        process.send_signal(signal.SIGKILL)
    assert path.exists()
    mine = TemporaryFolder()
    assert [one.name for one in temporary.iterdir()] == [mine.path.name]
    mine.remove()
    mine.remove()
    assert list(temporary.iterdir()) == []


def test_what_is_not_ours_stays(temporary: Path) -> None:
    """A folder without our lock, a file and a link of that name."""
    for name in ("chalice-offline-mine", "other"):
        (temporary / name).mkdir()
    (temporary / "chalice-offline-file").touch()
    (temporary / "chalice-offline-link").symlink_to(temporary / "other")
    sweep()
    assert len(list(temporary.iterdir())) == 4
