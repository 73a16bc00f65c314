"""What is told to end takes the processes along that it has started."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("module", "options", "processes"),
    [
        ("simulators.demo", [], 2),
        ("simulators.friday", ["--live"], 2),
        ("simulators.sim", ["--jobs", "2"], 4),  # one watches over what they share
    ],
)
def test_nothing_stays_behind(
    module: str, options: list[str], processes: int, tmp_path: Path
) -> None:
    """SIGTERM, as from a supervisor or `kill`: the app is a process of its own."""
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--orders", "1000", *options],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for _ in range(PATIENCE_SECONDS * 20):
        if len(_of_session(process.pid)) == processes:
            break
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended with {process.wait(0.05)}: {(tmp_path / 'log').read_text()}")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 130
    assert _of_session(process.pid) == []
    if module == "simulators.sim":
        assert "of 0 to 49, told to end" in (tmp_path / "log").read_text()


def _of_session(session: int) -> list[int]:
    """Return the processes of a session that have not ended (proc_pid_stat(5))."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, its = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its) == session and state != "Z":
            found.append(int(folder.name))
    return found
