"""Which sessions run on this machine: each leaves a note for the commands that look for it.

A note is a file in a folder that is its process's own (`storage.temporary`), so that the note of a
process that was killed goes with the folder, and nobody but this user can read or forge one.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chalice_offline.storage.temporary import PREFIX, TemporaryFolder, is_own, sweep

_NOTE = "session.json"


@dataclass(frozen=True, slots=True)
class Note:
    """Where a session can be reached, and whose it is; `directory` is "" without a project."""

    aws_url: str
    app_url: str
    directory: str
    pid: int
    project: str = ""
    stage: str = ""


class NoteLeft:
    """A note, from when it is left until it is taken away."""

    def __init__(self, note: Note) -> None:
        """Leave it."""
        self._folder = TemporaryFolder()
        told = asdict(note)
        # Paths are bytes: whoever reads this may spell them in another encoding.
        told["directory"] = os.fsencode(note.directory).decode("utf-8", "surrogateescape")
        (self._folder.path / _NOTE).write_text(json.dumps(told), encoding="utf-8")

    def take_away(self) -> None:
        """Say that the session is over."""
        self._folder.remove()


def running_sessions() -> list[Note]:
    """Return the notes of the sessions that this user runs, the oldest first."""
    sweep()
    found = []
    with os.scandir(tempfile.gettempdir()) as entries:
        folders = [Path(one.path) for one in entries if one.name.startswith(PREFIX) and is_own(one)]
    for folder in folders:
        # It may end between our looking and our reading.
        with contextlib.suppress(OSError, ValueError, TypeError):
            path = folder / _NOTE
            note = Note(**json.loads(path.read_text(encoding="utf-8")))
            directory = os.fsdecode(note.directory.encode("utf-8", "surrogateescape"))
            note = replace(note, directory=directory)
            found.append((path.stat().st_mtime_ns, note))
    return [note for _, note in sorted(found, key=lambda one: one[0])]
