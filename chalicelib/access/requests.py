"""What is asked for, by whom, and what may become of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.order import identifier

if TYPE_CHECKING:
    from collections.abc import Container

MAX_MINUTES = 60
ASK_SECONDS = 1_800
"""How long the second person has: nobody waits longer in an emergency."""

KIND = "access"
"""What the question is called that the second person answers."""

ALL_STORES = "*"
"""Instead of a store: letters of all of them, and those whose store cannot be told."""

REASON_LENGTH = (10, 200)
_QUEUE = re.compile(r"[a-z0-9-]{1,60}-dead-letters")


class Access(StrEnum):
    """Where a request is."""

    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    EXPIRED = "expired"  # nobody decided in time
    ENDED = "ended"  # at its minute
    REVOKED = "revoked"  # before it


@dataclass(frozen=True, slots=True)
class News:
    """What the bus has to hear: an event's type, the state that was come to, and why."""

    type: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `requester` and `approver` are ARNs; `ends_ms` is there once it was opened.

    `owed` is what nobody has told the bus yet, for certain.
    """

    id: str
    requester: str
    queue: str
    store: str
    reason: str
    minutes: int
    asked_ms: int
    state: Access = Access.ASKED
    approver: str = ""
    ends_ms: int = 0
    owed: tuple[News, ...] = ()

    def concerns(self, stores: Container[str]) -> bool:
        """Say whether it opens letters of one of these stores."""
        return self.store == ALL_STORES or self.store in stores

    def is_open(self, now_ms: int) -> bool:
        """Say whether it may be used: what was not ended in time is over all the same."""
        return self.state is Access.OPEN and now_ms < self.ends_ms

    def shown(self) -> dict[str, Any]:
        """Return what the operator is shown."""
        return {
            "id": self.id,
            "queue": self.queue,
            "store": self.store,
            "reason": self.reason,
            "minutes": self.minutes,
            "requester": self.requester,
            "state": str(self.state),
            **({"approver": self.approver} if self.approver else {}),
            **({"ends": iso(self.ends_ms)} if self.ends_ms else {}),
        }


def read_request(data: dict[str, Any]) -> dict[str, Any]:
    """Return queue, store, reason and minutes, or raise InvalidPayload naming what is wrong."""
    queue, minutes = data.get("queue"), data.get("minutes")
    if not isinstance(queue, str) or not _QUEUE.fullmatch(queue):
        raise InvalidPayload("queue must be the name of a queue of dead letters")
    if type(minutes) is not int or not 1 <= minutes <= MAX_MINUTES:
        raise InvalidPayload(f"minutes must be a whole number from 1 to {MAX_MINUTES}")
    return {
        "queue": queue,
        "store": read_store(data.get("store")),
        "reason": read_reason(data.get("reason")),
        "minutes": minutes,
    }


def read_store(value: object) -> str:
    """Return the store whose letters may be looked at, or ALL_STORES."""
    return ALL_STORES if value == ALL_STORES else identifier(value, "store")


def read_reason(value: object) -> str:
    """Return why, in one line."""
    least, most = REASON_LENGTH
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not least <= len(text) <= most:
        raise InvalidPayload(f"reason must say why, in {least} to {most} characters")
    return text


def same_person(one: str, other: str) -> bool:
    """Say whether two callers may be one person.

    Who assumes a role chooses the session's name; behind single sign-on it is the person's. So the
    last part of an ARN counts as well as the whole: better to refuse one person too many.
    """
    one, other = one.casefold(), other.casefold()
    return one == other or one.rpartition("/")[2] == other.rpartition("/")[2]
