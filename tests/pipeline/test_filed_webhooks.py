"""Webhooks that neither bus nor queue took wait in a file, and somebody takes them in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.queues import Queues
from simulators.audit import findings

if TYPE_CHECKING:
    from simulators.street import Street

BUCKET = "order-middleware-local"
ENDS = ("denied", "accepted")
"""The file's webhook came too long ago; of one that the partner is asked for, nobody knows."""


def files(street: Street) -> list[str]:
    """Return the folders under webhooks/ in which there is a file."""
    found = street.offline.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="webhooks/")
    return [item["Key"].split("/")[1] for item in found.get("Contents", [])]


def down(*_: object, **__: object) -> None:
    """Fail as a service does that is away."""
    raise AwsUnavailable("ServiceUnavailable")


def place_unpublished(
    street: Street, monkeypatch: pytest.MonkeyPatch, seconds: float, count: int = 1
) -> str:
    """Place an order while bus and queues are away for so long."""
    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", down)
        patch.setattr(Queues, "send", down)
        patch.setattr(Queues, "send_all", down)
        order_id = street.place("uber_eats", number=1)
        street.offline.advance(seconds=seconds, raise_errors=False)
        street.world.tick()
        assert set(files(street)) == {"unpublished"}
        assert len(files(street)) >= count
    return order_id


def test_short_outage_is_over_at_a_later_try_of_its_function(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda tries again after a minute, and the order is in time."""
    order_id = place_unpublished(street, monkeypatch, 30)
    street.go(seconds=120)
    assert street.decisions() == {order_id: "accepted"}
    assert set(files(street)) == {"taken-in"}
    assert findings(street) == []


def test_outage_that_outlasts_all_tries_leaves_nobody_unanswered(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next poll takes the file in, and asks the partner, which may come first."""
    order_id = place_unpublished(street, monkeypatch, 400)
    street.go(seconds=150)
    assert street.decisions()[order_id] in ENDS
    assert set(files(street)) == {"taken-in"}
    street.go(seconds=120)
    assert findings(street) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"x" * 300_000],
    ids=["empty", "cut", "list", "none", "large"],
)
def test_file_that_nobody_can_read_holds_no_other_up(
    street: Street, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    """It stays, and each poll says so; what comes behind it is taken in."""
    s3 = street.offline.client("s3")
    s3.put_object(Bucket=BUCKET, Key="webhooks/unpublished/.json", Body=content)
    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send", down)
        patch.setattr(EventBus, "publish", down)
        order_id = street.place("uber_eats", number=1)
        street.offline.advance(seconds=400, raise_errors=False)
    street.go(seconds=150)
    assert street.decisions()[order_id] in ENDS
    assert set(files(street)) == {"taken-in", "unpublished"}


def test_file_that_no_queue_takes_holds_no_other_up(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by hand, and twice as long as a message: it fails each time, alone."""
    s3 = street.offline.client("s3")
    large = json.dumps({"detail-type": "x", "detail": "é" * 100_000}, ensure_ascii=False).encode()
    s3.put_object(Bucket=BUCKET, Key="webhooks/unpublished/.json", Body=large)
    send = Queues.send

    def takes(self: Queues, queue: str, body: Any, delay_seconds: int = 0) -> None:
        if len(json.dumps(body)) > 262_144:
            raise AwsUnavailable("InvalidMessageContents")
        send(self, queue, body, delay_seconds)

    monkeypatch.setattr(Queues, "send", takes)
    order_id = place_unpublished(street, monkeypatch, 400, 2)
    street.go(seconds=150)
    assert street.decisions()[order_id] in ENDS
    assert set(files(street)) == {"taken-in", "unpublished"}
