"""Notices when a project's own files change."""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Often enough that an edit is live well within a second, rarely enough to cost nothing: a project
# is a few hundred files, and looking at one takes microseconds.
LOOK_EVERY_SECONDS = 0.25

_SUFFIXES = (".py", ".json")
_SKIPPED_FOLDERS = frozenset(
    {"__pycache__", "node_modules", "site-packages", "deployed", "deployments", "tests"}
)
# Nothing can be said of a folder then, least of all that it is empty.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class Watch:
    """Looks at the modification times of a project's Python and JSON files."""

    def __init__(self, directory: Path) -> None:
        """Look for the first time; before the code is loaded, or an edit could be missed."""
        self._directory = directory
        self._stopped = threading.Event()
        try:
            self._seen = self._times()
        except _CannotLookError as error:
            raise ProjectError(f"{directory} cannot be watched: {error.__cause__}") from error

    def changes(self) -> Iterator[str]:
        """Yield the path (relative to the project) of a file that changed, until stopped."""
        while not self._stopped.wait(LOOK_EVERY_SECONDS):
            try:
                now = self._times()
            except _CannotLookError:
                continue
            seen, self._seen = self._seen, now
            changed = [path for path in {**seen, **now} if seen.get(path) != now.get(path)]
            if changed:
                yield os.path.relpath(changed[0], self._directory)

    def stop(self) -> None:
        """End `changes`."""
        self._stopped.set()

    def _times(self) -> dict[str, int]:
        times: dict[str, int] = {}
        for folder, folders, files in os.walk(self._directory, onerror=_unlisted):
            folders[:] = [
                name
                for name in folders
                if name == ".chalice" or not (name in _SKIPPED_FOLDERS or name.startswith("."))
            ]
            for name in files:
                if name.endswith(_SUFFIXES):
                    path = os.path.join(folder, name)  # noqa: PTH118 - os.walk speaks strings
                    try:
                        times[path] = os.stat(path).st_mtime_ns  # noqa: PTH116
                    except OSError:  # deleted between listing and looking, or not for us
                        continue
        return times


class _CannotLookError(OSError):
    """The machine is short of what it takes to look."""


def _unlisted(error: OSError) -> None:
    """Hear of a folder that could not be listed; others than these are none of the project's."""
    if error.errno in _EXHAUSTED:
        raise _CannotLookError from error
