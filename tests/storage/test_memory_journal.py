"""The journal in memory stays small, whatever it is given."""

from __future__ import annotations

import hashlib
import itertools
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.journal import Entry
from chalice_offline.core.shortened import BEGINNING, LONGEST_TEXT, is_shortened, shortened
from chalice_offline.core.storage import Blob
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import MemoryJournal
from chalice_offline.storage.memory import DEFAULT_CAPACITY_BYTES, ENTRY_BYTES
from chalice_offline.storage.weight import weigh

if TYPE_CHECKING:
    from pathlib import Path

KIB = 1024
MIB = 1024 * KIB


def entry(journal: MemoryJournal, **detail: Any) -> Entry:
    made = Entry(0, "call", "sqs.SendMessage", detail)
    journal.append(made)
    return made


def held(journal: MemoryJournal) -> int:
    return sum(weigh(one.detail)[0] + ENTRY_BYTES for one in journal.entries())


def nested(text: str) -> dict[str, Any]:
    return {"Entries": [{"Detail": text, "Resources": ["a"]}]}


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: {"MessageBody": text},
        nested,
        lambda text: {"body": text.encode()},
        lambda text: {"Item": {"a": {"L": [{"M": {"b": {"B": text.encode()}}}]}}},
        lambda text: {text: "a name is memory as well"},
        lambda text: {"tuple": ({"x": text},)},
    ],
)
def test_large_values_count_wherever_they_are(shape: Any) -> None:
    """200 kB inside a list of objects are 200 kB."""
    journal = MemoryJournal(capacity_bytes=4 * MIB)
    for number in range(100):
        entry(journal, **shape(f"{number}" + "x" * 200_000))
    kept = list(journal.entries())
    assert 15 <= len(kept) <= 21
    assert held(journal) <= 4 * MIB
    assert kept[-1].number == 100


def test_fifteen_hundred_large_events_stay_within_the_limit() -> None:
    """Through the whole kernel, with the journal as it is by default."""
    emulator = compose(VirtualDriver())
    caller = Caller("000000000000", "us-east-1")
    detail = json.dumps({"text": "x" * 200_000})
    tracemalloc.start()
    try:
        for number in range(600):
            one = {"Source": "s", "DetailType": str(number), "Detail": detail[:-2] + f'{number}"}}'}
            emulator.call("events", "PutEvents", {"Entries": [one]}, caller)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < DEFAULT_CAPACITY_BYTES * 1.5
    assert len(list(emulator.journal.entries())) > 200


def test_small_entries_are_bounded_by_their_number() -> None:
    """The oldest goes first."""
    journal = MemoryJournal(capacity=10)
    for number in range(25):
        entry(journal, MessageBody=str(number))
    assert [one.number for one in journal.entries()] == list(range(16, 26))


def test_many_small_values_weigh_more_than_their_text() -> None:
    """A list of a hundred thousand letters is megabytes of objects."""
    journal = MemoryJournal(capacity_bytes=MIB)
    for _ in range(5):
        entry(journal, ReceiptHandles=[f"{n}" for n in range(10_000)])
    assert len(list(journal.entries())) < 3


@pytest.mark.parametrize(
    "detail",
    [
        '{"Item": {"a": {"M": {"b": {"M": {"c": {"M": {}}}}}}, "d": {"S": "text"}}}',
        '{"Entries": [{"Source": "shop", "Detail": "an order"}, {}, {}, {}]}',
        '{"MessageBody": "an order"}',
    ],
)
def test_it_holds_about_as_much_memory_as_it_says(detail: str) -> None:
    """Also of requests that are mostly dicts, which are larger than what is in them."""
    journal = MemoryJournal(capacity_bytes=MIB)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(3_000):
        entry(journal, **json.loads(detail))
    held_bytes = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held_bytes < 1.1 * MIB


def test_of_what_came_in_a_file_the_length_is_kept(tmp_path: Path) -> None:
    """The file is moved or removed when the request is done."""
    journal = MemoryJournal()
    file = Blob(tmp_path / "incoming", 5 * MIB)
    made = Entry(0, "call", "s3.PutObject", {"Bucket": "menus", "Body": file})
    journal.append(made)
    assert made.detail == {"Bucket": "menus", "Body": f"[{5 * MIB} bytes in all, in a file]"}
    assert is_shortened(made.detail)


@pytest.mark.parametrize("value", ["€" * MIB, bytes(MIB), [{"a": ["x" * MIB]}], ("x" * MIB,)])
def test_what_was_shortened_is_told_from_what_was_not(value: Any) -> None:
    """Wherever it stands in a detail."""
    assert is_shortened({"a": shortened(value)})
    assert not is_shortened({"a": value, "b": "SHA-256 in all", "c": 1})


def test_a_text_longer_than_a_message_is_kept_as_beginning_length_and_digest() -> None:
    """The request that is about to be applied is not touched."""
    journal = MemoryJournal()
    body = "€" * MIB
    request = {"Entries": [{"Detail": body, "Id": "1"}], "ZipFile": bytes(MIB)}
    made = Entry(0, "call", "events.PutEvents", request)
    journal.append(made)
    text = made.detail["Entries"][0]["Detail"]
    digest = hashlib.sha256(body.encode()).hexdigest()
    assert text == f"{body[:BEGINNING]}… [{MIB} characters in all, SHA-256 {digest}]"
    assert made.detail["Entries"][0]["Id"] == "1"
    assert made.detail["ZipFile"].startswith(bytes(BEGINNING) + b"... [1048576 bytes in all, SHA")
    assert request["Entries"][0]["Detail"] is body
    assert held(journal) < MIB
    json.loads(made.as_json())


def test_a_message_is_kept_whole_and_not_copied() -> None:
    """256 KB, what a message may have; one object in the queue and in the journal."""
    journal = MemoryJournal()
    body = "x" * (LONGEST_TEXT - 100)
    assert entry(journal, MessageBody=body).detail["MessageBody"] is body


def test_the_latest_entry_is_kept_whatever_it_weighs() -> None:
    """A journal that forgot what just happened would explain nothing."""
    journal = MemoryJournal(capacity_bytes=10)
    for number in itertools.islice(itertools.count(), 3):
        entry(journal, MessageBody=f"{number}")
    assert [one.detail["MessageBody"] for one in journal.entries()] == ["2"]
