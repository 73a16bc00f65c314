"""The night's settlement: partners' files against our orders, for all stores at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.files import Files, Found
from simulators.street import Street, opened
from tests.workflows.night import BUCKET, MACHINE, Night, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline


@pytest.fixture
def night(offline: Offline) -> Iterator[Night]:
    """A day's orders at three stores. Schedules are off: a week of sweeps is no use here."""
    with opened(Street(offline)) as street:
        street.order(12)
        street.settle()
        events = offline.client("events")
        for rule in events.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                events.disable_rule(Name=rule["Name"])
        yield Night(street)


def test_what_agrees_is_settled_once(night: Night) -> None:
    """Files move on, the report is clean, and staff are told one sentence."""
    by_store: dict[str, list[Any]] = {}
    for record in night.records("uber_eats"):
        by_store.setdefault(record.channel_store_id, []).append(record)
    for records in by_store.values():
        night.deliver(records[0], *map(line_of, records))
    assert night.settle()["status"] == "SUCCEEDED"
    assert night.differences() == []
    assert night.files("new/") == []
    assert len(night.put_away("matched")) == len(by_store)
    assert "<td>none</td>" in night.read(f"{night.folder()}/report.html")
    (finished,) = night.events("settlement.finished")
    assert finished.data["files"] == len(by_store)
    assert finished.data["failed"] == 0
    assert night.events("settlement.difference") == []
    assert night.s3.list_objects_v2(Bucket=BUCKET, Prefix="alerts/")["KeyCount"] == 1


def test_differences_are_events_and_a_report(night: Night) -> None:
    """An amount, an order that nobody knows, one that was settled before."""
    first, *_ = records = night.records("doordash")
    of_store = [one for one in records if one.channel_store_id == first.channel_store_id]
    wrong = line_of(first, subtotal=first.order.subtotal.amount - 1)
    unknown = line_of(first).replace(first.order_id, "nobody")
    night.deliver(first, wrong, unknown, *map(line_of, of_store[1:]))
    assert night.settle()["status"] == "SUCCEEDED"
    found = {(one["why"], one["orderKey"]) for one in night.differences()}
    assert found == {
        ("amount", first.key),
        ("unknown", first.key.replace(first.order_id, "nobody")),
    }
    assert len(night.events("settlement.difference")) == 2
    night.deliver(first, line_of(first), name="again.csv")
    assert night.settle()["status"] == "SUCCEEDED"
    (twice,) = night.differences()
    assert (twice["why"], twice["where"]) == ("twice", f"doordash/{first.channel_store_id}/day.csv")


def test_what_no_file_has_is_missing_after_a_week(night: Night) -> None:
    """By the schedule, which starts it each night."""
    records = night.records("uber_eats")
    settled, *unsettled = records
    night.deliver(settled, line_of(settled))
    night.offline.advance(days=9, raise_errors=False)
    executions = night.states.list_executions(stateMachineArn=MACHINE)["executions"]
    assert {one["status"] for one in executions} == {"SUCCEEDED"}
    assert 8 <= len(executions) <= 10
    missing = {event.subject for event in night.events("settlement.difference")}
    assert {one.key for one in unsettled} <= missing
    assert settled.key not in missing
    assert {event.data["why"] for event in night.events("settlement.difference")} == {"missing"}


def test_file_that_nobody_can_read_holds_nobody_up(night: Night) -> None:
    """It goes aside, staff are told line and column, and the others are matched."""
    broken, *_, other = night.records("uber_eats")
    assert broken.channel_store_id != other.channel_store_id
    night.deliver(broken, line_of(broken).replace("sale", "gift"))
    night.deliver(other, line_of(other))
    assert night.settle()["status"] == "SUCCEEDED"
    assert night.put_away("unreadable") == [f"uber_eats/{broken.channel_store_id}/day.csv"]
    assert night.put_away("matched") == [f"uber_eats/{other.channel_store_id}/day.csv"]
    (told,) = night.events("settlement.unreadable")
    assert told.data["why"] == "line 2: kind is none of sale, adjustment"
    assert "unreadable: uber_eats" in night.read(f"{night.folder()}/report.html")


@pytest.mark.parametrize("call", ["write", "discard", "find"])
def test_step_that_breaks_is_taken_again(
    night: Night, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """After every call that changes something: nothing is told twice, nothing is lost."""
    first = night.records("uber_eats")[0]
    night.deliver(first, line_of(first, subtotal=1))
    whole, broken = getattr(Files, call), list[str]()

    def breaks(self: Files, *args: Any, **named: Any) -> Any:
        reply = whole(self, *args, **named)
        if len(broken) < 3 and first.channel_store_id in args[0]:
            broken.append(args[0])
            raise AwsUnavailable("S3 hangs up")
        return reply

    monkeypatch.setattr(Files, call, breaks)
    assert night.settle()["status"] == "SUCCEEDED"
    assert broken
    assert [(one["why"], one["orderKey"]) for one in night.differences()] == [("amount", first.key)]
    assert len(night.events("settlement.difference")) == 1
    assert night.put_away("matched") == [f"uber_eats/{first.channel_store_id}/day.csv"]
    (finished,) = night.events("settlement.finished")
    assert finished.data["files"] == 1


def test_store_that_fails_for_good_is_named_and_alone(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The execution fails, so that the alarm goes off; the report is written all the same."""
    first, *_, other = night.records("uber_eats")
    night.deliver(first, line_of(first))
    night.deliver(other, line_of(other))
    whole = Files.find

    def breaks(self: Files, key: str, limit: int) -> Found | None:
        if first.channel_store_id in key:
            raise AwsUnavailable("S3 hangs up")
        return whole(self, key, limit)

    monkeypatch.setattr(Files, "find", breaks)
    ended = night.settle()
    assert (ended["status"], ended["error"]) == ("FAILED", "SomeFailed")
    assert "1 stores could not be matched" in ended["cause"]
    assert "could not be matched" in night.read(f"{night.folder()}/report.html")
    assert night.put_away("matched") == [f"uber_eats/{other.channel_store_id}/day.csv"]
    assert night.files("new/") == [f"new/uber_eats/{first.channel_store_id}/day.csv"]


def test_wrong_day_ends_at_once(night: Night) -> None:
    """In the caller's terms, without a retry."""
    ended = night.settle(day="yesterday")
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidPayload")
    assert "day must be a date like 2026-11-27" in ended["cause"]


def test_correction_of_a_file_replaces_what_the_older_one_said(night: Night) -> None:
    """By content: the same again is nothing, another one settles anew, and an older one, too."""
    first, second, *_ = [
        one
        for one in night.records("doordash")
        if one.channel_store_id == night.records("doordash")[0].channel_store_id
    ]
    wrong = line_of(first, subtotal=first.order.subtotal.amount - 1)
    night.deliver(first, wrong, line_of(second))
    night.settle()
    night.deliver(first, wrong, line_of(second))
    night.settle()
    assert night.differences() == []
    assert night.files("new/") == []
    assert len(night.events("settlement.difference")) == 1
    assert night.events("settlement.corrected") == []

    night.deliver(first, line_of(first))
    night.settle()
    assert [(one["why"], one["orderKey"]) for one in night.differences()] == [
        ("dropped", second.key)
    ]
    older, newer = night.events("settlement.difference")
    (corrected,) = night.events("settlement.corrected")
    assert corrected.data["replaces"] == older.data["version"]
    assert corrected.data["version"] == newer.data["version"]
    assert "corrected: doordash" in night.read(f"{night.folder()}/report.html")
    assert len(night.put_away("matched")) == 2
    settlements = night.offline.client("dynamodb").scan(TableName="settlements")["Items"]
    assert [(one["order_key"]["S"], one["version"]["S"]) for one in settlements] == [
        (first.key, newer.data["version"])
    ]
    night.deliver(second, line_of(second), name="rest.csv")
    night.settle()
    assert night.differences() == []  # nothing is settled twice

    night.deliver(first, wrong, line_of(second))  # the first content is right after all
    night.settle()
    assert {(one["why"], one["orderKey"]) for one in night.differences()} == {
        ("amount", first.key),
        ("twice", second.key),
    }
    assert len(night.events("settlement.difference")) == 4  # not the event of the first night


def test_file_that_is_replaced_while_it_is_matched_is_not_lost(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is kept as it was read; what came meanwhile is matched the night after."""
    first = night.records("doordash")[0]
    night.deliver(first, line_of(first, subtotal=1))
    whole = Files.write

    def replaced(self: Files, key: str, *rest: Any) -> None:
        whole(self, key, *rest)
        if "/matched/" in key and "latest" not in key:
            monkeypatch.undo()
            night.deliver(first, line_of(first))

    monkeypatch.setattr(Files, "write", replaced)
    night.settle()
    assert [one["why"] for one in night.differences()] == ["amount"]
    assert night.files("new/") == [f"new/doordash/{first.channel_store_id}/day.csv"]
    (kept,) = [key for key in night.files("matched/") if "latest" not in key]
    assert line_of(first, subtotal=1) in night.read(f"settlements/{kept}")
    night.settle()
    assert night.differences() == []
    assert night.files("new/") == []
    assert len(night.events("settlement.corrected")) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"{", "the table of columns is no JSON"),
        (b"[" * 100_000, "the table of columns is no JSON"),
        (b'{"columns": {"order": "x"}}', "columns: order is none of"),
        (b" " * 300_000, "the table of columns is larger than"),
    ],
)
def test_files_wait_until_their_table_is_mended(night: Night, table: bytes, said: str) -> None:
    """Staff are told once, of the table; no file goes aside, and other partners' are matched."""
    files = [*night.records("uber_eats")[:1], *night.records("uber_eats")[-1:]]
    other = night.records("doordash")[0]
    for record in (*files, other):
        night.deliver(record, line_of(record))
    night.table("uber_eats", table)
    assert night.settle()["status"] == "SUCCEEDED"
    (told,) = night.events("settlement.unreadable")
    assert told.subject == "columns/uber_eats.json"
    assert said in told.data["why"]
    assert "2 files wait until it is mended" in told.data["why"]
    assert len(night.files("new/")) == 2
    assert night.files("unreadable/") == []
    assert night.put_away("matched") == [f"doordash/{other.channel_store_id}/day.csv"]
    assert "waits for the table" in night.read(f"{night.folder()}/report.html")
    night.table("uber_eats", b"{}")
    assert night.settle()["status"] == "SUCCEEDED"
    assert night.files("new/") == []
    assert len(night.put_away("matched")) == 3
    assert len(night.events("settlement.unreadable")) == 1


def test_same_content_by_a_mended_table_is_a_correction(night: Night) -> None:
    """A table that can be read may be wrong all the same: what it said is replaced."""
    first = night.records("doordash")[0]
    swapped = b'{"columns": {"subtotal": "tax", "tax": "subtotal"}}'
    for table, found in ((swapped, ["amount", "amount"]), (swapped, []), (b"{}", [])):
        night.table("doordash", table)
        night.deliver(first, line_of(first))
        assert night.settle()["status"] == "SUCCEEDED"
        assert [one["why"] for one in night.differences()] == found
    assert len(night.events("settlement.corrected")) == 1
    assert len(night.put_away("matched")) == 2


def test_file_too_large_to_be_read_goes_aside(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, and not for missing; a smaller one of its name is matched."""
    monkeypatch.setattr("chalicelib.settlement.delivered.MAX_BYTES", 4096)
    first = night.records("uber_eats")[0]
    night.put(first, b"x" * 5000)
    assert night.settle()["status"] == "SUCCEEDED"
    assert night.put_away("unreadable") == [f"uber_eats/{first.channel_store_id}/day.csv"]
    (told,) = night.events("settlement.unreadable")
    assert "it is larger than" in told.data["why"]
    night.deliver(first, line_of(first))
    assert night.settle()["status"] == "SUCCEEDED"
    assert night.put_away("matched") == [f"uber_eats/{first.channel_store_id}/day.csv"]
    assert night.events("settlement.corrected") == []
