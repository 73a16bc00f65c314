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
    ("module", "options", "processes", "times"),
    [
        ("simulators.demo", [], 2, 1),
        ("simulators.friday", ["--live"], 2, 1),
        ("simulators.sim", ["--jobs", "2"], 4, 1),  # one watches over what they share
        ("simulators.sim", ["--jobs", "2"], 4, 3),
    ],
)
def test_nothing_stays_behind(
    module: str, options: list[str], processes: int, times: int, tmp_path: Path
) -> None:
    """SIGTERM, also a few times, from a supervisor or `kill`: the app is a process of its own."""
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
    for _ in range(times):
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.03)
    assert process.wait(PATIENCE_SECONDS) == 130
    assert _left(process.pid) == []
    if module == "simulators.sim":
        assert "of 0 to 49, told to end" in (tmp_path / "log").read_text()


def _left(session: int) -> list[int]:
    """Return what is still there a moment later.

    Who watches over what processes share hears of their end by it, and ends then (CPython,
    multiprocessing/resource_tracker.py).
    """
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as clock:
        for _ in range(500):
            if not _of_session(session):
                break
            with suppress(subprocess.TimeoutExpired):
                clock.wait(0.01)
        clock.terminate()
    return _of_session(session)


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
