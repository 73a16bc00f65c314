"""Dead-letter queues: looked into, held for a minute, and let go again."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import aws_errors
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.events import ms
from chalicelib.ops.desk import OpsError
from chalicelib.ops.verdicts import CHECKOUT, PAUSE, POLL, STOCK, Use, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.record import OrderRecord
    from chalicelib.ops.desk import Desk

SUFFIX = "-dead-letters"
UNDELIVERED = "orders-undelivered"
HOLD_SECONDS = 60
MOST = 1000
"""Messages that one command looks at."""


NOT_JUDGED = Verdict(Use.UNREADABLE, "not judged")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message. `type` is "" for a wake; `said` is what AWS wrote beside it."""

    queue: str
    message_id: str
    receipt: str = field(repr=False)
    body: str = field(repr=False)
    sent_ms: int
    receives: int
    order: str
    type: str
    time_ms: int
    said: str
    attributes: dict[str, Any] = field(repr=False)
    verdict: Verdict = NOT_JUDGED

    def to_dict(self, now_ms: int) -> dict[str, Any]:
        """Return what may be shown: never the body, which may hold a webhook."""
        return {
            "queue": self.queue,
            "message_id": self.message_id,
            "order": self.order,
            "type": self.type or "wake",
            "age_seconds": (now_ms - self.sent_ms) // 1000,
            "receives": self.receives,
            "use": str(self.verdict.use),
            "why": "; ".join(filter(None, (self.verdict.why, self.said))),
        }


def dead_letter_queues(desk: Desk) -> dict[str, str]:
    """Return the URLs of all queues that messages end in, by name."""
    found: dict[str, str] = {}
    request: dict[str, Any] = {"MaxResults": 1000}
    while True:
        with aws_errors("ListQueues"):
            reply = desk.sqs.list_queues(**request)
        for url in reply.get("QueueUrls", []):
            name = url.rpartition("/")[2]
            if name.endswith(SUFFIX) or name == UNDELIVERED:
                found[name] = url
        if "NextToken" not in reply:
            return dict(sorted(found.items()))
        request["NextToken"] = reply["NextToken"]


def queue_named(desk: Desk, name: str) -> tuple[str, str]:
    """Return a dead-letter queue's name and URL; its source queue's name will do."""
    known = dead_letter_queues(desk)
    for candidate in (name, f"{name}{SUFFIX}"):
        if candidate in known:
            return candidate, known[candidate]
    raise OpsError(
        f"there is no dead-letter queue {name!r}; there are {', '.join(known) or 'none'}"
    )


@contextmanager
def held(desk: Desk, queue: str, url: str) -> Iterator[list[DeadLetter]]:
    """Hold all messages of a queue inside this block; what is left in the list is let go after it.

    SQS cannot look without taking: meanwhile nobody else sees them, and each counts a receive.
    """
    letters: list[DeadLetter] = []
    try:
        letters += (_read(queue, raw) for raw in _received(desk, url))
        letters[:] = [_judged(desk, letter) for letter in letters]
        yield letters
    finally:
        _let_go(desk, url, letters)


def _received(desk: Desk, url: str) -> Iterator[dict[str, Any]]:
    count = 0
    while count < MOST:
        with aws_errors("ReceiveMessage"):
            reply = desk.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=HOLD_SECONDS,
                WaitTimeSeconds=1,  # a short poll asks some of SQS's servers only
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
        if not reply.get("Messages"):
            return
        count += len(reply["Messages"])
        yield from reply["Messages"]


def _let_go(desk: Desk, url: str, letters: Sequence[DeadLetter]) -> None:
    for start in range(0, len(letters), 10):
        entries = [
            {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
            for number, letter in enumerate(letters[start : start + 10])
        ]
        with aws_errors("ChangeMessageVisibilityBatch"):
            desk.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _read(queue: str, raw: dict[str, Any]) -> DeadLetter:
    attributes = raw.get("MessageAttributes", {})
    said = [
        attributes[name]["StringValue"]
        for name in ("ERROR_CODE", "ERROR_MESSAGE", "ErrorCode", "ErrorMessage")
        if name in attributes
    ]
    known = {
        "queue": queue,
        "message_id": raw["MessageId"],
        "receipt": raw["ReceiptHandle"],
        "body": raw["Body"],
        "sent_ms": int(raw["Attributes"]["SentTimestamp"]),
        "receives": int(raw["Attributes"]["ApproximateReceiveCount"]),
        "said": ", ".join(said),
        "attributes": attributes,
    }
    try:
        order, type_, time_ms = subject_of(json.loads(raw["Body"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        why = "its body is neither a wake nor one of our events"
        return DeadLetter(
            **known, order="", type="?", time_ms=0, verdict=Verdict(Use.UNREADABLE, why)
        )
    return DeadLetter(**known, order=order, type=type_, time_ms=time_ms)


def subject_of(body: Any) -> tuple[str, str, int]:
    """Return order, event type ("" for a wake) and time of a message's body."""
    if "detail-type" not in body:
        if "order_key" in body:
            return str(body["order_key"]), "", 0
        if "checkout_id" in body:
            return str(body["checkout_id"]), CHECKOUT, 0
        if "stock" in body:
            return str(body["stock"]), STOCK, 0
        if "till" in body:
            return str(body["till"]["location"]), STOCK, 0
        if "pause" in body:
            return str(body["pause"]["store"]), PAUSE, int(body["pause"]["untilMs"])
        return str(body["poll"]["store"]), POLL, 0
    detail = body["detail"]
    return str(detail["subject"]), str(body["detail-type"]), ms(detail["time"])


def _judged(desk: Desk, letter: DeadLetter) -> DeadLetter:
    if letter.type == "?":
        return letter
    record = None
    try:
        if letter.type not in (CHECKOUT, PAUSE, POLL, STOCK):
            record = record_of(desk, letter.order)
    except UnreadableRecord as error:
        return replace(letter, verdict=Verdict(Use.UNREADABLE, f"the record: {error}"))
    return replace(letter, verdict=judge(letter, record, desk.now_ms()))


def record_of(desk: Desk, key: str) -> OrderRecord | None:
    """Return the order of a key; None also for what is no key at all."""
    return desk.orders.get(key) if key else None
