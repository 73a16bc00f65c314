"""What somebody wants done, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.order import order_key


class NoticeKind(StrEnum):
    """What a partner's webhook is about."""

    ORDER = "channel.order.notified"
    SCHEDULED = "channel.order.scheduled"
    CANCELLATION = "channel.order.cancelled"
    RELEASE = "channel.order.released"  # the kitchen may see it now
    COURIER = "channel.order.courier"  # news of the courier, who is not at the door yet
    EDIT = "channel.order.edited"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Notice:
    """A partner's webhook after its signature was checked: who says what about which order."""

    kind: NoticeKind
    channel: str
    channel_store_id: str
    order_id: str
    event_id: str
    event_type: str

    @property
    def key(self) -> str:
        """The key of the order that the webhook is about."""
        return order_key(self.channel, self.channel_store_id, self.order_id)


@dataclass(frozen=True, slots=True)
class ReceiveOrder:
    """Fetch or read the order behind a notice and write it down once."""

    notice: Notice
    received_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """The partner took the order back."""

    notice: Notice
    received_ms: int


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Make the ticket at the point of sale."""

    key: str


@dataclass(frozen=True, slots=True)
class AnswerPartner:
    """Tell the partner yes or no."""

    key: str


@dataclass(frozen=True, slots=True)
class ImportMenu:
    """Replace a store's menu by the file at `file_key`, written at `sequencer`."""

    file_key: str
    sequencer: str


@dataclass(frozen=True, slots=True)
class SweepDeadlines:
    """Decide what nobody has decided in time."""


@dataclass(frozen=True, slots=True)
class NotePosChange:
    """The point of sale says that an order of ours changed there."""

    vendor: str
    pos_order_id: str
    location_id: str
    state: str | None


@dataclass(frozen=True, slots=True)
class TellStaff:
    """Something happened that a person should see."""

    event_id: str
    event_type: str
    subject: str
    time_ms: int
    reason: str


Command = (
    ReceiveOrder
    | CancelOrder
    | SubmitOrder
    | AnswerPartner
    | ImportMenu
    | SweepDeadlines
    | NotePosChange
    | TellStaff
)
