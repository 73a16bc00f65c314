"""What a dead letter is still good for. The deadline decides, and what the order's record owes.

Messages only wake, and every step looks at the record first, so delivering one again never prints
a second ticket. But an order that is too old is not made any more: it would only be denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.duties import duties

if TYPE_CHECKING:
    from chalicelib.domain.record import OrderRecord
    from chalicelib.ops.messages import DeadLetter

ORDERS = frozenset({"channel.order.notified", "channel.order.scheduled"})
UNVERIFIED = "channel.webhook.unverified"
CHECKOUT = "checkout"
"""A wake for a checkout of our own shop; its saga looks at the checkout first, too."""

POLL = "poll"
STOCK = "stock"
"""A wake for an item, or for a look at a till; whoever is woken compares first, too."""

PAUSE = "pause"
"""A wake for the end of a store's pause."""

STORE_NEWS = frozenset({"store.offline", "store.online", PAUSE})
"""Whoever hears it looks at the store's circuit, however old the news is."""

CALLBACKS = "callbacks"
"""In the name of the one queue whose events are paid by what the record owes. Elsewhere events of
an order are news for people, who are owed them whatever has become of the order."""


class Use(StrEnum):
    """What delivering a message again would do."""

    IN_TIME = "in time"  # the order can still be made
    OWED = "owed"  # too late to be made, but somebody is owed something
    LATE = "late"  # would only deny an order, or repeat old news
    DONE = "done"  # nothing is owed any more
    UNREADABLE = "unreadable"  # nobody can read it, or its order


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a message is good for, and why."""

    use: Use
    why: str


def judge(letter: DeadLetter, record: OrderRecord | None, now_ms: int) -> Verdict:
    """Judge a message whose body could be read, by its order as it is stored."""
    type_ = letter.type
    if type_ in STORE_NEWS:
        return Verdict(Use.OWED, "partners are told how the store is then")
    is_owed = not type_ or (type_.startswith("order.") and CALLBACKS in letter.queue)
    if record is not None and (type_ in ORDERS or is_owed):
        return _by_record(record, now_ms)
    if type_ in ORDERS or type_ == UNVERIFIED:
        left_ms = letter.time_ms + DECIDE_MS - now_ms
        if left_ms <= 0:
            return Verdict(Use.LATE, "no order was written, and its time is over")
        return Verdict(Use.IN_TIME, f"{left_ms // 1000} s are left to decide")
    if not type_:
        return Verdict(Use.DONE, "a wake for an order that does not exist")
    if type_ == POLL:
        return Verdict(Use.DONE, "the next poll asks again")
    return Verdict(Use.OWED, f"{type_} was not acted on")


def _by_record(record: OrderRecord, now_ms: int) -> Verdict:
    owed = ", ".join(sorted(duties(record)))
    if not owed:
        return Verdict(Use.DONE, f"the order is {record.state}, and nothing is owed")
    waits = f"; it waits for: {record.waiting_for}" if record.waiting_for else ""
    if record.undecided and now_ms < record.decide_ms:
        left = (record.decide_ms - now_ms) // 1000
        return Verdict(Use.IN_TIME, f"{record.state}, {left} s are left to decide{waits}")
    return Verdict(Use.OWED, f"the order is {record.state}; owed: {owed}{waits}")
