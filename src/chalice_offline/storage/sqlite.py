"""Storage in a file: each collection a table of SQLite's, large objects files beside it.

Without a file collections are kept in Python's own memory (`memory_collection`), and SQLite keeps
the list of large objects only.
"""

from __future__ import annotations

import shutil
import sqlite3
import weakref
from contextlib import closing
from typing import TYPE_CHECKING

from chalice_offline.core.errors import ProjectError
from chalice_offline.storage.database_file import (
    TABLES,
    check,
    collection_table,
    connect,
    connect_for_reading,
    folder_of,
    open_file,
    sign,
    unusable,
)
from chalice_offline.storage.file_blobs import FileBlobs, remove_files
from chalice_offline.storage.memory_collection import MemoryCollection
from chalice_offline.storage.row_sums import seed_of, sum_of, sum_of_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chalice_offline.core.storage import Collection

_FIRST_PAGE = 16
_LARGEST_PAGE = 1024


class SqliteStorage:
    """Storage in memory, or in a file and the folder `<file>-objects` beside it."""

    def __init__(self, file: Path | None = None) -> None:
        """Open; a new file is made.

        Raises ProjectError, and touches nothing, when the file is no storage of this version, is
        damaged, or is in use by another process.
        """
        if file is None:
            self._database = connect(":memory:")
            # Nothing outlives the process, so nothing needs to be kept as one or taken back.
            self._database.execute("PRAGMA journal_mode = OFF")
            folder = None
        else:
            check(file)
            self._database = open_file(file)
            folder = folder_of(file)
        #: Runs one statement.
        self.execute = self._database.execute
        # Also for a storage that nobody closed: Python warns of databases left open.
        self._let_go = weakref.finalize(self, self._database.close)
        self._in_file = file is not None
        self._name = "storage in memory" if file is None else str(file)
        self._collections: dict[str, SqliteCollection] = {}
        self._in_memory: dict[str, MemoryCollection] = {}
        self._tables: dict[str, str] = {}  # of the collections that hold, or held, anything
        self._writes = False  # whether something is written that is not kept yet
        self._counts = False  # whether it is still to be kept that it was opened
        self.blobs = FileBlobs(folder, self)
        try:
            self._prepare()
            self._read_tables()
            self.openings = self._count_opening()
            self.blobs.reconcile()
        except BaseException:
            self._let_go()
            raise

    def __str__(self) -> str:
        """Return what messages call it: its file."""
        return self._name

    def collection(self, name: str) -> Collection:
        """Return the collection of that name; it is made when something is put into it."""
        if not self._in_file:
            return self._in_memory.setdefault(name, MemoryCollection())
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = SqliteCollection(self, name, self._tables.get(name))
        return found

    def drop(self, name: str) -> None:
        """Remove a collection with all it holds, if there is one."""
        if (in_memory := self._in_memory.pop(name, None)) is not None:
            in_memory.clear()
        self._collections.pop(name, None)
        table = self._tables.pop(name, None)
        if table is not None:
            self.begin()
            self.execute(f"DROP TABLE {table}")
            self.execute("DELETE FROM collections WHERE name = ?", (name,))

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the collections that start with `prefix`, sorted."""
        made = [name for name, one in self._in_memory.items() if one.is_made]
        return sorted(name for name in (*self._tables, *made) if name.startswith(prefix))

    def commit(self) -> None:
        """Keep everything written since the last commit, as one."""
        if self._in_file:
            self.notice_loss()
            if not self._database.in_transaction:
                return
            self.execute("COMMIT")
            self._writes = self._counts = False
        if self.blobs.to_remove:
            self.blobs.committed()

    def save_as(self, file: Path) -> None:
        """Write a copy of everything that another process can open.

        ProjectError, and nothing is written, when the file is there already or cannot be made.
        """
        folder = folder_of(file)
        if file.exists() or folder.exists():
            raise ProjectError(f"{file} is there already; it was left as it is")
        self.commit()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._write_tables()
            self.execute("VACUUM INTO ?", (str(file),))
            sign(file)
            self.blobs.copy_to(folder)
        except BaseException as error:
            file.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, sqlite3.DatabaseError | OSError):
                raise unusable(file, error) from error
            raise
        finally:
            self._drop_tables()

    @classmethod
    def copy_of(cls, file: Path) -> SqliteStorage:
        """Return storage in memory that holds what a file does; the file stays as it is.

        ProjectError when there is no such file, it is none of ours, damaged, or in use.
        """
        if not file.is_file():
            raise ProjectError(f"{file} is not there")
        if file.stat().st_size == 0:
            raise ProjectError(f"{file} is empty: nothing was saved in it")
        check(file)
        storage = cls()
        try:
            storage._take_over(file)
        except (sqlite3.DatabaseError, OSError) as error:
            storage.close()
            raise unusable(file, error) from error
        except BaseException:
            storage.close()
            raise
        return storage

    @staticmethod
    def remove(file: Path) -> None:
        """Remove a file that nobody has open, with the objects beside it."""
        real = file.resolve()
        for path in (real, *(real.with_name(f"{real.name}{end}") for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        remove_files(folder_of(file))

    def close(self) -> None:
        """Commit, and let go of files; storage in memory is gone."""
        if self._let_go.alive:
            self.commit()
            # While nobody else has it: what the next one is writing is not ours to remove.
            self.blobs.close()
            self._let_go()

    # ---- for collections and blobs ---------------------------------------------------------------

    def begin(self) -> None:
        """Make sure that what is written now is kept at the next commit and not before."""
        if self._in_file and not self._database.in_transaction:
            self.notice_loss()
            self.execute("BEGIN IMMEDIATE")
            self._writes = True
            if self._counts:
                self._write_openings(self.openings + 1)

    def notice_loss(self) -> None:
        """Forget what was written when SQLite has ended the transaction itself: on a full disk.

        Tables that were made in it are not there, those that were dropped are, and so are the large
        objects that were deleted.
        """
        if self._writes and not self._database.in_transaction:
            self._writes = False
            self.blobs.to_remove.clear()
            self._read_tables()
            for name, collection in self._collections.items():
                collection.table = self._tables.get(name)

    def _read_tables(self) -> None:
        rows = self.execute("SELECT name, number FROM collections")
        self._tables = {name: f"c{number}" for name, number in rows}

    # ---- within ----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.begin()
        for statement in TABLES.values():
            self.execute(statement.replace("TABLE", "TABLE IF NOT EXISTS", 1))
        self.commit_without_blobs()

    def commit_without_blobs(self) -> None:
        """Commit while the storage is still being opened."""
        if self._in_file:
            self.execute("COMMIT")
            self._writes = False

    def _write_tables(self) -> None:
        """Make tables of what is in memory, to be copied into a file."""
        for name in self.names() if self._in_memory else ():
            table = self.make_table(name)
            items, seed = self._in_memory[name].items(), seed_of(name)
            rows = ((key, value, sum_of(seed, key, value)) for key, value in items)
            self._database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)

    def _drop_tables(self) -> None:
        """Undo `_write_tables`."""
        for name in tuple(self._tables) if self._in_memory else ():
            self.execute(f"DROP TABLE {self._tables.pop(name)}")
            self.execute("DELETE FROM collections WHERE name = ?", (name,))

    def _take_over(self, file: Path) -> None:
        with closing(connect_for_reading(file)) as source:
            for number, name in source.execute("SELECT number, name FROM collections").fetchall():
                collection = self._in_memory.setdefault(name, MemoryCollection())
                collection.is_made = True
                put = collection.put
                for key, value in source.execute(f"SELECT key, value FROM c{number} ORDER BY key"):
                    put(key, value)
            self.blobs.take_over(
                source.execute("SELECT id, length, md5 FROM blobs").fetchall(), folder_of(file)
            )
            self.openings = _openings(source)
        self._write_openings(self.openings + 1)

    def _count_opening(self) -> int:
        before = _openings(self._database)
        self.begin()
        # Kept with the first input: until then whoever opened it may still refuse what it holds.
        self._write_openings(before + 1)
        self._counts = True
        return before

    def _write_openings(self, count: int) -> None:
        self.execute("DELETE FROM openings")
        self.execute("INSERT INTO openings VALUES (?, ?)", (count, sum_of_row(count)))

    def make_table(self, name: str) -> str:
        """Make the table of a collection; return what it is called."""
        self.begin()
        number = self.execute("INSERT INTO collections (name) VALUES (?)", (name,)).lastrowid
        table = f"c{number}"
        self.execute(collection_table(table))
        self._tables[name] = table
        return table


def _openings(database: sqlite3.Connection) -> int:
    row = database.execute("SELECT count FROM openings").fetchone()
    return 0 if row is None else int(row[0])


class SqliteCollection:
    """One table; see `core.storage.Collection`."""

    def __init__(self, storage: SqliteStorage, name: str, table: str | None) -> None:
        self._storage = storage
        self._execute = storage.execute
        self._name = name
        self._seed = seed_of(name)
        self.table = table

    @property
    def table(self) -> str | None:
        """The table it is kept in; None as long as nothing was put into it."""
        return self._table

    @table.setter
    def table(self, table: str | None) -> None:
        self._table = table
        self._get = f"SELECT value FROM {table} WHERE key = ?"
        self._put = f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)"
        self._delete = f"DELETE FROM {table} WHERE key = ?"
        self._count = f"SELECT count(*) FROM {table}"

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        if self._table is None:
            return None
        row = self._execute(self._get, (key,)).fetchone()
        return None if row is None else row[0]

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value of `key`."""
        self._storage.begin()
        if self._table is None:
            self.table = self._storage.make_table(self._name)
        try:
            self._execute(self._put, (key, value, sum_of(self._seed, key, value)))
        except sqlite3.OperationalError:
            self._storage.notice_loss()
            raise

    def delete(self, key: bytes) -> None:
        """Remove `key` if it is there."""
        if self._table is not None:
            self._storage.begin()
            self._execute(self._delete, (key,))

    def items(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Give keys and values with start <= key < end, in order or in reverse.

        A page at a time, each a query of its own, so that no cursor is open while others write.
        """
        size = _FIRST_PAGE
        low, high = start, end
        above = ">="
        while True:
            rows = self._page(low, high, above, size, reverse=reverse)
            yield from rows
            if len(rows) < size:
                return
            if reverse:
                high = rows[-1][0]
            else:
                low, above = rows[-1][0], ">"
            size = min(size * 2, _LARGEST_PAGE)

    def __len__(self) -> int:
        return int(self._execute(self._count).fetchone()[0]) if self._table else 0

    def _page(
        self, low: bytes, high: bytes | None, above: str, size: int, *, reverse: bool
    ) -> list[tuple[bytes, bytes]]:
        if self._table is None:
            return []
        below = "" if high is None else "AND key < ?"
        order = "DESC" if reverse else "ASC"
        statement = (
            f"SELECT key, value FROM {self._table} WHERE key {above} ? {below} "
            f"ORDER BY key {order} LIMIT {size}"
        )
        return self._execute(statement, (low,) if high is None else (low, high)).fetchall()
