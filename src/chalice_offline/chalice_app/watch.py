"""Notices when a project's own files change."""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Often enough that an edit is live well within a second, rarely enough to cost little: a project
# is a few hundred files, and looking at one takes microseconds. Listing a folder takes longer.
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
        self._listed: dict[str, _Listing] = {}
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
        listed: dict[str, _Listing] = {}
        folders = [str(self._directory)]
        while folders:
            folder = folders.pop()
            listing = listed[folder] = self._listing(folder)
            folders += listing.folders
            for path in listing.files:
                try:
                    times[path] = os.stat(path).st_mtime_ns  # noqa: PTH116
                except OSError:  # deleted between listing and looking, or not for us
                    continue
        self._listed = listed
        return times

    def _listing(self, folder: str) -> _Listing:
        """Return what is in a folder: as known already, unless a name has come or gone since."""
        try:
            changed_ns = os.stat(folder).st_mtime_ns  # noqa: PTH116
            known = self._listed.get(folder)
            if known is None or known.changed_ns != changed_ns:
                return _list(folder, changed_ns, is_settled=False)
            # Of what came in the same instant as the change that led to the listing, the
            # folder's time does not tell. So it is listed once more, at the next look.
            return known if known.is_settled else _list(folder, changed_ns, is_settled=True)
        except OSError as error:
            if error.errno in _EXHAUSTED:
                raise _CannotLookError from error
            return _NOTHING  # others are none of the project's


class _Listing(NamedTuple):
    """The folders and the files of a folder that are looked at, by their paths."""

    changed_ns: int
    is_settled: bool
    folders: tuple[str, ...]
    files: tuple[str, ...]


_NOTHING = _Listing(0, False, (), ())


def _list(folder: str, changed_ns: int, *, is_settled: bool) -> _Listing:
    folders, files = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if _is_watched(entry.name):
                    folders.append(entry.path)
            elif entry.name.endswith(_SUFFIXES):
                files.append(entry.path)
    return _Listing(changed_ns, is_settled, tuple(folders), tuple(files))


def _is_watched(folder: str) -> bool:
    return folder == ".chalice" or not (folder in _SKIPPED_FOLDERS or folder.startswith("."))


class _CannotLookError(OSError):
    """The machine is short of what it takes to look."""
