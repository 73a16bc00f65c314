"""What somebody wants done, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.order import order_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.fulfilment import Journey


class NoticeKind(StrEnum):
    """What a partner's webhook is about."""

    ORDER = "channel.order.notified"
    SCHEDULED = "channel.order.scheduled"
    CANCELLATION = "channel.order.cancelled"
    RELEASE = "channel.order.released"  # the kitchen may see it now
    COURIER = "channel.order.courier"  # news of the courier, who is not at the door yet
    EDIT = "channel.order.edited"
    MENU = "channel.menu.processed"  # how the upload of a menu went
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
    """Fetch or read the order behind a notice and write it down once.

    `webhook` is the event's data, which holds the body or names its file.
    """

    notice: Notice
    received_ms: int
    webhook: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifyWebhook:
    """Check a webhook that came while no secret was at hand, and take it in."""

    channel: str
    headers: Mapping[str, str] = field(repr=False)
    webhook: Mapping[str, Any] = field(repr=False)
    received_ms: int


@dataclass(frozen=True, slots=True)
class FetchOrder:
    """Try again to fetch an order that could not be fetched when its webhook came."""

    key: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """The partner took the order back."""

    notice: Notice
    received_ms: int


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """The partner says that the kitchen may see the order now."""

    notice: Notice
    received_ms: int


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """The customer changed an order that we have: a person has to look."""

    notice: Notice
    received_ms: int


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Do what is owed for an order at its point of sale."""

    key: str
    vendor: str


@dataclass(frozen=True, slots=True)
class AnswerPartner:
    """Tell the partner what is owed to it. `event_id`: the event that said so, if one did."""

    key: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class SetStoreOpen:
    """Tell a store's partners whether it is paused. `since_ms` is when that became so."""

    store_id: str
    channels: Mapping[str, str]
    since_ms: int


@dataclass(frozen=True, slots=True)
class ImportMenu:
    """Replace a store's menu by the file at `file_key`, written at `sequencer`."""

    file_key: str
    sequencer: str


@dataclass(frozen=True, slots=True)
class SweepDeadlines:
    """Wake what has been quiet for too long."""


@dataclass(frozen=True, slots=True)
class PollPartner:
    """Ask a partner which orders of some stores wait for us: a webhook may have been lost.

    `came_back` says that somebody was at it before and was not heard of again, `again` how often
    this poll went on because one run had no time for all that was shown.
    """

    channel: str
    channel_store_ids: tuple[str, ...]
    came_back: bool = False
    again: int = 0


@dataclass(frozen=True, slots=True)
class PollPartners:
    """Have every partner asked for every store."""


@dataclass(frozen=True, slots=True)
class MeasureTokens:
    """Report how the access tokens of all parties are doing."""


@dataclass(frozen=True, slots=True)
class TakeInUnpublished:
    """Take in a webhook that could only be written to S3."""

    file_key: str


@dataclass(frozen=True, slots=True)
class NotePosChange:
    """The point of sale says that an order of ours changed there."""

    vendor: str
    pos_order_id: str
    location_id: str
    seller_id: str
    state: str | None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NoteStock:
    """A till says that what it has of an item changed: "" is any item, of any of its stores."""

    vendor: str
    location_id: str
    seller_id: str = ""
    pos_item_id: str = ""
    available: bool | None = None


@dataclass(frozen=True, slots=True)
class TellStock:
    """Tell partners whether an item can be had. `key` is store#item."""

    key: str


@dataclass(frozen=True, slots=True)
class TellStockAgain:
    """Tell a partner once more what of a store is off, or has changed since its menu was sent."""

    store_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class PublishMenus:
    """Have every partner of a store get its menu, each by a message of its own."""

    store_id: str


@dataclass(frozen=True, slots=True)
class PublishMenu:
    """Give a partner the newest menu of a store. `key` is store#channel."""

    key: str


@dataclass(frozen=True, slots=True)
class NoteMenuResult:
    """A partner says how an upload went. `webhook` is as in ReceiveOrder."""

    notice: Notice
    webhook: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReconcileStores:
    """Have every store's day compared with its point of sale and its partners."""


@dataclass(frozen=True, slots=True)
class ReconcileStore:
    """Compare one store's day. The store is named as one partner names it."""

    channel: str
    channel_store_id: str
    day_ms: int


@dataclass(frozen=True, slots=True)
class KeepTokens:
    """Renew sellers' tokens before they end, and say whose cannot be."""


@dataclass(frozen=True, slots=True)
class TellStaff:
    """Something happened that a person should see."""

    event_id: str
    event_type: str
    subject: str
    time_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """Do what is owed about a checkout's money. `payment_id`: the payment that has news."""

    checkout_id: str
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Do what is owed about a checkout's order in the kitchen."""

    checkout_id: str


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Do what is owed about a checkout's courier. `journey`: where a delivery is now."""

    checkout_id: str
    delivery_id: str = ""
    journey: Journey | None = None


@dataclass(frozen=True, slots=True)
class TellCustomer:
    """Tell a checkout's customer how things stand."""

    checkout_id: str


Command = (
    ReceiveOrder
    | VerifyWebhook
    | FetchOrder
    | CancelOrder
    | ReleaseOrder
    | NoteEdit
    | SubmitOrder
    | AnswerPartner
    | SetStoreOpen
    | ImportMenu
    | SweepDeadlines
    | PollPartner
    | PollPartners
    | MeasureTokens
    | TakeInUnpublished
    | NotePosChange
    | NoteStock
    | TellStock
    | TellStockAgain
    | PublishMenus
    | PublishMenu
    | NoteMenuResult
    | KeepTokens
    | ReconcileStore
    | ReconcileStores
    | TellStaff
    | SettlePayment
    | PlaceOrder
    | Dispatch
    | TellCustomer
)
