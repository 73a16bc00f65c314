"""Damage to a file and to what lies beside it: refused in a sentence, and nothing is touched."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.errors import ProjectError
from chalice_offline.core.storage import DamagedObjectError
from chalice_offline.storage import SqliteStorage, examine
from chalice_offline.storage.file_blobs import FileBlobs

if TYPE_CHECKING:
    from pathlib import Path

LARGE = b"content of a large object"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def contents_below(folder: Path) -> dict[str, bytes | None]:
    """Return what is in a folder: the bytes of files, None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def filled(file: Path) -> str:
    """Make a file with two collections and a large object, of which the id is returned."""
    with closing(SqliteStorage(file)) as storage:
        for name in ("things/a", "things/b"):
            for number in range(10):
                storage.collection(name).put(b"%d" % number, name.encode())
        return storage.blobs.add([LARGE])


def page_of(file: Path, table: str) -> tuple[int, int]:
    """Return where the first page of a table is in a file, and where it ends."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        asked = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (number,) = database.execute(asked, (table,)).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return (number - 1) * size, number * size


def refused(file: Path) -> str:
    """Return the sentence in which a file is refused; nothing in its folder may change."""
    before = contents_below(file.parent)
    with pytest.raises(ProjectError) as error:
        SqliteStorage(file)
    assert contents_below(file.parent) == before
    assert str(file.name) in str(error.value)
    return str(error.value)


# ---- the file itself ---------------------------------------------------------------------------


def test_collections_that_have_changed_places_are_told(file: Path) -> None:
    """Each page by itself is sound, and so is each entry; they are another collection's."""
    filled(file)
    (a, a_end), (b, b_end) = page_of(file, "c1"), page_of(file, "c2")
    content = bytearray(file.read_bytes())
    content[a:a_end], content[b:b_end] = content[b:b_end], content[a:a_end]
    file.write_bytes(content)
    assert "things/a" in refused(file)


@pytest.mark.parametrize("table", ["openings", "blobs", "collections"])
def test_no_bit_that_changed_in_a_table_of_ours_is_believed(file: Path, table: str) -> None:
    """How often it was opened (ids follow from that), lengths and digests of large objects."""
    number = filled(file)
    sound = file.read_bytes()
    _, end = page_of(file, table)
    found = 0
    for at in range(end - 12, end):
        for bit in range(8):
            content = bytearray(sound)
            content[at] ^= 1 << bit
            file.write_bytes(content)
            try:
                with closing(SqliteStorage(file)) as storage:
                    assert storage.openings == 1, (at, bit)
                    assert storage.blobs.get(number).read() == LARGE
            except ProjectError as error:
                assert str(file) in str(error)
                found += 1
            file.write_bytes(sound)
    assert found > 48


@pytest.mark.parametrize("missing", ["blobs", "openings"])
def test_a_table_that_is_not_there_is_told(file: Path, missing: str) -> None:
    """It is not made anew, as if nothing had been in it."""
    filled(file)
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"DROP TABLE {missing}")
        database.commit()
    assert f"its table {missing} is missing" in refused(file)


def test_what_is_no_table_of_ours_is_told(file: Path) -> None:
    """A trigger in it would do with every entry what its author likes."""
    filled(file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TRIGGER t AFTER INSERT ON c1 BEGIN DELETE FROM c2; END")
        database.commit()
    assert "its trigger t is not as it was made" in refused(file)


# ---- what is missing ---------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_large_objects_whose_file_is_gone_are_not_removed(file: Path, how: str) -> None:
    """Somebody moved the one and not the other, or a disk was full while it was copied."""
    filled(file)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"")
    assert f"{file} is {how}, and what belonged to it is still there" in refused(file)


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_log_whose_file_is_gone_is_not_removed(file: Path, how: str) -> None:
    """What was kept since the file was last written is in it: SQLite would remove it."""
    killed = (
        "import os, pathlib, sys; from chalice_offline.storage import SqliteStorage\n"
        "storage = SqliteStorage(pathlib.Path(sys.argv[1]))\n"
        "storage.collection('a').put(b'k', b'v'); storage.commit(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(file)], check=False)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"")
    assert "state.db-wal" in refused(file)


def killed_after(file: Path, commits: int) -> Path:
    """Have a process keep a row in each of several commits, and be killed; return the log."""
    program = (
        "import os, pathlib, sys; from chalice_offline.storage import SqliteStorage\n"
        "storage = SqliteStorage(pathlib.Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2])):\n"
        "    storage.collection('a').put(b'%d' % number, b'v'); storage.commit()\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(file), str(commits)], check=False)
    return file.with_name(f"{file.name}-wal")


def test_damage_in_the_middle_of_a_log_is_told(file: Path) -> None:
    """SQLite would go back to what was before it, and say nothing of what came after."""
    log = killed_after(file, 10)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    assert "has a log beside it that is damaged" in refused(file)


def test_a_log_that_is_being_written_is_not_judged(file: Path) -> None:
    """Amid somebody's writing any log looks damaged; who hears that might take it away."""
    storage = SqliteStorage(file)
    for number in range(10):
        storage.collection("a").put(b"%d" % number, b"v")
        storage.commit()
    log = file.with_name(f"{file.name}-wal")
    written = log.read_bytes()
    half_written = bytearray(written)
    half_written[len(written) // 2] ^= 1
    log.write_bytes(half_written)
    said = refused(file)
    log.write_bytes(written)
    storage.close()
    assert said == f"{file} is in use by another process"


def test_damage_at_the_beginning_of_a_log_is_told(file: Path) -> None:
    """SQLite would leave out the whole of it."""
    log = killed_after(file, 3)
    content = bytearray(log.read_bytes())
    content[17] ^= 1
    log.write_bytes(content)
    assert "its first bytes are not what was written" in refused(file)


def test_a_log_that_ends_in_the_middle_of_a_transaction_is_sound(file: Path) -> None:
    """A kill leaves that: all that was kept is there, and the half is not."""
    log = killed_after(file, 5)
    content = log.read_bytes()
    log.write_bytes(content[:-100])
    with closing(SqliteStorage(file)) as storage:
        assert [key for key, _ in storage.collection("a").items()] == [b"0", b"1", b"2", b"3"]


def test_what_an_older_log_left_behind_is_no_damage(file: Path) -> None:
    """SQLite begins the log anew, and writes over the old one from its beginning."""
    log = killed_after(file, 5)
    content = bytearray(log.read_bytes())
    frame = 24 + 4096
    for begin in range(32 + 6 * frame, len(content), frame):
        content[begin + 8] ^= 255  # its salt
    log.write_bytes(content)
    with closing(SqliteStorage(file)) as storage:
        assert len(storage.collection("a")) < 5


def test_a_journal_that_is_not_ours_is_not_followed(file: Path) -> None:
    """SQLite would undo with it what is in the file, whoever left it there."""
    filled(file)
    file.with_name("state.db-journal").write_bytes(bytes.fromhex("d9d505f920a163d7") + b"\0" * 600)
    assert "state.db-journal" in refused(file)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """A folder, a pipe (which would keep its opener waiting), a name that is too long."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "x" * 300):
        with pytest.raises(ProjectError, match="cannot be opened"):
            SqliteStorage(tmp_path / name)


def test_a_kill_at_any_step_of_making_a_file_leaves_one_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty, half made or whole; and nothing beside it that would be followed later."""
    making, kills = tmp_path / "making", []

    class Watched(sqlite3.Connection):
        def execute(self, *asked: Any) -> sqlite3.Cursor:
            done = super().execute(*asked)
            if making.exists():
                kills.append(tmp_path / str(len(kills)))
                shutil.copytree(making, kills[-1])
            return done

    connect = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr("sqlite3.connect", lambda *a, **more: connect(*a, **more, factory=Watched))
        with closing(SqliteStorage(making / "state.db")) as storage:
            storage.collection("a").put(b"k", b"v")
    assert len(kills) > 15
    for folder in kills:
        assert not (folder / "state.db-journal").exists()
        with closing(SqliteStorage(folder / "state.db")) as storage:
            assert storage.collection("a").get(b"k") in (None, b"v")
            storage.collection("a").put(b"k", b"again")
        with closing(SqliteStorage(folder / "state.db")) as storage:
            assert storage.collection("a").get(b"k") == b"again"


def test_a_link_to_a_file_is_the_file(tmp_path: Path) -> None:
    """Its log and its large objects lie beside what it stands for, for SQLite as for us."""
    (tmp_path / "links").mkdir()
    link, file = tmp_path / "links" / "link.db", tmp_path / "state.db"
    link.symlink_to(file)
    number = filled(link)
    assert (tmp_path / "state.db-objects" / number).is_file()
    with closing(SqliteStorage(file)) as storage:
        assert storage.blobs.get(number).read() == LARGE
    SqliteStorage.remove(link)
    assert contents_below(tmp_path) == {"links": None, "links/link.db": None}


def test_what_the_next_process_writes_is_not_removed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes a file clears up while it is still theirs."""
    close, closed = FileBlobs.close, []

    def watched(blobs: FileBlobs) -> None:
        with pytest.raises(ProjectError, match="in use"):
            SqliteStorage(file)
        closed.append(blobs)
        close(blobs)

    filled(file)
    monkeypatch.setattr(FileBlobs, "close", watched)
    storage = SqliteStorage(file)
    storage.close()
    assert closed == [storage.blobs]


# ---- a full disk -------------------------------------------------------------------------------


def test_what_a_full_disk_took_back_is_as_if_it_had_not_been(file: Path) -> None:
    """A collection that was made is none, and no other has its table; what was deleted is there."""
    with closing(SqliteStorage(file)) as storage:
        storage.collection("dropped").put(b"k", b"v")
        number = storage.blobs.add([LARGE])
        storage.commit()
        pages = storage.execute("PRAGMA page_count").fetchone()[0]
        storage.execute(f"PRAGMA max_page_count = {pages + 2}")
        storage.blobs.delete(number)
        storage.drop("dropped")
        made = storage.collection("made")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            made.put(b"k", b"x" * 1_000_000)
        assert (made.get(b"k"), storage.names()) == (None, ["dropped"])
        storage.commit()
        storage.execute(f"PRAGMA max_page_count = {pages + 1000}")
        storage.collection("other").put(b"k", b"other")
        made.put(b"k", b"made")
        storage.collection("dropped").put(b"l", b"w")
        storage.commit()
        assert storage.collection("other").get(b"k") == b"other"
    with closing(SqliteStorage(file)) as again:
        assert again.openings == 1
        kept = {name: dict(again.collection(name).items()) for name in again.names()}
        assert kept == {
            "dropped": {b"k": b"v", b"l": b"w"},
            "made": {b"k": b"made"},
            "other": {b"k": b"other"},
        }
        assert again.blobs.get(number).read() == LARGE


def test_an_opening_counts_although_its_first_input_was_lost(file: Path) -> None:
    """Else the next process would give out this one's ids."""
    SqliteStorage(file).close()
    with closing(SqliteStorage(file)) as storage:
        pages = storage.execute("PRAGMA page_count").fetchone()[0]
        storage.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            storage.collection("a").put(b"k", b"x" * 1_000_000)
        storage.commit()
        assert storage.openings == 1
        storage.collection("a").put(b"k", b"v")
    with closing(SqliteStorage(file)) as again:
        assert again.openings == 2


def test_a_copy_for_which_there_is_no_room_is_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the file would say of a large object that is not there, and be refused from then on."""

    def full(*_: object) -> None:
        raise OSError("no room here")

    with closing(SqliteStorage(file)) as storage:
        number = storage.blobs.add([LARGE])
        storage.commit()
        with monkeypatch.context() as patched:
            patched.setattr("os.link", full)
            patched.setattr("shutil.copyfile", full)
            with pytest.raises(OSError, match="no room"):
                storage.blobs.copy(number)
        with monkeypatch.context() as patched:
            patched.setattr("pathlib.Path.replace", full)
            with pytest.raises(OSError, match="no room"):
                storage.blobs.add([b"other"])
        assert list(storage.blobs._unfinished.iterdir()) == []
    with closing(SqliteStorage(file)) as again:
        assert again.blobs.get(number).read() == LARGE


# ---- large objects -----------------------------------------------------------------------------


def test_a_large_object_that_is_not_what_was_written_is_not_read(file: Path) -> None:
    """Of its length, so that an opening does not tell; the other one is read as before."""
    number = filled(file)
    with closing(SqliteStorage(file)) as storage:
        other = storage.blobs.add([LARGE])
        path = storage.blobs.get(number).path
    path.write_bytes(LARGE[::-1])
    with closing(SqliteStorage(file)) as storage:
        blobs = storage.blobs
        for read in (blobs.get, blobs.copy, lambda one: blobs.join([(one, 0, 3)])):
            with pytest.raises(DamagedObjectError, match=f"{path} is damaged: .*not what was"):
                read(number)
        assert storage.blobs.get(other).read() == LARGE
        path.write_bytes(LARGE)
        assert storage.blobs.get(number).read() == LARGE
        assert storage.blobs.join([(number, 0, 3), (other, 3, 4)]).read() == LARGE[:7]


@pytest.mark.parametrize("how", ["missing", "shorter", "other"])
def test_a_large_object_that_changes_while_it_is_open_is_told(file: Path, how: str) -> None:
    """Whoever wrote or read it here before."""
    with closing(SqliteStorage(file)) as storage:
        number = storage.blobs.add([LARGE])
        storage.commit()
        path = storage.blobs.get(number).path
        if how == "missing":
            path.unlink()
        else:
            path.write_bytes(LARGE[1:] if how == "shorter" else LARGE[::-1])
            os.utime(path, ns=(1, 1))
        for _ in range(2):
            with pytest.raises(DamagedObjectError, match=f"{path} is (missing|damaged)"):
                storage.blobs.get(number)
        copy = file.with_name("copy.db")
        if how == "missing":
            with pytest.raises(ProjectError, match=f"{path} is missing"):
                storage.save_as(copy)
            assert not copy.exists()
        path.write_bytes(LARGE)


def test_a_file_is_examined_to_its_last_large_object(file: Path) -> None:
    """Each that is not as it was written is told, and nothing is touched."""
    assert examine(file) == (0, [])
    number = filled(file)
    with closing(SqliteStorage(file)) as storage:
        other = storage.blobs.add([random.Random(0).randbytes(300_000)])
    assert examine(file) == (2, [])
    folder = file.with_name("state.db-objects")
    (folder / number).write_bytes(LARGE.upper())
    content = bytearray((folder / other).read_bytes())
    content[299_999] ^= 1
    (folder / other).write_bytes(content)
    before = contents_below(file.parent)
    count, wrong = examine(file)
    assert count == 2
    assert wrong == [
        f"{folder / one} is damaged: it is not what was written" for one in (number, other)
    ]
    assert contents_below(file.parent) == before
    (folder / number).unlink()
    with pytest.raises(ProjectError, match=f"{folder / number} is missing"):
        examine(file)
