"""The data of every event type that the middleware publishes: the source of docs/events.

A field may be added as long as it is `NotRequired`. To remove or retype one, or to make it
required, is a new version: raise the type's number in `domain/events.py: NEWER`, generate, and
keep publishing the old shape until its last consumer has gone. `make contracts` refuses otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

from chalicelib.domain.events import NEWER
from chalicelib.domain.refusal import Reason
from chalicelib.domain.states import State
from chalicelib.onboarding.application import Progress
from chalicelib.reconciliation.differences import Kind
from chalicelib.settlement.matching import Why as SettledWrong

if TYPE_CHECKING:
    from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Known:
    """Values that are known today; consumers have to bear others."""

    values: type[StrEnum]


OrderKey = Annotated[str, "The order's key, channel#store#order: the same in every log line"]
Ms = Annotated[int, "Milliseconds since the epoch, UTC"]
Why = Annotated[str, "For staff: what happened, in a sentence without personal data"]


class MoneyData(TypedDict):
    """An amount in minor units, and its currency (ISO 4217)."""

    amount: int
    currency: str


class RefusedItemData(TypedDict):
    """An item as the partner's menu knows it."""

    id: str
    name: str


class RefusalData(TypedDict):
    """Why an order is not made."""

    reason: Annotated[str, Known(Reason)]
    text: Annotated[str, "What the partner is told"]
    items: Annotated[list[RefusedItemData], "The items that stand in the way, if it is about items"]
    detail: NotRequired[Annotated[str, "For staff only; may quote the point of sale"]]


class OrderData(TypedDict):
    """What every event about an order says."""

    channel: Annotated[str, "The delivery partner"]
    orderId: Annotated[str, "The partner's id of the order"]
    storeId: Annotated[str | None, "Our id of the store; null when nobody has connected it"]
    receivedMs: Annotated[Ms, "When the webhook came, in milliseconds since the epoch"]
    pos: NotRequired[Annotated[str, "The vendor of the store's point of sale"]]
    posOrderId: NotRequired[Annotated[str, "The ticket, by its id at the point of sale"]]
    refusal: NotRequired[RefusalData]
    waitedFor: NotRequired[Annotated[str, "What the order was waiting for when it ended"]]


_Moved = TypedDict("_Moved", {"from": Annotated[str, Known(State)]})


class OrderMoved(OrderData, _Moved):
    """The order has another state. `from` is the one before."""


class OrderPriced(OrderMoved):
    """The order has another state, and a price."""

    subtotal: NotRequired[MoneyData]
    drift: NotRequired[Annotated[int, "The menu's price less the partner's, in minor units"]]


class OrderExplained(OrderData):
    """Something about an order that a person may have to look at."""

    why: NotRequired[Why]


class OrderEdited(TypedDict):
    """The customer changed an order that the kitchen may have already."""

    channel: str
    orderId: str
    why: Why


class OrderUnreadable(TypedDict):
    """A stored order that this version of the code cannot read."""

    why: Why


class OrderUnsettled(TypedDict):
    """Money, courier or mail of an order of our own shop is left to people, or nearly so."""

    storeId: Annotated[str, "The shop's id of the store"]
    why: Why


class WebhookData(TypedDict):
    """A partner's webhook, verified. The body is in one of two places; polled orders have none."""

    kind: str
    channel: str
    storeId: Annotated[str, "The partner's id of the store"]
    orderId: str
    eventId: str
    eventType: Annotated[str, "The partner's own name of it"]
    body: NotRequired[Annotated[str, "The webhook as it came. Holds personal data"]]
    bodyFile: NotRequired[Annotated[str, "Its key in the bucket, when it is too large"]]


class UnverifiedWebhook(TypedDict):
    """A webhook that came while no secret was at hand."""

    channel: str
    headers: dict[str, str]
    body: NotRequired[Annotated[str, "The webhook as it came. Holds personal data"]]
    bodyFile: NotRequired[Annotated[str, "Its key in the bucket, when it is too large"]]


class StoreReachable(TypedDict):
    """A store's point of sale went down, or is back."""

    storeId: str
    pos: str
    channels: Annotated[dict[str, str], "The store's id at each partner"]


class StoreOpened(TypedDict):
    """A merchant's application was approved, and the store sells."""

    storeId: str


class StoreRefused(TypedDict):
    """A merchant's application has come to nothing, and all that was made for it is undone."""

    storeId: str
    state: Annotated[str, Known(Progress)]
    reasons: Annotated[list[str], "What the merchant was told"]


class MenuImported(TypedDict):
    """A menu file is in force. What is listed is the first fifty of each."""

    storeId: str
    items: int
    version: NotRequired[Annotated[str, "The file's content, as a hash"]]
    before: NotRequired[Annotated[str, "The version before; empty for a first menu"]]
    added: NotRequired[list[str]]
    removed: NotRequired[list[str]]
    repriced: NotRequired[list[str]]
    remapped: NotRequired[Annotated[list[str], "Items with another id at the point of sale"]]
    addedCount: NotRequired[int]
    removedCount: NotRequired[int]
    repricedCount: NotRequired[int]
    remappedCount: NotRequired[int]


class MenuRejected(TypedDict):
    """A menu file was refused; the menu before it stays in force."""

    why: Why


class MenuAtChannel(TypedDict):
    """How a store's menu got on at one partner."""

    storeId: str
    channel: str
    version: Annotated[str, "The file's content, as a hash; empty for one that is long replaced"]
    why: NotRequired[Why]


class ItemAvailability(TypedDict):
    """An item of a store's menu can be had, or not."""

    storeId: str
    itemId: Annotated[str, "As in the menu file: partners and our shop know it by this id"]
    by: Annotated[str, "Who took it off: till, operator, or both"]
    channels: Annotated[list[str], "Who is being told"]
    until: NotRequired[Annotated[str, "When it comes back by itself, RFC 3339"]]


class ItemAtChannel(TypedDict):
    """Something about an item at one partner that people have to see."""

    storeId: str
    itemId: str
    channel: str
    why: Why


class ReconciliationDue(TypedDict):
    """A store's turn in the reconciliation. The store is named as one of its partners names it."""

    storeId: str
    channel: str
    name: str
    dayMs: Ms


class DifferenceData(TypedDict):
    """One thing on which record, kitchen and partner do not agree."""

    kind: Annotated[str, Known(Kind)]
    order: Annotated[str, "The order's key; empty where nobody can say which order it is"]
    says: Annotated[str, "What each says"]
    amount: Annotated[int, "By how many minor units, where it is about money"]


class StoreReconciled(TypedDict):
    """A store's day was compared with its point of sale and its partners."""

    storeId: str
    day: Annotated[str, "The day, in UTC, as in 2026-12-31"]
    orders: int
    states: Annotated[dict[str, int], "How many orders are in which state"]
    goods: Annotated[int, "What the lines of the orders that were made come to, in minor units"]
    currency: str
    notShown: NotRequired[Annotated[int, "How many of the orders partners know no longer"]]
    differences: Annotated[list[DifferenceData], "The first fifty; the file has them all"]
    file: Annotated[str, "The whole report's key in the bucket"]
    why: Why


class SellerConnected(TypedDict):
    """A restaurant's owner let us into an account at a point of sale."""

    vendor: str
    sellerId: str


class SellerInDanger(TypedDict):
    """A restaurant's account at a point of sale is lost, or about to be."""

    vendor: str
    sellerId: str
    endsMs: Annotated[Ms, "When the access token that is there ends"]
    why: Why


class PosOrderChanged(TypedDict):
    """A point of sale's webhook about a ticket."""

    vendor: str
    posOrderId: str
    locationId: str
    sellerId: NotRequired[Annotated[str, "Whose account it is, where the webhook says so"]]
    reference: NotRequired[Annotated[str, "Our reference on the ticket, where the webhook says it"]]
    state: Annotated[str, 'The ticket\'s state; "ask" when the webhook does not say']
    type: Annotated[str, "The vendor's own name of it"]


class SettlementDifference(TypedDict):
    """An order and what its partner's settlement file says about it do not agree."""

    why: Annotated[str, Known(SettledWrong)]
    orderKey: OrderKey
    line: Annotated[int, "The line in the file; 0 when it is in none"]
    field: Annotated[str, "The amount that differs"]
    currency: str
    theirs: Annotated[int | None, "What the partner says, in minor units"]
    ours: Annotated[int | None, "What our order says, in minor units"]
    where: Annotated[str, "Where the order was settled before, when it was"]
    file: Annotated[str, "CHANNEL/STORE/NAME of the file; the day, when the order is in none"]
    version: NotRequired[Annotated[str, "A digest of the file's content; empty without a file"]]
    corrections: NotRequired[Annotated[int, "How many contents the file had before this one"]]
    storeId: Annotated[str, "Our id of the store; empty when nobody has connected it"]


class SettlementCorrected(TypedDict):
    """Another content came under a file's name: differences of the one before are void."""

    file: Annotated[str, "CHANNEL/STORE/NAME"]
    storeId: Annotated[str, "Our id of the store; empty when nobody has connected it"]
    channel: str
    version: Annotated[str, "A digest of the new content"]
    replaces: Annotated[str, "The digest of the one before"]
    corrections: Annotated[int, "How many contents the file had before this one"]
    why: Why


class SettlementUnreadable(TypedDict):
    """A partner's settlement file, or the table of its columns, cannot be read."""

    file: Annotated[str, "CHANNEL/STORE/NAME, or columns/CHANNEL.json"]
    storeId: str
    channel: str
    why: Why


class SettlementFinished(TypedDict):
    """All that partners delivered was matched."""

    run: str
    day: Annotated[str, "The day whose orders had to be settled by now"]
    stores: int
    failed: Annotated[int, "Stores that could not be matched"]
    files: int
    unreadable: int
    corrected: NotRequired[Annotated[int, "Files that came anew under a known name"]]
    waiting: NotRequired[Annotated[int, "Files that wait until a table of columns is mended"]]
    differences: Annotated[dict[str, int], "How many, by why"]
    report: Annotated[str, "The report's key in the bucket"]
    why: Why


class AccessChanged(TypedDict):
    """Somebody was let into a queue of dead letters, or not, or not any more."""

    queue: str
    storeId: str
    requester: Annotated[str, "The ARN of who asked"]
    approver: Annotated[str, "The ARN of who approved; empty when nobody did"]
    why: Why


@dataclass(frozen=True, slots=True)
class Contract:
    """One event type: the shape of its data, what has happened, what its subject names."""

    data: type
    means: str
    subject: str = "order key"
    bus: str = "orders"


CONTRACTS: dict[str, Contract] = {
    "channel.order.notified": Contract(WebhookData, "a partner has an order for us"),
    "channel.order.scheduled": Contract(WebhookData, "a partner has an order for later"),
    "channel.order.cancelled": Contract(WebhookData, "a partner took an order back"),
    "channel.order.released": Contract(WebhookData, "the courier is near: make the order now"),
    "channel.order.courier": Contract(WebhookData, "news of the courier"),
    "channel.order.edited": Contract(WebhookData, "the customer changed an order"),
    "channel.menu.processed": Contract(
        WebhookData, "a partner says how the upload of a menu went", "channel#store#"
    ),
    "channel.webhook.unverified": Contract(
        UnverifiedWebhook, "kept without its signature being checked", "channel"
    ),
    "order.received": Contract(OrderPriced, "written down, and to be made"),
    "order.held": Contract(OrderPriced, "written down, and to be made later"),
    "order.released": Contract(OrderMoved, "what was held is to be made now"),
    "order.accepted": Contract(OrderPriced, "the kitchen has the ticket"),
    "order.ready": Contract(OrderMoved, "the food is ready"),
    "order.completed": Contract(OrderMoved, "handed over"),
    "order.rejected": Contract(OrderMoved, "will not be made; `refusal` says why"),
    "order.cancelled": Contract(OrderMoved, "taken back by the partner, or by the kitchen"),
    "order.edited": Contract(OrderEdited, "the customer changed it: people have to look"),
    "order.voided": Contract(OrderExplained, "a ticket that must not be is gone"),
    "order.void_failed": Contract(OrderExplained, "a ticket that must not be is left to people"),
    "order.callback_refused": Contract(
        OrderExplained, "the partner did not take (all of) our answer"
    ),
    "order.unreadable": Contract(OrderUnreadable, "its record cannot be read by this code"),
    "order.unsettled": Contract(OrderUnsettled, "our shop's customer may need help: people look"),
    "store.offline": Contract(StoreReachable, "the point of sale does not answer", "store id"),
    "store.online": Contract(StoreReachable, "the point of sale answers again", "store id"),
    "store.opened": Contract(StoreOpened, "a new store sells", "store id"),
    "store.refused": Contract(StoreRefused, "an application was refused or undone", "store id"),
    "store.reconciled": Contract(
        StoreReconciled, "record, kitchen and partners agree on a day", "store id"
    ),
    "store.differs": Contract(
        StoreReconciled, "record, kitchen and partners do not agree on a day", "store id"
    ),
    "store.reconciliation.due": Contract(
        ReconciliationDue, "a store's day is to be compared", "store id", "default"
    ),
    "menu.imported": Contract(MenuImported, "a menu file is in force", "file"),
    "menu.rejected": Contract(MenuRejected, "a menu file was refused", "file"),
    "menu.published": Contract(
        MenuAtChannel, "a partner has a store's menu and hours", "store#channel"
    ),
    "menu.not_published": Contract(
        MenuAtChannel,
        "a partner refused a menu, or has not got it for half an hour",
        "store#channel",
    ),
    "item.unavailable": Contract(ItemAvailability, "an item is off everywhere", "store#item"),
    "item.available": Contract(ItemAvailability, "an item is there again", "store#item"),
    "item.not_told": Contract(
        ItemAtChannel, "a partner refused to take an item off or to put it back", "store#item"
    ),
    "item.reported": Contract(
        ItemAtChannel, "a partner's own people took an item off there", "store#item"
    ),
    "seller.connected": Contract(
        SellerConnected, "an account at a point of sale is connected", "vendor/seller"
    ),
    "seller.disconnected": Contract(
        SellerInDanger, "the owner has to connect the account again", "vendor/seller"
    ),
    "seller.expiring": Contract(
        SellerInDanger, "the account's token cannot be renewed", "vendor/seller"
    ),
    "settlement.difference": Contract(
        SettlementDifference, "an order was settled for something else than it was, or not at all"
    ),
    "settlement.corrected": Contract(
        SettlementCorrected, "a partner delivered a file anew", "file"
    ),
    "settlement.unreadable": Contract(
        SettlementUnreadable, "a partner's settlement file cannot be read", "file"
    ),
    "settlement.finished": Contract(SettlementFinished, "a night's files were matched", "run"),
    "access.opened": Contract(AccessChanged, "a second person let somebody in", "request"),
    "access.refused": Contract(AccessChanged, "nobody was let in", "request"),
    "access.ended": Contract(AccessChanged, "access ended at its minute", "request"),
    "access.revoked": Contract(AccessChanged, "access ended on a security finding", "request"),
    "pos.order.changed": Contract(
        PosOrderChanged, "a ticket changed at the point of sale", "vendor/ticket", "default"
    ),
}
"""Every type. A type that is published and not here fails the tests (tests/contracts)."""

RETIRED: frozenset[str] = frozenset()
"""Types that nobody publishes any more; their files may go once no consumer needs them."""


def version_of(type_: str) -> int:
    """Return the version that is published now."""
    return NEWER.get(type_, 1)
