"""The canonical order: what every partner's payload becomes and every point of sale is fed from.

It holds no name, phone number or address of the customer: a kitchen ticket needs none. The one
exception is an order that the merchant's own driver delivers (domain/fulfilment.py).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.charges import Charge, ChargeKind, Party, sum_of
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.fulfilment import Handover, Person, Timing
from chalicelib.domain.money import Money, total
from chalicelib.domain.refusal import RefusedItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:~-]{0,99}")
_KEY = re.compile(rf"[a-z_]{{1,50}}#{_IDENTIFIER.pattern}#{_IDENTIFIER.pattern}")


def identifier(value: object, what: str) -> str:
    """Return a partner's id as text, or raise InvalidPayload.

    Ids end up in URLs, keys and message group ids, so nothing else may come in with them.
    """
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not _IDENTIFIER.fullmatch(text):
        raise InvalidPayload(f"{what} is missing or is no identifier")
    return text


def is_identifier(text: str) -> bool:
    """Say whether a text can be an id of ours."""
    return _IDENTIFIER.fullmatch(text) is not None


def quantity(value: object, what: str) -> int:
    """Return a whole count of at least one, or raise InvalidPayload."""
    if type(value) is not int or not 1 <= value <= 9999:
        raise InvalidPayload(f"{what} must be a whole number from 1 to 9999")
    return value


def order_key(channel: str, channel_store_id: str, order_id: str) -> str:
    """Return the one name of an order: the same order always gets the same key."""
    return f"{channel}#{channel_store_id}#{order_id}"


def is_order_key(text: str) -> bool:
    """Say whether a text that came back from somebody can be the key of an order."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Modifier:
    """One selected option. `price` is per piece and without its own modifiers."""

    id: str
    name: str
    quantity: int
    price: Money
    pos_id: str = ""
    modifiers: tuple[Modifier, ...] = ()

    @property
    def full_price(self) -> Money:
        """The price of one piece with everything selected under it."""
        return _with_modifiers(self.price, self.modifiers)


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the cart. `price` is per piece and without its modifiers."""

    id: str
    name: str
    quantity: int
    price: Money
    pos_id: str = ""
    note: str = ""
    modifiers: tuple[Modifier, ...] = ()

    @property
    def full_price(self) -> Money:
        """What the whole line costs: pieces times price with modifiers."""
        return _with_modifiers(self.price, self.modifiers).times(self.quantity)


@dataclass(frozen=True, slots=True)
class Order:
    """One order as the kitchen must see it.

    `subtotal` is what the partner says the goods cost, `total` what it says the customer pays
    for everything (None where a partner does not say), `cash_due` what has to be collected at
    the door. `person` is there only when `handover` is the merchant's own.
    """

    channel: str
    channel_store_id: str
    order_id: str
    display_id: str
    currency: str
    lines: tuple[Line, ...]
    subtotal: Money
    note: str = ""
    charges: tuple[Charge, ...] = ()
    total: Money | None = None
    cash_due: Money | None = None
    handover: Handover = Handover.COURIER
    person: Person | None = None
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        if not self.lines:
            raise InvalidPayload("the order has no items")

    @property
    def key(self) -> str:
        """The order's one name."""
        return order_key(self.channel, self.channel_store_id, self.order_id)

    @property
    def lines_total(self) -> Money:
        """What the lines add up to; differs from `subtotal` when menus have drifted."""
        return total([line.full_price for line in self.lines], self.currency)

    @property
    def drift(self) -> Money:
        """How much more the lines cost than the partner says: our menu and theirs differ."""
        return self.lines_total - self.subtotal

    def amounts(self) -> list[Money]:
        """Return every amount that the partner has named beside the lines', and theirs."""
        own = [self.lines_total, self.subtotal, *(charge.amount for charge in self.charges)]
        return own + [amount for amount in (self.total, self.cash_due) if amount is not None]

    def below_zero(self) -> tuple[str, list[RefusedItem]] | None:
        """Say what of the order costs less than nothing, and which items; None where all is well.

        An option may: what was left out. A piece with all its options may not.
        """
        items = [
            RefusedItem(line.id, line.name)
            for line in self.lines
            if line.price.amount < 0 or line.full_price.amount < 0
        ]
        if items:
            return "an item", items
        parts = {"subtotal": self.subtotal, "total": self.total, "cash due": self.cash_due}
        for name, amount in parts.items():
            if amount is not None and amount.amount < 0:
                return f"the {name}", []
        return None

    def charged(self, kind: ChargeKind, party: Party | None = None) -> Money:
        """Return the sum of one kind of charge, of one party when that is given."""
        return sum_of(self.charges, kind, self.currency, party)

    def without_person(self) -> Order:
        """Return the order as it is kept once nobody has to find the customer any more."""
        return replace(self, person=None) if self.person else self

    def item_ids(self) -> list[str]:
        """Return every item and modifier id once, in cart order."""
        return list(dict.fromkeys(part.id for part in _parts(self.lines)))

    def parts_among(self, ids: Collection[str]) -> list[RefusedItem]:
        """Return those items and modifiers of the cart that are among others, each once."""
        found = {p.id: RefusedItem(p.id, p.name) for p in _parts(self.lines) if p.id in ids}
        return list(found.values())

    def mapped(self, pos_ids: Mapping[str, str]) -> tuple[Order, list[RefusedItem]]:
        """Fill in the point of sale's ids; also return the items that have none.

        The ids are frozen into the order: a menu import between two attempts must not change
        the request body, or the point of sale would refuse the reused idempotency key.
        """
        missing = {
            part.id: RefusedItem(part.id, part.name)
            for part in _parts(self.lines)
            if part.id not in pos_ids
        }
        lines = tuple(
            replace(
                line,
                pos_id=pos_ids.get(line.id, ""),
                modifiers=_mapped(line.modifiers, pos_ids),
            )
            for line in self.lines
        )
        return replace(self, lines=lines), list(missing.values())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        own = {name: getattr(self, name) for name in ("total", "cash_due", "person")}
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "lines": [asdict(line) for line in self.lines],
            "subtotal": self.subtotal.to_dict(),
            "charges": [charge.to_dict() for charge in self.charges],
            "timing": self.timing.to_dict(),
            "handover": str(self.handover),
            **{name: part.to_dict() for name, part in own.items() if part is not None},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Order:
        """Read what `to_dict` wrote, also in a version that knew fewer fields, or more."""
        return cls(
            **{name: data[name] for name in _TEXTS},
            lines=tuple(Line(**_priced(line)) for line in data["lines"]),
            subtotal=Money.from_dict(data["subtotal"]),
            charges=tuple(Charge.from_dict(charge) for charge in data.get("charges", ())),
            total=_money_or_none(data, "total"),
            cash_due=_money_or_none(data, "cash_due"),
            handover=Handover(data.get("handover", Handover.COURIER)),
            person=Person.from_dict(data["person"]) if "person" in data else None,
            timing=Timing.from_dict(data["timing"]) if "timing" in data else Timing(),
        )


_TEXTS = ("channel", "channel_store_id", "order_id", "display_id", "currency", "note")


def reference_id(channel: str, order_id: str, max_length: int = 40) -> str:
    """Return a short name for an order that the point of sale shows and can be searched by.

    The partner's id when it fits, else a digest of it: equal orders get equal references.
    """
    prefix = "".join(word[0] for word in channel.split("_")) + "-"
    if len(prefix) + len(order_id) <= max_length:
        return prefix + order_id
    digest = hashlib.sha256(order_id.encode()).hexdigest()
    return prefix + digest[: max_length - len(prefix)]


def _with_modifiers(price: Money, modifiers: tuple[Modifier, ...]) -> Money:
    parts = [modifier.full_price.times(modifier.quantity) for modifier in modifiers]
    return price + total(parts, price.currency)


def _parts(parts: tuple[Line, ...] | tuple[Modifier, ...]) -> Iterator[Line | Modifier]:
    for part in parts:
        yield part
        yield from _parts(part.modifiers)


def _mapped(modifiers: tuple[Modifier, ...], pos_ids: Mapping[str, str]) -> tuple[Modifier, ...]:
    return tuple(
        replace(
            modifier,
            pos_id=pos_ids.get(modifier.id, ""),
            modifiers=_mapped(modifier.modifiers, pos_ids),
        )
        for modifier in modifiers
    )


def _priced(part: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a line or modifier."""
    modifiers = tuple(Modifier(**_priced(modifier)) for modifier in part["modifiers"])
    return {**part, "price": Money(**part["price"]), "modifiers": modifiers}


def _money_or_none(data: dict[str, Any], name: str) -> Money | None:
    return Money.from_dict(data[name]) if data.get(name) is not None else None
