"""A file of SQLite's that is ours: how it is told from others, opened, and refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from chalice_offline.core.errors import ProjectError
from chalice_offline.storage.file_blobs import check_files, damage_of, large_objects_in
from chalice_offline.storage.log_file import damage_of_log
from chalice_offline.storage.row_sums import seed_of, sum_of, sum_of_row

if TYPE_CHECKING:
    from pathlib import Path

# "chof" in ASCII. With it SQLite's header says whose file this is, and in which version.
APPLICATION_ID = 0x63686F66
FORMAT_VERSION = 3
_SQLITE = b"SQLite format 3\0"
_HEADER_BYTES = 100
_WITH_LOG = 2  # SQLite's file format, 1.3.3: the "file format write version" of one with a WAL
_UNREADABLE = "\ufffd"

#: The tables that every file has, and the statements that make them.
TABLES = {
    "collections": "CREATE TABLE collections "
    "(number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL)",
    "blobs": "CREATE TABLE blobs (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "length INTEGER NOT NULL, md5 TEXT NOT NULL, sum INTEGER NOT NULL)",
    "openings": "CREATE TABLE openings (count INTEGER NOT NULL, sum INTEGER NOT NULL)",
}


def collection_table(table: str) -> str:
    """Return the statement that makes the table of a collection."""
    return (
        f"CREATE TABLE {table} (key BLOB PRIMARY KEY, value BLOB NOT NULL, sum INTEGER NOT NULL) "
        "WITHOUT ROWID"
    )


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
    real = file.resolve()
    pending = real.with_name(f"{real.name}-wal").exists()
    address = f"{real.as_uri()}?mode=ro{'' if pending else '&immutable=1'}"
    return sqlite3.connect(address, uri=True, timeout=0)


def folder_of(file: Path) -> Path:
    """Return the folder of a file's large objects."""
    real = file.resolve()  # as SQLite names its log: a link to the file changes nothing
    return real.with_name(f"{real.name}-objects")


def sign(file: Path) -> None:
    """Say in a file's header whose it is."""
    database = connect(str(file))
    try:
        database.execute("PRAGMA journal_mode = MEMORY")  # as in open_file
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    finally:
        database.close()


def open_file(file: Path) -> sqlite3.Connection:
    """Open a file to keep, or make it; raises ProjectError."""
    database: sqlite3.Connection | None = None
    try:
        new = _is_new(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        database = connect(str(file))
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        if new or _header(file)[18] != _WITH_LOG:
            # What is written before there is a log is one page, in one piece: it needs no journal.
            # A kill would leave one, of which SQLite would take back whose file this is.
            database.execute("PRAGMA journal_mode = MEMORY")
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


def unusable(
    file: Path, error: sqlite3.DatabaseError | OSError | UnicodeDecodeError
) -> ProjectError:
    """Return what is said of a file that cannot be used."""
    if isinstance(error, OSError):
        return ProjectError(f"{file} cannot be opened: {error.strerror or error}")
    if "locked" in str(error):
        return ProjectError(f"{file} is in use by another process")
    if isinstance(error, sqlite3.OperationalError):
        return ProjectError(f"{file} cannot be opened: {error}")
    return ProjectError(f"{file} is damaged or no file of chalice-offline: {error}")


def check(file: Path) -> None:
    """Raise ProjectError unless the file is new, or sound and ours; only reads it.

    So are the large objects beside it: no one is missing, and each as long as it was. What is in
    them is looked at when they are read, or by `examine`: that takes as long as they are large.
    """
    try:
        _check_beside(file)
        if _is_new(file):
            check_files(folder_of(file), {})
            return
        _check_header(file)
        database = connect_for_reading(file)
        try:
            verdict = _verdict(database)
            if verdict == "ok":
                check_files(folder_of(file), _lengths(database))
        finally:
            database.close()
    except (sqlite3.DatabaseError, OSError, UnicodeDecodeError) as error:
        # The last one: of what SQLite says of a name in the file.
        raise unusable(file, error) from error
    if verdict != "ok":
        raise ProjectError(f"{file} is damaged: {verdict}; it was left as it is")


def examine(file: Path) -> tuple[int, list[str]]:
    """Read all of a sound file's large objects: how many there are, and what is wrong with which.

    Raises ProjectError as `check` does.
    """
    check(file)
    if _is_new(file):
        return 0, []
    try:
        database = connect_for_reading(file)
        try:
            made = _large_objects(database)
        finally:
            database.close()
        folder = folder_of(file)
        wrong = [damage_of(folder / str(number), length, md5) for number, length, md5 in made]
    except (sqlite3.DatabaseError, OSError) as error:
        raise unusable(file, error) from error
    return len(made), [text for text in wrong if text]


def _is_new(file: Path) -> bool:
    """Whether a file is still to be made; raises OSError for what is no file."""
    if not file.exists():
        return True
    if not file.is_file():
        raise OSError(f"{file} is no file")
    return file.stat().st_size == 0


def _check_beside(file: Path) -> None:
    """Raise ProjectError when what lies beside a file would be lost, or harm it, by opening it."""
    real = file.resolve()
    journal, log = (real.with_name(f"{real.name}{end}") for end in ("-journal", "-wal"))
    if _holds_something(journal):
        # We leave none (`open_file`): SQLite would take back what is in the file with it.
        raise ProjectError(
            f"{file} has a journal beside it that is not chalice-offline's, {journal}; both were "
            "left as they are"
        )
    if not _is_new(file):
        if wrong := _damage_of_log(file, log):
            raise ProjectError(
                f"{file} has a log beside it that is damaged, {log}: {wrong}; both were left as "
                "they are. Without the log the file is as it was before what is in it"
            )
        return
    left = [log] if _holds_something(log) else large_objects_in(folder_of(file))
    if left:
        raise ProjectError(
            f"{file} is {'empty' if file.exists() else 'missing'}, and what belonged to it is "
            f"still there: {left[0]}; put the file back, or remove that as well"
        )


def _damage_of_log(file: Path, log: Path) -> str:
    """Return what is wrong with the log of a file that nobody writes, "" when nothing is.

    Raises sqlite3.OperationalError when somebody has the file: amid writing any log looks damaged.
    """
    if not damage_of_log(log):
        return ""
    index = log.with_name(f"{log.name.removesuffix('-wal')}-shm")
    is_made_by_looking = not index.exists()
    try:
        with closing(connect_for_reading(file)) as database:
            database.execute("PRAGMA schema_version").fetchone()
            return damage_of_log(log)  # now that nobody can begin to write
    finally:
        if is_made_by_looking:
            index.unlink(missing_ok=True)


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _header(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_HEADER_BYTES)


def _check_header(file: Path) -> None:
    """Raise ProjectError unless a file's first bytes say that it is ours, and in our format.

    They are read without SQLite, which writes beside a file that has a log. Ours says whose it is
    before it has one. SQLite's file format, section 1.3: the version of whose file it is stands at
    60, and who that is at 68.
    """
    header = _header(file)
    if len(header) < _HEADER_BYTES or not header.startswith(_SQLITE):
        raise ProjectError(
            f"{file} is damaged or no file of chalice-offline: no SQLite database; it was left as "
            "it is"
        )
    version, owner = (int.from_bytes(header[at : at + 4], "big") for at in (60, 68))
    if owner != APPLICATION_ID:
        raise ProjectError(f"{file} is no file of chalice-offline; it was left as it is")
    if version != FORMAT_VERSION:
        raise ProjectError(
            f"{file} is in format {version}, this chalice-offline reads format "
            f"{FORMAT_VERSION}; it was left as it is"
        )


def _verdict(database: sqlite3.Connection) -> str:
    """Return "ok", or what is wrong with a database: pages, tables, their names, what they hold.

    SQLite itself looks at pages, and no further than that. A million entries take some seconds.
    """
    database.text_factory = _readable
    for asked in ("quick_check(1)", "integrity_check(collections)"):
        try:
            verdict: str = database.execute(f"PRAGMA {asked}").fetchone()[0]
        except sqlite3.OperationalError as error:
            # The list of collections is made with the file, though not in the same step.
            if "no such table" not in str(error):
                raise
            continue
        if verdict != "ok":
            return verdict
    made = set()
    for kind, name, statement in database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ):
        expected = TABLES.get(name) or collection_table(name)
        if kind != "table" or (name != "sqlite_sequence" and statement != expected):
            return f"its {kind} {name} is not as it was made"
        made.add(name)
    if not made:  # killed before they were made, which is one step
        return "ok"
    for name in TABLES:
        if name not in made:
            return f"its table {name} is missing"
    return _verdict_on_collections(database, made) or _verdict_on_others(database) or "ok"


def _verdict_on_collections(database: sqlite3.Connection, made: set[str]) -> str:
    """Look at each entry; "" when nothing is wrong."""
    for number, name in database.execute("SELECT number, name FROM collections"):
        if f"c{number}" not in made:
            return f"the table of {name} is missing"
        if _UNREADABLE in name:
            return f"the name {name} cannot be read"
        seed = seed_of(name)
        rows = database.execute(f"SELECT key, value, sum FROM c{number}")
        if not all(_is_as_written(seed, *row) for row in rows):
            return f"an entry of {name} is not what was written"
    return ""


def _is_as_written(seed: int, key: object, value: object, sum_: object) -> bool:
    # A row's damage may also be that its bytes are now a text or a number.
    return isinstance(key, bytes) and isinstance(value, bytes) and sum_ == sum_of(seed, key, value)


def _verdict_on_others(database: sqlite3.Connection) -> str:
    """Look at what is no collection; "" when nothing is wrong."""
    for number, *about, sum_ in database.execute("SELECT id, length, md5, sum FROM blobs"):
        if sum_ != sum_of_row(*about):
            return f"what it says of large object {number} is not what was written"
    for count, sum_ in database.execute("SELECT count, sum FROM openings"):
        if sum_ != sum_of_row(count):
            return "how often it was opened is not what was written"
    return ""


def _large_objects(database: sqlite3.Connection) -> list[tuple[int, int, str]]:
    """Return id, length and MD5 of what lies beside a sound file; its tables may be made later."""
    made = database.execute("SELECT name FROM sqlite_master WHERE name = 'blobs'").fetchone()
    return database.execute("SELECT id, length, md5 FROM blobs").fetchall() if made else []


def _lengths(database: sqlite3.Connection) -> dict[int, int]:
    return {number: length for number, length, _ in _large_objects(database)}


def _readable(text: bytes) -> str:
    return text.decode("utf-8", "replace")
