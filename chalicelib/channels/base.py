"""What every delivery partner's module offers, and what can go wrong on the way."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import log
from chalicelib.domain.errors import DomainError, InvalidMoney, InvalidPayload
from chalicelib.domain.json_text import read_json
from chalicelib.domain.money import EXPONENTS, MAX_AMOUNT, Money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from chalicelib.adapters.secrets import Secrets
    from chalicelib.channels.menus import MenuCall, MenuResult, Publishing
    from chalicelib.domain.commands import Notice
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal

    T = TypeVar("T")

MAX_BODY_BYTES = 1_048_576

NOISE = Decimal("1e-6")
"""In minor units; what sums of floats are off by stays below it, up to a thousand million."""


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the sender of a webhook is answered."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class SignatureInvalid(DomainError):  # noqa: N818 - a fact about the sender
    """The webhook does not prove that it comes from the partner."""


class BodyTooLarge(DomainError):  # noqa: N818 - a fact about the sender
    """The webhook's body is over 1 MB."""


class PartnerUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """The partner's API did not answer; the same call may be made again."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PartnerRefused(DomainError):  # noqa: N818 - a decision of theirs
    """The partner's API said no for good."""


class ToldInPart(DomainError):  # noqa: N818 - precisely what we know
    """The partner has our answer, but not what is said beside it: the answer stands.

    `again` says that to say it once more may help.
    """

    def __init__(self, reason: str, *, again: bool, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.again = again
        self.retry_after = retry_after


class OrderNotShown(PartnerRefused):
    """The partner knows no such order: it never did, or does not any more."""


class OrderWithdrawn(DomainError):  # noqa: N818 - a fact about the order
    """The partner's own order says that it is over: nothing is made or answered.

    `done` is the order when it is over because it was made and handed over.
    """

    def __init__(self, reason: str, done: Order | None = None) -> None:
        super().__init__(reason)
        self.done = done


class Channel(Protocol):
    """A delivery partner: inbound webhooks, outbound answers.

    Every call may raise PartnerUnavailable (also for an outcome that is unknown: the same call
    is made again) or PartnerRefused. Answers are idempotent: a refusal of a repeated answer is
    read back, and "it is so already" is a success. `accept` may raise ToldInPart. `secrets` is
    given where it is needed; the calls take what they need from the callable the channel was made
    with.
    """

    name: str
    acknowledgement: WebhookReply
    decide_within_ms: int
    """Ours: by then we answer. domain/deadlines.py has the default; a partner may be faster."""
    reads_back: bool
    """Whether the partner can be asked what it knows of an answer of ours. Where it cannot,
    `record.answer_begun` says whether an earlier one may have arrived."""
    polls: bool
    """Whether `open_orders` can be asked; what it returns is fetched by `order_payload`."""
    shows_all_stores: bool
    """Whether `open_orders` shows what waits at every store, whichever it is asked for."""
    give_up_ms: int
    """After this long the partner has decided without us; answering is pointless."""
    pauses_end: bool
    """Whether a store that is paused until an instant opens there by itself."""
    menu_gap_ms: int
    """So long a store's menu is not sent again."""
    menu_result_ms: int
    """So long the webhook is waited for that says how an upload went, where there is one."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:
        """Check the raw bytes; raise SignatureInvalid. Header names are in lower case.

        During a rotation two secrets are valid: try each that `secrets` yields.
        """

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:
        """Say what a verified webhook is about; raise InvalidPayload.

        Headers, too: Open Delivery names the merchant there and nowhere else.
        """

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:
        """Return the whole order: from the webhook's body, or fetched when that is thin.

        OrderNotShown when the partner says that there is no such order.
        """

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate the partner's order; raise OrderRefused, InvalidPayload or OrderWithdrawn."""

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        """Take an order that is for later: it will be made, though no ticket is there yet."""

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """Tell the partner that the order is being made and ready at `ready_ms`."""

    def deny(self, record: OrderRecord) -> None:
        """Tell the partner that the order is not made, and why (record.refusal)."""

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:
        """Take back an order that was accepted: the kitchen cannot make it after all."""

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """Agree to a cancellation, where the partner asked for it instead of telling us."""

    def ready(self, record: OrderRecord) -> None:
        """Say that the food is ready; does nothing where a partner does not ask."""

    def set_item_available(
        self, channel_store_id: str, item_id: str, *, available: bool, until_ms: int | None
    ) -> None:
        """Take an item off the menu, or put it back."""

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:
        """Return the items that are off there, by whoever's hand; None: cannot be asked."""

    def set_store_open(
        self, channel_store_id: str, *, is_open: bool, reason: Refusal | None, until_ms: int | None
    ) -> None:
        """Pause a store, or open it again."""

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """Return the calls that give the partner a store's menu and hours, in their order.

        Each replaces what was there, so that all of them can be made again. What the partner will
        not have raises PartnerRefused, as elsewhere.
        """

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:
        """Read a webhook of kind MENU: how an upload went."""

    def open_orders(self, channel_store_id: str) -> Iterable[Notice]:
        """Return what waits for our decision there: an ORDER whose webhook we may have missed.

        Where the partner shows its events until they are acknowledged, those of the other kinds,
        too, as IGNORED when there is nothing to do about them but to acknowledge them. Each notice
        may cost a call. Empty for a partner that cannot be asked.
        """

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Say which of `open_orders` need not be shown again; called when they are safe with us."""


def read_json_object(body: bytes) -> dict[str, Any]:
    """Parse a webhook body; raise InvalidPayload when it is no JSON object we can store."""
    try:
        payload = read_json(body)
    except ValueError as error:
        raise InvalidPayload(f"the body is no JSON ({error})") from None
    if not isinstance(payload, dict):
        raise InvalidPayload("the body is no JSON object")
    return payload


def check_size(body: bytes) -> None:
    """Raise BodyTooLarge for a body over 1 MB."""
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"{len(body)} bytes are more than {MAX_BODY_BYTES}")


def hex_hmac_sha256(secret: str, message: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 of `message`."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def obj(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return member `name` as an object, or raise InvalidPayload."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise InvalidPayload(f"{name} is missing or no object")
    return value


def items(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return member `name` as a list of objects; absent and null mean none."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidPayload(f"{name} is no list of objects")
    return value


def readable(sender: str, entries: object, read: Callable[[dict[str, Any]], T | None]) -> list[T]:
    """Read what can be read of a vendor's list (absent: none), without what is read as None.

    What cannot is said in the log: one entry that means nothing must not hide the others.
    InvalidPayload when it is no list.
    """
    if not isinstance(entries, list | None):
        raise InvalidPayload("no list")
    found = []
    for entry in entries or []:
        try:
            if not isinstance(entry, dict):
                raise InvalidPayload("an entry is no object")
            one = read(entry)
        except InvalidPayload as error:
            log.error("vendor.unreadable", sender=sender, reason=str(error))
            continue
        if one is not None:
            found.append(one)
    return found


def money(data: Mapping[str, Any], name: str, currency: str) -> Money:
    """Return member `name`, a decimal amount of the major unit, as money; InvalidMoney else.

    A float is read as it was written: 0.1 is ten cents, not the number beside it. One that was
    reckoned with floats is read as what was meant: 33.980000000000004.
    """
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidMoney(f"{name} is no amount")
    minor = Decimal(str(value)).scaleb(EXPONENTS[currency])
    if not minor.is_finite() or abs(minor) > MAX_AMOUNT:
        raise InvalidMoney(f"{name} is out of range")
    whole = minor.to_integral_value()
    if abs(minor - whole) > NOISE:
        raise InvalidMoney(f"{name} has fractions of the smallest coin")
    return Money(int(whole), currency)


def text(data: Mapping[str, Any], name: str) -> str:
    """Return member `name` as text; absent and null mean none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidPayload(f"{name} is no text")
    return value.strip()


def instant(data: Mapping[str, Any], name: str) -> int | None:
    """Return member `name`, an RFC 3339 time, in milliseconds since the epoch; absent is None.

    A time without an offset is UTC: that is what partners who leave it out mean.
    """
    value = text(data, name)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InvalidPayload(f"{name} is no time") from None
