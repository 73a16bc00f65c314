"""What every point of sale's module offers, and the three ways in which a call can end badly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.deadlines import CALL_SECONDS
from chalicelib.domain.errors import DomainError
from chalicelib.domain.refusal import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.money import Money
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import RefusedItem
    from chalicelib.domain.store import Store


class Idempotency(StrEnum):
    """What keeps a create that is made twice from becoming two tickets."""

    KEY = "key"  # the same key, the same ticket
    LOOKUP = "lookup"  # the vendor finds an order by our reference, or refuses it twice
    NONE = "none"  # we look through what is there, which may lag


class Prints(StrEnum):
    """Which call makes the kitchen see the order."""

    ON_CREATE = "on_create"
    ON_RELEASE = "on_release"


class RateScope(StrEnum):
    """What the vendor's limit counts together."""

    LOCATION = "location"
    TOKEN = "token"  # noqa: S105 - a scope
    APP = "app"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor can do. The order pipeline asks for these and never for a vendor's name.

    `call_seconds` is the longest that one call may take (connecting and reading), `step_seconds`
    how long a worker's attempt may take: its function's timeout is a second longer.
    `settle_ms` is how long an order that was created may stay invisible to `find`: until then
    "not found" is no proof (Idempotency.NONE).
    `per_second` and `at_once` are the vendor's limits, None where it publishes none;
    `create_calls`, `release_calls` and `void_calls` are how many of its calls each of these makes
    at most, when nothing fails.
    """

    idempotency: Idempotency
    prints: Prints = Prints.ON_RELEASE
    call_seconds: int = CALL_SECONDS
    step_seconds: int = 24
    settle_ms: int = 0
    rate_scope: RateScope = RateScope.LOCATION
    per_second: int | None = None
    at_once: int | None = None
    create_calls: int = 1
    release_calls: int = 1
    void_calls: int = 1
    price_check: bool = False
    delivery_address: bool = False

    @property
    def lease_ms(self) -> int:
        """How long a lease for one attempt lasts: longer than the function can live."""
        return (self.step_seconds + 2) * 1000


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as the point of sale holds it."""

    pos_order_id: str
    total: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What the point of sale says that the order costs there, and what it does not have."""

    subtotal: Money
    tax: Money
    total: Money
    unavailable: tuple[RefusedItem, ...] = ()


class TicketState(StrEnum):
    """Where a ticket is, in the kitchen's eyes."""

    UNPRINTED = "unprinted"  # the kitchen has not seen it
    PRINTED = "printed"
    READY = "ready"
    COMPLETED = "completed"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class PosOrder:
    """An order of ours as a point of sale lists it. `total` is without tips, None when unknown."""

    order_key: str
    pos_order_id: str
    total: Money | None
    is_live: bool  # not voided
    created_ms: int


@dataclass(frozen=True, slots=True)
class UnreadOrder:
    """An entry of a point of sale's list that may be an order of ours, and why nobody can read it.

    `order_key` and `pos_order_id` are "" where not even these can be read.
    """

    why: str
    order_key: str = ""
    pos_order_id: str = ""


ListedOrder = PosOrder | UnreadOrder


@dataclass(frozen=True, slots=True)
class PosNotice:
    """A verified webhook of a point of sale, or one entry of it.

    `state` is None where the webhook does not say (thin): whoever handles it asks `state_of`.
    """

    event_id: str
    event_type: str
    pos_order_id: str
    state: TicketState | None
    location_id: str = ""
    seller_id: str = ""  # whose account it is, where the webhook says so
    reference: str = ""  # what our create() left at the vendor, where the webhook brings it back


@dataclass(frozen=True, slots=True)
class StockNotice:
    """A verified webhook that says that what a till has changed.

    `pos_item_id` is "" for anything, `location_id` "" for any store of the seller. `available`
    is a hint that saves a question: the till is asked before anybody is told.
    """

    location_id: str
    seller_id: str = ""
    pos_item_id: str = ""
    available: bool | None = None


@dataclass(frozen=True, slots=True)
class SellerGone:
    """A verified webhook that says that an owner took the app out: no token opens anything more."""

    seller_id: str
    gone_ms: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of a verified webhook that says nothing anybody could act on, and why not.

    It holds none of the others up, and to be sent again would not make it readable.
    """

    why: str


PosWebhookPart = PosNotice | StockNotice | SellerGone | Unreadable
Notices = list[PosWebhookPart]


@dataclass(frozen=True, slots=True)
class Level:
    """Whether a till has an item; `until_ms` is when it says that it has it again."""

    available: bool
    until_ms: int | None = None


class PosUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """The call was not carried out; making it again is safe.

    `disconnected` says that the seller has to connect anew before it can be (PosNotConnected).
    """

    def __init__(
        self, reason: str, retry_after: int | None = None, *, disconnected: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.disconnected = disconnected


class PosOutcomeUnknown(DomainError):  # noqa: N818 - precisely what we know
    """The call may or may not have been carried out; look before making it again."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PosAnswerUnreadable(PosOutcomeUnknown):
    """It says that all went well, and means nothing to us: nothing follows from it."""


REFUSED = "The restaurant's point of sale cannot take this order"
"""What partners are told of a point of sale's refusal; its own words are the refusal's detail."""


class PosRefused(DomainError):  # noqa: N818 - a decision of theirs
    """The point of sale will never take this order."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.reason}: {refusal.detail or refusal.text}")
        self.refusal = refusal


class PosNotConnected(PosRefused):
    """Nobody lets us in there until the seller has connected anew: about no order anything is said.

    An order that is to be made is refused; what has to be undone or asked waits.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(Refusal(Reason.POS_NOT_READY, REFUSED, detail=detail))


class PointOfSale(Protocol):
    """A point of sale. Every call may raise PosUnavailable, PosOutcomeUnknown or PosRefused.

    Where the kitchen sees an order is `capabilities.prints`: with ON_CREATE the pipeline writes
    RELEASING before `create`, and `release` does nothing.
    """

    vendor: str
    capabilities: Capabilities

    def check_price(self, record: OrderRecord) -> Quote | None:
        """Return what the order would cost there; None where the vendor has no such call."""

    def find(self, record: OrderRecord) -> Ticket | None:
        """Return the ticket that an earlier attempt made, if there is one that is not voided."""

    def create(self, record: OrderRecord) -> Ticket:
        """Make the ticket. Made twice for one order, it must end in one ticket."""

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """Let the kitchen see the ticket (record the payment that the partner has taken)."""

    def void(self, record: OrderRecord, ticket: Ticket) -> None:
        """Undo the ticket, printed or not, with what was recorded as paid; "is so" is success."""

    def state_of(self, record: OrderRecord, ticket: Ticket) -> TicketState:
        """Return where the ticket is."""

    def orders_between(self, store: Store, start_ms: int, end_ms: int) -> Iterator[ListedOrder]:
        """Yield what a store got of us in a time, at most a month; voided ones may be left out.

        What cannot be read is yielded, too. An error ends the list: what came before it holds.
        """

    def order_key_of(self, notice: PosNotice) -> str | None:
        """Return the key of our order behind a ticket, None when it is not one of ours."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> Notices:
        """Check the raw bytes and read them; SignatureInvalid, BodyTooLarge, InvalidPayload."""

    def stock_id(self, pos_id: str) -> str:
        """Return by which id the till counts what the menu file calls `pos_id`."""

    def stock_of(self, store: Store, stock_ids: list[str]) -> dict[str, Level]:
        """Return what the store has of items; those that the till does not know are left out."""


def listed(data: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of a vendor's answer, whatever is in it; absent and null mean none.

    PosAnswerUnreadable when it is no list, or errors stand in its place: that proves nothing, least
    of all "none".
    """
    check_holds(data, name)
    value = data.get(name)
    if not isinstance(value, list | None):
        raise PosAnswerUnreadable(f"{name} in the answer is no list")
    return value or []


def entries(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return what is an object in a list of a vendor's answer (`listed`)."""
    return [entry for entry in listed(data, name) if isinstance(entry, dict)]


def member(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object in a vendor's answer, {} when there is none."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


TELLS_OF_ERRORS = ("errors", "error", "message", "code")
"""Members of the vendors' error bodies: Square's, Clover's, Toast's."""


def check_holds(data: Mapping[str, Any], name: str) -> None:
    """Raise PosAnswerUnreadable for a success with an error in place of what was asked for.

    What says 200 and tells of errors has perhaps done nothing: it is looked at, and made again; and
    what was to be read proves nothing. An answer without either is a success: nothing in it speaks
    against that.
    """
    if not data.get(name) and any(data.get(word) for word in TELLS_OF_ERRORS):
        raise PosAnswerUnreadable(f"the answer holds no {name}")


def clipped(data: Mapping[str, Any], name: str, length: int = 200) -> str:
    """Return a vendor's text shortened, for our records."""
    return str(data.get(name) or "")[:length]
