"""Storage: ordered maps and large objects, in memory and in files that outlive their process."""

from __future__ import annotations

import gc
import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.errors import EmulatorBug, ProjectError
from chalice_offline.storage import SqliteStorage
from chalice_offline.storage.database_file import APPLICATION_ID, FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStorage]:
    made = SqliteStorage(tmp_path / "state.db" if request.param == "file" else None)
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


# ---- collections -----------------------------------------------------------------------------


def test_items_come_in_the_order_of_their_keys(storage: SqliteStorage) -> None:
    """Bytes are compared as bytes, whatever was written when."""
    items = storage.collection("a")
    keys = [b"", b"\x00", b"\x00\x00", b"1", b"10", b"2", b"\x7f", b"\x80", b"\xff", b"\xff\x00"]
    for key in reversed(keys):
        items.put(key, key + b"!")
    assert [key for key, _ in items.items()] == keys
    assert [key for key, _ in items.items(reverse=True)] == keys[::-1]
    assert list(items.items(b"1", b"2")) == [(b"1", b"1!"), (b"10", b"10!")]
    assert [key for key, _ in items.items(b"1", b"2", reverse=True)] == [b"10", b"1"]
    assert list(items.items(b"2", b"2")) == []
    assert len(items) == len(keys)


@pytest.mark.parametrize("reverse", [False, True])
def test_many_items_are_read_a_page_at_a_time(storage: SqliteStorage, reverse: bool) -> None:
    """Each once, whatever the pages' borders are."""
    items = storage.collection("a")
    keys = [number.to_bytes(2, "big") for number in range(3000)]
    for key in keys:
        items.put(key, b"")
    assert sorted(keys, reverse=reverse) == [key for key, _ in items.items(reverse=reverse)]
    borders = [
        len(list(items.items(end=keys[count], reverse=reverse))) for count in (15, 16, 17, 48)
    ]
    assert borders == [15, 16, 17, 48]


def test_writing_while_reading_harms_nothing(storage: SqliteStorage) -> None:
    """What is deleted behind the reader, put before it, or dropped and made again."""
    items = storage.collection("a")
    for number in range(100):
        items.put(b"%03d" % number, b"")
    seen = []
    for key, _value in items.items():  # noqa: PERF102 - a collection is no dict
        seen.append(key)
        items.delete(key)
        items.put(b"%s-later" % key, b"") if len(seen) < 5 else None
    assert [key for key in seen if b"later" not in key] == [b"%03d" % n for n in range(100)]


def test_a_collection_is_dropped_whole_and_made_anew(storage: SqliteStorage) -> None:
    """Its name can be used again; its neighbours stay."""
    storage.collection("a/1").put(b"k", b"old")
    storage.collection("a/2").put(b"k", b"v")
    storage.drop("a/1")
    storage.drop("a/unknown")
    assert storage.names("a/") == ["a/2"]
    assert storage.collection("a/1").get(b"k") is None
    assert storage.collection("a/2").get(b"k") == b"v"
    storage.collection("a/1").put(b"k", b"new")
    assert storage.collection("a/1").get(b"k") == b"new"
    assert storage.names() == ["a/1", "a/2"]


def test_a_collection_that_nothing_was_put_into_is_empty_and_not_named(
    storage: SqliteStorage,
) -> None:
    """Whoever looks makes nothing."""
    empty = storage.collection("e")
    empty.delete(b"k")
    assert (empty.get(b"k"), list(empty.items()), len(empty)) == (None, [], 0)
    assert storage.names() == []
    empty.put(b"k", b"v")
    assert (storage.names(), len(storage.collection("e"))) == (["e"], 1)


@pytest.mark.parametrize("name", ["", "é", "a'b", 'a"b', "a;DROP TABLE blobs", "x" * 2000, "a%_"])
def test_any_name_will_do(storage: SqliteStorage, name: str) -> None:
    """Names are made of users' table and bucket names."""
    storage.collection(name).put(b"k", name.encode())
    assert storage.collection(name).get(b"k") == name.encode()
    assert storage.names(name) == [name]


# ---- large objects -----------------------------------------------------------------------------


def test_a_large_object_is_written_kept_read_in_parts_and_deleted(storage: SqliteStorage) -> None:
    """With its length and MD5, and never as one piece in memory."""
    content = bytes(range(256)) * 5000
    number = storage.blobs.add(content[start : start + 1000] for start in range(0, 1_280_000, 1000))
    storage.commit()
    blob = storage.blobs.get(number)
    assert (blob.length, blob.md5) == (len(content), hashlib.md5(content).hexdigest())
    assert blob.read() == content
    assert blob.part(300, 500).part(1, 10).read() == content[301:311]
    assert max(map(len, blob.pieces())) <= 256 * 1024
    storage.blobs.delete(number)
    storage.commit()
    assert not blob.path.exists()
    with pytest.raises(EmulatorBug):
        storage.blobs.get(number)


def test_an_object_is_there_until_its_deletion_is_kept(file: Path) -> None:
    """A kill in between brings it back, so its file must be there."""
    first = SqliteStorage(file)
    number = first.blobs.add([b"content"])
    first.commit()
    first.blobs.delete(number)
    assert first.blobs._path(number).exists()
    first._database.close()  # as a kill does: without a commit
    with closing(SqliteStorage(file)) as second:
        assert second.blobs.get(number).read() == b"content"


def test_a_writer_that_fails_leaves_no_file(storage: SqliteStorage) -> None:
    """Half an object is none."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        storage.blobs.add(pieces())
    assert list(storage.blobs._unfinished.iterdir()) == []


def test_objects_in_memory_storage_go_with_it() -> None:
    """A temporary folder, removed at the end."""
    storage = SqliteStorage()
    path = storage.blobs.get(storage.blobs.add([b"x"])).path
    assert path.exists()
    storage.close()
    assert not path.parent.exists()
    storage.close()


# ---- files -------------------------------------------------------------------------------------


def test_what_was_kept_is_there_after_opening_again(file: Path) -> None:
    """Values, objects, and how often it was opened."""
    with closing(SqliteStorage(file)) as first:
        first.collection("a").put(b"k", b"v")
        number = first.blobs.add([b"large"])
        assert first.openings == 0
    with closing(SqliteStorage(file)) as second:
        assert second.collection("a").get(b"k") == b"v"
        assert second.blobs.get(number).read() == b"large"
        assert second.openings == 1
        assert second.blobs.add([b"other"]) != number


KILLED = """
import os, signal, sys
from pathlib import Path
from chalice_offline.storage import SqliteStorage
storage = SqliteStorage(Path(sys.argv[1]))
a, b = storage.collection("a"), storage.collection("b")
for number in range(50):
    a.put(b"%d" % number, b"whole")
    b.put(b"%d" % number, b"whole")
    kept = storage.blobs.add([b"object %d" % number])
    b.put(b"object", kept.encode())
    storage.commit()
a.put(b"half", b"x")
storage.collection("made in the last input").put(b"k", b"v")
storage.blobs.add([b"never kept"])
storage.blobs.delete(kept)
storage.blobs.writer().write(b"on its way in")
if sys.argv[2] == "spill":
    for number in range(20_000):  # more than SQLite holds back: parts of it reach the file
        a.put(b"spilt %d" % number, b"x" * 1000)
print("ready", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["small", "spill"])
def test_a_kill_in_the_middle_of_an_input_leaves_whole_inputs(file: Path, how: str) -> None:
    """All of an input or nothing; no file is left over, none is missing."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(file), how], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with closing(SqliteStorage(file)) as storage:
        a, b = storage.collection("a"), storage.collection("b")
        assert len(a) == 50
        assert storage.names() == ["a", "b"]
        last = b.get(b"object")
        assert last is not None
        assert storage.blobs.get(last.decode()).read() == b"object 49"
        folder = file.with_name(f"{file.name}-objects")
        assert {path.name for path in folder.iterdir()} == {str(n) for n in range(1, 51)}


def test_a_file_in_use_is_left_alone(file: Path) -> None:
    """One emulator at a time; the second says so at once."""
    script = (
        "import sys; from pathlib import Path; from chalice_offline.storage import SqliteStorage\n"
        "s = SqliteStorage(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(ProjectError, match="is in use by another process"):
            SqliteStorage(file)
        other.communicate(b"", timeout=20)
    SqliteStorage(file).close()


def test_the_same_process_does_not_open_it_twice(file: Path) -> None:
    """Neither do two emulators of one process share a file."""
    with closing(SqliteStorage(file)), pytest.raises(ProjectError, match="in use"):
        SqliteStorage(file)


def damaged(file: Path, kind: str) -> None:
    """Make of a sound file one that is not."""
    with closing(SqliteStorage(file)) as storage:
        for number in range(500):
            storage.collection("a").put(b"%d" % number, b"x" * 100)
    content = bytearray(file.read_bytes())
    if kind == "cut off":
        del content[len(content) // 2 :]
    elif kind == "overwritten":
        content[4096 * 4 : 4096 * 8] = b"\xa5" * 4096 * 4
    elif kind == "no header":
        content[:16] = b"something else.."
    elif kind == "text":
        content[:] = b"these are my notes, not a database\n" * 100
    file.write_bytes(content)


@pytest.mark.parametrize("kind", ["cut off", "overwritten", "no header", "text"])
def test_a_damaged_file_is_named_and_left_as_it_is(file: Path, kind: str) -> None:
    """One sentence; not a byte is written."""
    damaged(file, kind)
    before = file.read_bytes()
    with pytest.raises(ProjectError, match=r"damaged|no file of chalice-offline"):
        SqliteStorage(file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]


def test_no_byte_that_changed_is_read_as_what_was_written(file: Path) -> None:
    """Wherever it is: the file is refused in a sentence, or it is one that nothing depends on."""
    written = {b"%d" % number: random.Random(number).randbytes(100) for number in range(200)}
    with closing(SqliteStorage(file)) as storage:
        for key, value in written.items():
            storage.collection("a").put(key, value)
    sound = file.read_bytes()
    dice, refused = random.Random(0), 0
    for at in dice.sample(range(len(sound)), 200):
        content = bytearray(sound)
        content[at] ^= 1 << dice.randrange(8)
        file.write_bytes(content)
        try:
            with closing(SqliteStorage(file)) as storage:
                assert dict(storage.collection("a").items()) == written, at
        except ProjectError as error:
            assert str(file) in str(error)
            assert file.read_bytes() == content
            refused += 1
    assert refused > 50  # the rest is free space


def test_a_file_of_another_program_is_left_as_it_is(file: Path) -> None:
    """SQLite files are many; ours carry our mark."""
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.commit()
    before = file.read_bytes()
    with pytest.raises(ProjectError, match="is no file of chalice-offline"):
        SqliteStorage(file)
    assert file.read_bytes() == before


def test_a_file_of_another_version_is_left_as_it_is(file: Path) -> None:
    """Told with both versions."""
    SqliteStorage(file).close()
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(ProjectError, match=rf"in format 99.*reads format {FORMAT_VERSION}"):
        SqliteStorage(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(("owner", "version"), [(7, 1), (APPLICATION_ID, 99)])
def test_not_even_what_stands_beside_the_file_of_another_is_touched(
    file: Path, owner: int, version: int
) -> None:
    """Its process was killed, and its log is still to be taken in: that is for its program."""
    killed = (
        "import os, sqlite3\n"
        f"other = sqlite3.connect({str(file)!r}, isolation_level=None)\n"
        f"other.execute('PRAGMA application_id = {owner}')\n"
        f"other.execute('PRAGMA user_version = {version}')\n"
        "other.execute('PRAGMA journal_mode = WAL')\n"
        "other.execute('CREATE TABLE bookmarks (url TEXT)')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", killed], check=False)
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}
    assert f"{file.name}-wal" in before
    with pytest.raises(ProjectError, match=f"{file} is .*left as it is"):
        SqliteStorage(file)
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("sound", "damage"),
    [
        (b"value BLOB NOT", b"va\xffue BLOB NOT"),  # how a collection's table was made
        (b"(key BLOB", b"(kex BLOB"),
        (b"CREATE TABLE blobs", b"CREATE TABLE blob\xa5"),
        (b"things/a", b"things/\xff"),  # a collection's name, or one that stands for another
        (b"things/a", b"things/b"),
    ],
)
def test_damage_that_sqlite_does_not_look_for_is_named(
    file: Path, sound: bytes, damage: bytes
) -> None:
    """Not by whatever asks for a collection first, in words of SQLite's or Python's."""
    with closing(SqliteStorage(file)) as storage:
        storage.collection("things/a").put(b"k", b"v")
    content = file.read_bytes()
    assert sound in content
    file.write_bytes(content.replace(sound, damage, 1))
    before = file.read_bytes()
    with pytest.raises(ProjectError, match=f"{file} is damaged"):
        SqliteStorage(file)
    assert file.read_bytes() == before


def test_an_opening_that_wrote_nothing_leaves_the_file_as_it_was(file: Path) -> None:
    """A process may end before its first input: what it found, it could not read."""
    with closing(SqliteStorage(file)) as storage:
        storage.collection("a").put(b"k", b"v")
    before = file.read_bytes()
    opened = "import sys, pathlib; from chalice_offline.storage import SqliteStorage; "
    command = f"{opened} SqliteStorage(pathlib.Path(sys.argv[1])); sys.exit('refused')"
    subprocess.run([sys.executable, "-c", command, str(file)], check=False, capture_output=True)
    assert file.read_bytes() == before


def test_a_file_where_the_objects_folder_should_be_is_told_at_once(file: Path) -> None:
    """Not when the first large object is put, and not a byte of it is touched."""
    beside = file.with_name(f"{file.name}-objects")
    beside.write_text("mine")
    with pytest.raises(ProjectError, match=f"{beside} is no folder"):
        SqliteStorage(file)
    assert beside.read_text() == "mine"


def test_what_is_no_place_for_a_file_is_one_sentence(tmp_path: Path) -> None:
    """A folder, a path below a file, a link to nowhere."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below"):
        with pytest.raises(ProjectError, match=r"cannot be opened|no file of"):
            SqliteStorage(path)


def test_an_empty_file_becomes_a_storage(file: Path) -> None:
    """mktemp makes one; and so does a kill before the first write."""
    file.touch()
    with closing(SqliteStorage(file)) as storage:
        storage.collection("a").put(b"k", b"v")
    with closing(sqlite3.connect(file)) as plain:
        assert plain.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_after_a_full_disk_it_goes_on(file: Path) -> None:
    """SQLite ends a transaction for which there is no room; the next input begins one."""
    with closing(SqliteStorage(file)) as storage:
        items = storage.collection("a")
        items.put(b"k", b"v")
        storage.commit()
        pages = storage.execute("PRAGMA page_count").fetchone()[0]
        storage.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            items.put(b"large", b"x" * 1_000_000)
        storage.commit()
        items.put(b"small", b"v")
        storage.commit()
    with closing(SqliteStorage(file)) as again:
        assert dict(again.collection("a").items()) == {b"k": b"v", b"small": b"v"}


def test_a_storage_that_nobody_closed_is_closed(file: Path, recwarn: Any) -> None:
    """What was committed is there; Python has nothing to warn of."""
    storage = SqliteStorage(file)
    storage.collection("a").put(b"k", b"v")
    storage.commit()
    del storage
    gc.collect()
    with closing(SqliteStorage(file)) as again:
        assert again.collection("a").get(b"k") == b"v"
    assert not recwarn.list


# ---- large objects of several files ------------------------------------------------------------


def test_objects_are_joined_without_copying(storage: SqliteStorage) -> None:
    """Spans of several files read as one, whole and in part, across their borders."""
    first, second = storage.blobs.add([b"0123456789"]), storage.blobs.add([b"abcdefghij"])
    joined = storage.blobs.join([(first, 2, 8), (second, 0, 5)])
    assert (joined.length, joined.read()) == (13, b"23456789abcde")
    assert joined.part(6, 4).read() == b"89ab"
    assert joined.part(6, 4).part(1, 2).read() == b"9a"
    assert joined.part(8, 5).read() == b"abcde"
    assert joined.part(13, 0).read() == b""


def test_what_is_being_read_is_removed_after_that(storage: SqliteStorage) -> None:
    """An object of several files is read to its end, although it was deleted meanwhile."""
    numbers = [storage.blobs.add([text]) for text in (b"one", b"two", b"three")]
    joined = storage.blobs.join([(number, 0, 3) for number in numbers])
    pieces = joined.pieces()
    assert next(pieces) == b"one"
    other = joined.pieces()
    assert next(other) == b"one"
    for number in numbers:
        storage.blobs.delete(number)
    storage.commit()
    assert b"".join(pieces) == b"twothr"
    assert joined.path.exists()
    other.close()
    assert not joined.path.exists()


def test_a_copy_outlives_its_original(file: Path) -> None:
    """Two ids for one content, each deleted for itself; also in the next process."""
    with closing(SqliteStorage(file)) as first:
        original = first.blobs.add([b"content"])
        copy = first.blobs.copy(original)
        first.blobs.delete(original)
    with closing(SqliteStorage(file)) as second:
        assert second.blobs.get(copy).read() == b"content"


def test_a_copy_is_made_where_there_are_no_links(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems have none, and all have a limit."""

    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    original = storage.blobs.add([b"content"])
    copy = storage.blobs.copy(original)
    storage.blobs.delete(original)
    storage.commit()
    assert storage.blobs.get(copy).read() == b"content"
