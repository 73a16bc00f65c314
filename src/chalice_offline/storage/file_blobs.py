"""Large objects as files in a folder, their lengths and digests in the database beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import EmulatorBug, ProjectError
from chalice_offline.core.latest import Latest
from chalice_offline.core.storage import PIECE_BYTES, Blob, DamagedObjectError
from chalice_offline.storage.joined_blob import FilesInUse, JoinedBlob
from chalice_offline.storage.row_sums import sum_of_row
from chalice_offline.storage.temporary import TemporaryFolder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

_UNFINISHED = "incoming"  # the folder of what is still being written
_LOOKED_AT = 50_000  # files of which it is known that they are as they were written

State = tuple[int, int]  # how long a file is, and when it was last changed


class Database(Protocol):
    """What is needed of the database the files belong to."""

    def begin(self) -> None:
        """Make sure that what is written now is kept at the next commit and not before."""
        ...

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        ...


class FileWriter:
    """See `core.storage.BlobWriter`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0

    def write(self, piece: bytes) -> None:
        """Append."""
        self._file.write(piece)
        self._md5.update(piece)
        self._length += len(piece)

    def finish(self) -> Blob:
        """Close the file and return it, with its MD5."""
        self._file.close()
        return Blob(self._path, self._length, md5=self._md5.hexdigest())

    def discard(self) -> None:
        """Remove the file."""
        try:
            self._file.close()  # on a full disk it fails once more
        finally:
            self._path.unlink(missing_ok=True)


class FileBlobs:
    """See `core.storage.Blobs`; the folder is made with the first file."""

    def __init__(self, folder: Path | None, database: Database) -> None:
        """Keep files in `folder`; without one in a temporary folder that goes with this."""
        self._given_folder = folder
        self._database = database
        #: Files of what was deleted since the last commit.
        self.to_remove: list[Path] = []
        self._in_use = FilesInUse()
        self._sound: Latest[str, State] = Latest(_LOOKED_AT)

    def writer(self) -> FileWriter:
        """Start a file; what is never kept is removed when the storage is opened or closed."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._unfinished)
        os.close(descriptor)
        return FileWriter(Path(name))

    def keep(self, blob: Blob) -> str:
        """Keep a finished file and return its id; the file is moved, not copied."""
        number = self._enter(blob)
        path = self._path(number)
        with self._or_not_at_all(number):
            blob.path.replace(path)
            self._sound.keep(number, _state_of(path))
        return number

    def copy(self, blob_id: str) -> str:
        """Keep a large object once more and return the new id.

        Files are never written to again, so that both may be one file under two names; it is copied
        where the file system has no such links, or no more of them.
        """
        blob = self.get(blob_id)
        number = self._enter(blob)
        path = self._path(number)
        with self._or_not_at_all(number):
            path.unlink(missing_ok=True)  # of an input that was not kept
            _link_or_copy(blob.path, path)
            self._sound.keep(number, _state_of(path))
        return number

    def join(self, spans: Iterable[tuple[str, int, int]]) -> Blob:
        """Return spans (id, start, length) of large objects, one after another, as one."""
        parts = []
        for number, start, length in spans:
            path = self._path(number)
            if not self._is_sound(number, path):
                self.get(number)
            parts.append(Blob(path, length, start))
        return JoinedBlob.of(tuple(parts), self._in_use)

    def add(self, pieces: Iterable[bytes]) -> str:
        """Write and keep a large object; return its id."""
        writer = self.writer()
        try:
            for piece in pieces:
                writer.write(piece)
            return self.keep(writer.finish())
        except BaseException:
            writer.discard()
            raise

    def get(self, blob_id: str) -> Blob:
        """Return a large object; an EmulatorBug when there is none of that id.

        DamagedObjectError when its file is not what was written. What this process has not written
        is read for that, the first time and whenever its file has changed since.
        """
        row = self._database.execute(
            "SELECT length, md5 FROM blobs WHERE id = ?", (int(blob_id),)
        ).fetchone()
        if row is None:
            raise EmulatorBug(f"there is no blob {blob_id}")
        path = self._path(blob_id)
        length, md5 = row
        if not self._is_sound(blob_id, path):
            damage = damage_of(path, length, md5)
            if damage:
                raise DamagedObjectError(damage)
            self._sound.keep(blob_id, _state_of(path))
        return Blob(path, length, md5=md5)

    def delete(self, blob_id: str) -> None:
        """Remove a large object, once the present input is kept."""
        self._database.begin()
        self._database.execute("DELETE FROM blobs WHERE id = ?", (int(blob_id),))
        self.to_remove.append(self._path(blob_id))

    def committed(self) -> None:
        """Remove the files of what was deleted, now that nothing can bring it back."""
        for path in self.to_remove:
            self._in_use.remove(path)
        self.to_remove.clear()

    def copy_to(self, folder: Path) -> None:
        """Make another folder with all large objects; as links, where that can be."""
        for (number,) in self._database.execute("SELECT id FROM blobs").fetchall():
            folder.mkdir(parents=True, exist_ok=True)
            try:
                _link_or_copy(self._path(str(number)), folder / str(number))
            except FileNotFoundError as error:
                raise ProjectError(f"{self._path(str(number))} is missing") from error

    def take_over(self, rows: Iterable[tuple[int, int, str]], folder: Path) -> None:
        """Keep the large objects of another folder under their ids; ProjectError when one lacks."""
        for number, length, md5 in rows:
            path = folder / str(number)
            if not path.is_file() or path.stat().st_size != length:
                raise ProjectError(f"{path} is missing or damaged; it should have {length} bytes")
            self._database.execute(
                "INSERT INTO blobs VALUES (?, ?, ?, ?)",
                (number, length, md5, sum_of_row(length, md5)),
            )
            _link_or_copy(path, self._path(str(number)))

    def close(self) -> None:
        """Remove what was written and never kept."""
        if self._given_folder is not None:
            shutil.rmtree(self._given_folder / _UNFINISHED, ignore_errors=True)
        elif "_folder" in vars(self):
            self._temporary()

    def reconcile(self) -> None:
        """Remove what a process that was killed had not kept yet.

        Only what is named as we name files is ours to remove. `check_files` comes before: of a
        storage that is refused nothing is removed.
        """
        if self._given_folder is None or not self._given_folder.is_dir():
            return
        known = {number for (number,) in self._database.execute("SELECT id FROM blobs")}
        shutil.rmtree(self._given_folder / _UNFINISHED, ignore_errors=True)
        for path in large_objects_in(self._given_folder):
            if int(path.name) not in known:
                path.unlink()

    def _is_sound(self, blob_id: str, path: Path) -> bool:
        """Whether a file was written or read here, and has not changed since."""
        known = self._sound.get(blob_id)
        try:
            return known is not None and known == _state_of(path)
        except FileNotFoundError:
            return False

    def _enter(self, blob: Blob) -> str:
        self._database.begin()
        number = self._database.execute(
            "INSERT INTO blobs (length, md5, sum) VALUES (?, ?, ?)",
            (blob.length, blob.md5, sum_of_row(blob.length, blob.md5)),
        ).lastrowid
        return str(number)

    @contextmanager
    def _or_not_at_all(self, number: str) -> Iterator[None]:
        """Make no entry for a file that could not be put into its place."""
        try:
            yield
        except BaseException:
            self._database.execute("DELETE FROM blobs WHERE id = ?", (int(number),))
            self._path(number).unlink(missing_ok=True)
            raise

    @cached_property
    def _folder(self) -> Path:
        if self._given_folder is not None:
            self._given_folder.mkdir(parents=True, exist_ok=True)
            return self._given_folder
        folder = TemporaryFolder()
        self._temporary = weakref.finalize(self, folder.remove)
        return folder.path

    @property
    def _unfinished(self) -> Path:
        return self._folder / _UNFINISHED

    def _path(self, blob_id: str) -> Path:
        return self._folder / blob_id


def check_files(folder: Path, lengths: Mapping[int, int]) -> None:
    """Raise ProjectError unless a folder has the large objects of these ids and lengths."""
    if folder.exists() and not folder.is_dir():
        raise ProjectError(f"{folder} is no folder; it was left as it is")
    for number, length in lengths.items():
        path = folder / str(number)
        found = path.stat().st_size if path.is_file() else None
        if found != length:
            raise ProjectError(
                f"{path} is {'missing' if found is None else 'damaged'}: its storage says that "
                f"it has {length} bytes; it was left as it is"
            )


def large_objects_in(folder: Path) -> list[Path]:
    """Return the files of a folder that are named as we name large objects."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.name.isdecimal() and path.is_file()]


def remove_files(folder: Path) -> None:
    """Remove what is ours in a folder, and the folder unless something else is in it."""
    if not folder.is_dir():
        return
    shutil.rmtree(folder / _UNFINISHED, ignore_errors=True)
    for path in large_objects_in(folder):
        path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def damage_of(path: Path, length: int, md5: str) -> str:
    """Read a large object, and say what is wrong with it; "" when it is as it was written."""
    if not path.is_file():
        return f"{path} is missing: a large object of {length} bytes"
    found, digest = 0, hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            found += len(piece)
            digest.update(piece)
    if found != length:
        return f"{path} is damaged: it should have {length} bytes and has {found}"
    if md5 and digest.hexdigest() != md5:
        return f"{path} is damaged: it is not what was written"
    return ""


def _state_of(path: Path) -> State:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _link_or_copy(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except OSError:
        shutil.copyfile(path, other)
