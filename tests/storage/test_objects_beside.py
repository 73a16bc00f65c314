"""The folder of large objects beside a file: what an opening clears away, and what it refuses."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from chalice_offline.core.errors import ProjectError
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_the_folder_beside_a_file_loses_only_what_is_ours(file: Path) -> None:
    """Whoever had a folder of that name before keeps what is in it."""
    SqliteStorage(file).close()
    folder = file.with_name(f"{file.name}-objects")
    (folder / "mine").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (folder / "7").write_text("an object that nothing knows of")
    SqliteStorage(file).close()
    assert sorted(path.name for path in folder.iterdir()) == ["mine", "notes.txt"]
    with closing(SqliteStorage(file)) as storage:
        storage.blobs.add([b"content"])
        storage.commit()
    SqliteStorage.remove(file)
    assert sorted(path.name for path in folder.iterdir()) == ["mine", "notes.txt"]
    assert [path.name for path in file.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("how", ["removed", "shortened", "folder"])
def test_an_object_that_is_missing_is_told_when_the_file_is_opened(file: Path, how: str) -> None:
    """Not when an application reads it, weeks later."""
    with closing(SqliteStorage(file)) as storage:
        number = storage.blobs.add([b"content"])
        path = storage.blobs.get(number).path
    if how == "removed":
        path.unlink()
    elif how == "shortened":
        path.write_bytes(b"con")
    else:
        shutil.rmtree(path.parent)
    unfinished = path.with_name("incoming")
    if how != "folder":
        unfinished.mkdir(exist_ok=True)
        path.with_name("99").write_text("of an input that was not kept")
    before = contents_below(file.parent)
    with pytest.raises(ProjectError, match=rf"{path.name} is (missing|damaged).*7 bytes"):
        SqliteStorage(file)
    assert contents_below(file.parent) == before  # not even what an opening clears away
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"content")
    SqliteStorage(file).close()
    assert not unfinished.exists()


def contents_below(folder: Path) -> dict[str, bytes | None]:
    """Return what is in a folder: the bytes of files, None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }
