"""ARNs, ids, headers, pending replies, the virtual clock."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.clock import SystemClock, VirtualClock
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.ids import Ids
from chalice_offline.core.pending import Pending

WORD = st.text("abcdefgh-123", min_size=1, max_size=12)


@given(WORD, WORD, WORD, st.text("abc:/*-.", min_size=1))
def test_an_arn_is_spelled_as_it_was_read(
    service: str, region: str, account_id: str, resource: str
) -> None:
    """Only the first five colons separate; the resource may hold more."""
    text = f"arn:aws:{service}:{region}:{account_id}:{resource}"
    assert str(parse_arn(text)) == text


@pytest.mark.parametrize("text", ["", "arn:aws:sqs", "queue", "xrn:aws:sqs:r:a:q"])
def test_what_is_no_arn_is_named_in_the_error(text: str) -> None:
    """The caller sees its own text."""
    with pytest.raises(ValueError, match="is not an ARN") as raised:
        parse_arn(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_partition_follows_from_the_region(region: str, partition: str) -> None:
    """ARNs in China and GovCloud begin otherwise."""
    assert make_arn("sqs", region, "1", "q").split(":")[1] == partition


def test_one_seed_gives_one_sequence_of_ids() -> None:
    """Two sources of one seed cannot be told apart, two of different seeds can."""
    first, second, other = Ids(7), Ids(7), Ids(8)
    taken = [first.uuid() for _ in range(20)]
    assert taken == [second.uuid() for _ in range(20)]
    assert taken != [other.uuid() for _ in range(20)]


def test_ids_are_well_formed_uuids_of_version_4() -> None:
    """Clients parse them."""
    ids = Ids(0)
    assert {uuid.UUID(ids.uuid()).version for _ in range(50)} == {4}


def test_headers_are_found_in_any_capitals() -> None:
    """HTTP field names ignore case."""
    headers = Headers([("Content-Type", "a")])
    assert (headers["CONTENT-TYPE"], headers.get("content-type"), "Content-type" in headers) == (
        "a",
        "a",
        True,
    )
    assert headers.get("other", "b") == "b"


def test_a_request_knows_its_endpoint_path_and_query() -> None:
    """QueueUrls start with the endpoint the client used."""
    request = HttpRequest("GET", "http://127.0.0.1:4566/a%20b?x=1", Headers([("Host", "h:1")]))
    assert (request.endpoint, request.path, request.query, request.host) == (
        "http://127.0.0.1:4566",
        "/a%20b",
        "x=1",
        "h:1",
    )


def test_a_virtual_clock_never_runs_backwards() -> None:
    """An earlier instant leaves it where it is."""
    clock = VirtualClock(100)
    clock.move_to(50)
    assert clock.now_ms() == 100
    clock.move_to(150)
    assert clock.now_ms() == 150


def test_the_system_clock_never_runs_backwards() -> None:
    """Even when somebody sets the wall clock back."""
    clock = SystemClock()
    readings = [clock.now_ms() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_pending_reply_is_settled_once_and_tells_everybody() -> None:
    """Those who asked before and those who ask after."""
    pending: Pending[int] = Pending()
    seen: list[int] = []
    pending.then(lambda p: seen.append(p.result()))
    doubled = pending.map(lambda value: value * 2)
    with pytest.raises(EmulatorBug):
        pending.result()
    pending.resolve(4)
    pending.then(lambda p: seen.append(p.result()))
    assert (seen, doubled.result()) == ([4, 4], 8)
    with pytest.raises(EmulatorBug):
        pending.resolve(5)


def test_an_error_passes_through_a_mapped_pending() -> None:
    """What failed stays failed."""
    pending: Pending[int] = Pending()
    mapped = pending.map(lambda value: value + 1)
    pending.fail(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        mapped.result()
