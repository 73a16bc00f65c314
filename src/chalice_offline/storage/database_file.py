"""A file of SQLite's that is ours: how it is told from others, opened, and refused."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

# "chof" in ASCII. With it SQLite's header says whose file this is, and in which version.
APPLICATION_ID = 0x63686F66
FORMAT_VERSION = 1


def connect(name: str) -> sqlite3.Connection:
    """Open a database that is ours to write."""
    # One thread at a time is in the kernel, but not always the same one. No waiting for a lock:
    # another process that has the file keeps it as long as it runs.
    database = sqlite3.connect(
        name, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    database.execute("PRAGMA temp_store = MEMORY")
    return database


def connect_for_reading(file: Path) -> sqlite3.Connection:
    """Open a file that is to stay as it is."""
    # A journal beside the file belongs to it: only without one may SQLite take it as it stands.
    pending = file.with_name(f"{file.name}-wal").exists()
    address = f"{file.resolve().as_uri()}?mode=ro{'' if pending else '&immutable=1'}"
    return sqlite3.connect(address, uri=True, timeout=0)


def folder_of(file: Path) -> Path:
    """Return the folder of a file's large objects."""
    return file.with_name(f"{file.name}-objects")


def sign(file: Path) -> None:
    """Say in a file's header whose it is."""
    database = connect(str(file))
    try:
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    finally:
        database.close()


def open_file(file: Path) -> sqlite3.Connection:
    """Open a file to keep, or make it; raises ProjectError."""
    new = not file.exists() or file.stat().st_size == 0
    database: sqlite3.Connection | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        database = connect(str(file))
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        if new:
            # First and as one: a file that is not empty says whose it is.
            database.execute("BEGIN IMMEDIATE")
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
            database.execute("COMMIT")
        # A kill loses nothing that was committed. A power cut may lose the last seconds, but
        # never leaves half an input: fit for a development machine, and ten times as fast.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        database.execute("COMMIT")
    except (sqlite3.DatabaseError, OSError) as error:
        if database is not None:
            database.close()
        raise unusable(file, error) from error
    return database


def unusable(file: Path, error: sqlite3.DatabaseError | OSError) -> ProjectError:
    """Return what is said of a file that cannot be used."""
    if isinstance(error, OSError):
        return ProjectError(f"{file} cannot be opened: {error.strerror or error}")
    if "locked" in str(error):
        return ProjectError(f"{file} is in use by another process")
    if isinstance(error, sqlite3.OperationalError):
        return ProjectError(f"{file} cannot be opened: {error}")
    return ProjectError(f"{file} is damaged or no file of chalice-offline: {error}")


def check(file: Path) -> None:
    """Raise ProjectError unless the file is new, or sound and ours; only reads it."""
    if not file.exists() or file.stat().st_size == 0:
        return
    try:
        database = connect_for_reading(file)
        try:
            owner = database.execute("PRAGMA application_id").fetchone()[0]
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if owner == APPLICATION_ID and version == FORMAT_VERSION:
                verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            database.close()
    except (sqlite3.DatabaseError, OSError) as error:
        raise unusable(file, error) from error
    if owner != APPLICATION_ID:
        raise ProjectError(f"{file} is no file of chalice-offline; it was left as it is")
    if version != FORMAT_VERSION:
        raise ProjectError(
            f"{file} is in format {version}, this chalice-offline reads format "
            f"{FORMAT_VERSION}; it was left as it is"
        )
    if verdict != "ok":
        raise ProjectError(f"{file} is damaged: {verdict}; it was left as it is")
