"""Whether a thread waits for anything but the machine; Linux says so, other systems do not."""

from __future__ import annotations

from pathlib import Path


def is_runnable(native_id: int | None) -> bool:
    """Whether a thread of this process only waits for a processor, or has one.

    State R of proc_pid_stat(5). False as well when the system does not say, and when the thread
    has ended.
    """
    try:
        stat = Path(f"/proc/self/task/{native_id}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] == b"R"
