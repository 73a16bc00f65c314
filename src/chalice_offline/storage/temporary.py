"""Folders that are there as long as their process, also when that is killed.

Each holds a file that its process keeps locked. The system lets go of the lock whatever ends the
process, so a folder whose lock can be had is nobody's: no process id is compared, which another
process may have by now, or which means another one in the next container.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows, where folders of killed processes stay
    fcntl = None  # type: ignore[assignment]

PREFIX = "chalice-offline-"
_OWNER = ".owner"


class TemporaryFolder:
    """One folder, and the lock that says whose it is."""

    def __init__(self) -> None:
        """Make it; the folders of processes that were killed are removed first."""
        sweep()
        made = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        # Resolved: files are told from others by their paths.
        self.path = Path(made).resolve()
        self._lock: int | None = None
        if fcntl is not None:
            # Named only once it is locked: nobody finds it before.
            new = self.path / f"{_OWNER}.new"
            self._lock = os.open(new, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            new.rename(self.path / _OWNER)

    def remove(self) -> None:
        """Remove it with all that is in it; once more changes nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove the folders of this user's processes that were killed."""
    if fcntl is None:
        return
    with os.scandir(tempfile.gettempdir()) as found:
        ours = [one.path for one in found if one.name.startswith(PREFIX) and is_own(one)]
    for path in ours:
        _remove_if_abandoned(Path(path))


def is_own(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is this user's, and not a link to one."""
    with contextlib.suppress(FileNotFoundError):
        status = entry.stat(follow_symlinks=False)
        # Windows has no user ids, and a folder for temporary files per user.
        mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        return mine and entry.is_dir(follow_symlinks=False)
    return False


def _remove_if_abandoned(path: Path) -> None:
    locks: Any = fcntl
    try:
        lock = os.open(path / _OWNER, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # another program's folder, or one that is being made or removed
        return
    try:
        locks.flock(lock, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:  # its process lives
        return
    else:
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
