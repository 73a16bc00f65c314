"""What counts as a change of a project's files."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from chalice_offline.chalice_app import watch
from chalice_offline.chalice_app.watch import Watch


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_EVERY_SECONDS", 0.001)


def test_a_folder_that_cannot_be_listed_for_want_of_descriptors_is_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a crowd of clients would look like the deletion of the whole project."""
    (tmp_path / "app.py").write_text("")
    (tmp_path / "settings.json").write_text("")
    watched = Watch(tmp_path)
    failed = 0
    scandir = os.scandir

    def out_of_descriptors(path: Any) -> Any:
        nonlocal failed
        failed += 1
        if failed <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        if failed == 4:
            (tmp_path / "settings.json").write_text("{}")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", out_of_descriptors)
    assert next(watched.changes()) == "settings.json"
    assert failed == 4


def test_a_file_that_may_not_be_looked_at_does_not_end_the_watch(tmp_path: Path) -> None:
    """A link to itself cannot be followed."""
    (tmp_path / "app.py").write_text("")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    watched = Watch(tmp_path)
    threading.Timer(0.01, (tmp_path / "app.py").unlink).start()
    assert next(watched.changes()) == "app.py"


def test_what_comes_into_a_folder_that_was_listed_before_is_seen(tmp_path: Path) -> None:
    """Folders are listed again only when their own time says that a name came or went."""
    folder = tmp_path / "chalicelib"
    folder.mkdir()
    (tmp_path / "app.py").write_text("")
    watched = Watch(tmp_path)
    changes = watched.changes()

    def add_menu() -> None:
        (folder / "new").mkdir()
        (folder / "new" / "menu.py").write_text("")

    for act, changed in [
        (lambda: (folder / "store.py").write_text(""), "chalicelib/store.py"),
        (lambda: (folder / "store.py").write_text("OPEN = True"), "chalicelib/store.py"),
        (add_menu, "chalicelib/new/menu.py"),
        ((folder / "store.py").unlink, "chalicelib/store.py"),
    ]:
        threading.Timer(0.02, act).start()
        assert Path(next(changes)).as_posix() == changed
