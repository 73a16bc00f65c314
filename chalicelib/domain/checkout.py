"""An order of our own shop while it is paid for, cooked, carried and told about.

    paid     NO ─→ OPEN ─→ HELD ─→ TAKEN
              └──────┴───────┴──────┴─→ BACK
    kitchen  NO ─→ ASKED ─→ (SCHEDULED) ─→ MAKING ─→ READY
                     └──────────┴────────────┴─────────┴─→ OUT
    courier  NONE ─→ ASKED ─→ BOOKED ─→ CONFIRMED ─→ AT_PICKUP ─→ PICKED_UP ─→ DELIVERED
                       └───────┴──────────┴──────────────┴────────────┴────────────┴─→ AWAY

Four things happen side by side, each by a worker of its own, and none of them waits in a call for
another. What is owed follows from the stored record alone (domain/checkout_duties.py): workers can
be woken once or five times, in any order.

`ending` says that there will be no food, and why; everything that was begun is then taken back:
first the ticket, then the money, at the same time the courier.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import IllegalTransition
from chalicelib.domain.fulfilment import Handover, Journey, Person
from chalicelib.domain.money import Money
from chalicelib.domain.order import order_key

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOP = "shop"
SCHEMA = 1

PAY_WITHIN_MS = 600_000
"""So long after the checkout the money must be held, the answer to the customer's bank included."""
COURIER_WITHIN_MS = 900_000
"""So long a courier is looked for once the kitchen has the order."""
LOOK_MS = 120_000
"""Without word from the kitchen for so long, its order is looked at."""
FOLLOW_MS = 900_000
"""Without word from the courier for so long, the delivery is looked at."""
SETTLE_MS = 5 * 86_400_000
"""So long money is tried to be taken or given back before it is left to people. Cards hold money
for seven days (docs.stripe.com, "Place a hold on a payment method")."""


class Ending(StrEnum):
    """Why there will be no food."""

    DECLINED = "declined"
    UNPAID = "unpaid"  # not in time
    PAYMENT_LOST = "payment_lost"  # held no more, or not the amount that was asked for
    REFUSED = "refused"  # by the kitchen, or nobody answered in time
    CANCELLED = "cancelled"  # by the customer
    KITCHEN_CANCELLED = "kitchen_cancelled"
    NO_COURIER = "no_courier"
    COURIER_LOST = "courier_lost"  # gave up with the food in the bag


class Paid(StrEnum):
    """Where the money is."""

    NO = "no"
    OPEN = "open"  # a payment exists at the provider, and may hold money
    HELD = "held"
    TAKEN = "taken"
    BACK = "back"
    STUCK = "stuck"  # left to people


class Kitchen(StrEnum):
    """What the kitchen makes of it."""

    NO = "no"
    ASKED = "asked"  # from here on a ticket may exist
    SCHEDULED = "scheduled"
    MAKING = "making"
    READY = "ready"
    OUT = "out"  # no ticket, and there will be none


class Courier(StrEnum):
    """Where the courier is."""

    NONE = "none"
    ASKED = "asked"  # from here on one may come
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    AWAY = "away"  # sent away


class Message(StrEnum):
    """What the customer is told, each at most once."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    READY = "ready"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"
    PICKUP_INSTEAD = "pickup_instead"
    NOT_CANCELLED = "not_cancelled"
    # an Ending's value otherwise


IN_KITCHEN = frozenset({Kitchen.ASKED, Kitchen.SCHEDULED, Kitchen.MAKING, Kitchen.READY})
COOKED = frozenset({Kitchen.MAKING, Kitchen.READY})
UNDER_WAY = (Courier.BOOKED, Courier.CONFIRMED, Courier.AT_PICKUP, Courier.PICKED_UP)
"""In the order in which a delivery goes through them."""
NOTHING_FAILS: dict[str, Any] = {"tries": {}, "next_ms": {}, "failing_ms": {}}
JOURNEYS = {
    Journey.CREATED: Courier.BOOKED,
    Journey.CONFIRMED: Courier.CONFIRMED,
    Journey.AT_PICKUP: Courier.AT_PICKUP,
    Journey.PICKED_UP: Courier.PICKED_UP,
    Journey.DELIVERED: Courier.DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """The stored checkout. Every method returns the next version, or raises IllegalTransition.

    `extras` is what of `total` pays for the courier: it goes back when the customer fetches the
    food instead. `cart` is what the order is made from, `digest` tells a repeated checkout from
    another one. `attempt` counts couriers, `courier_ms` is when the first of them was looked for,
    `asking_ms` until when a call that asks for one may be under way. `tries`, `next_ms` and
    `failing_ms` are by step: failures in a row, when to try again, since when it fails.
    `origin` holds what was read, so that what a newer version wrote is written back.
    """

    checkout_id: str
    channel_store_id: str
    placed_ms: int
    currency: str
    total: int
    digest: str
    extras: int = 0
    tip: int = 0
    handover: Handover = Handover.PICKUP
    or_pickup: bool = False
    cart: Mapping[str, Any] = field(default_factory=dict, repr=False)
    method: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    person: Person = field(default_factory=Person)
    trace: str = ""
    version: int = 0
    ending: Ending | None = None
    why: str = ""
    paid: Paid = Paid.NO
    payment_id: str = ""
    action: str = field(default="", repr=False)
    extras_back: bool = False
    kitchen: Kitchen = Kitchen.NO
    passed_on: bool = False
    unstoppable: bool = False
    ready_ms: int | None = None
    courier: Courier = Courier.NONE
    attempt: int = 1
    courier_ms: int | None = None
    asking_ms: int = 0
    pickup_instead: bool = False
    not_cancelled: bool = False
    told: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    tries: Mapping[str, int] = field(default_factory=dict)
    next_ms: Mapping[str, int] = field(default_factory=dict)
    failing_ms: Mapping[str, int] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def order_key(self) -> str:
        """The key of the order that the kitchen gets."""
        return order_key(SHOP, self.channel_store_id, self.checkout_id)

    @property
    def amount(self) -> Money:
        """What the customer pays."""
        return Money(self.total, self.currency)

    @property
    def delivery_id(self) -> str:
        """Our id of the delivery that is being asked for."""
        return f"{self.checkout_id}.{self.attempt}"

    @property
    def is_settled(self) -> bool:
        """Whether it ended and no ticket stands, or stands in vain."""
        is_out = self.kitchen in (Kitchen.NO, Kitchen.OUT) or self.unstoppable
        return self.ending is not None and is_out

    @property
    def may_go_on(self) -> bool:
        """Whether the kitchen may still say that a customer's cancellation comes too late."""
        is_in = self.kitchen in IN_KITCHEN and not self.unstoppable
        return self.ending is Ending.CANCELLED and is_in and self.paid in (Paid.HELD, Paid.TAKEN)

    def begun(self, trace: str) -> Checkout:
        """Return the first version; `trace` is that of the request that it came with."""
        self._allow(self.version == 0)
        return self._next(None, trace=trace)

    # The money.

    def opened(self, payment_id: str) -> Checkout:
        """Note the payment before it holds anything."""
        self._allow(self.ending is None and self.paid is Paid.NO)
        return self._next("pay", paid=Paid.OPEN, payment_id=payment_id)

    def wants_action(self, secret: str) -> Checkout:
        """Note that the customer's bank wants something of the customer."""
        self._allow(self.ending is None and self.paid is Paid.OPEN)
        return self._next(None, action=secret)

    def held(self) -> Checkout:
        """Note that the money is held."""
        self._allow(self.ending is None and self.paid is Paid.OPEN)
        return self._next("pay", paid=Paid.HELD, action="", method="")

    def taken(self) -> Checkout:
        """Note that the money was taken."""
        self._allow(self.paid in (Paid.OPEN, Paid.HELD) and self.ending is None)
        return self._next("pay", paid=Paid.TAKEN)

    def given_back(self) -> Checkout:
        """Note that nothing of the customer's money is left here."""
        self._allow(self.ending is not None)
        return self._next("pay", paid=Paid.BACK, action="", method="")

    def extras_given_back(self) -> Checkout:
        """Note that the customer got the courier's part back."""
        return self._next("pay", extras_back=True)

    def stuck(self) -> Checkout:
        """Leave the money to people."""
        return self._next("pay", paid=Paid.STUCK)

    # The end.

    def end(self, ending: Ending, why: str = "", *, out: bool = False) -> Checkout:
        """Note that there will be no food, and with `out` that no ticket stands."""
        kitchen = Kitchen.OUT if out else self.kitchen
        changes = {} if self.ending else {"ending": ending, "why": why[:200]}
        self._allow(bool(changes) or kitchen is not self.kitchen)
        # Whatever any step was waiting for, it has something else to do now.
        return replace(self._next(None, kitchen=kitchen, **changes), **NOTHING_FAILS)

    def unstopped(self) -> Checkout:
        """Note that the kitchen has finished: nothing can be taken back there.

        A customer who wanted to cancel gets the food; in all other cases gets the money back.
        """
        if self.may_go_on:
            return self._next("place", ending=None, why="", not_cancelled=True)
        return self._next("place", unstoppable=True)

    # The kitchen.

    def asked(self) -> Checkout:
        """Note, before it happens, that the order goes to the kitchen."""
        self._allow(self.ending is None and self.kitchen is Kitchen.NO)
        return self._next("place", kitchen=Kitchen.ASKED)

    def was_passed_on(self, now_ms: int) -> Checkout:
        """Note that the kitchen's queue has the order."""
        return self._next("place", passed_on=True).waiting("place", now_ms + LOOK_MS)

    def scheduled(self, ready_ms: int, look_ms: int) -> Checkout:
        """Note that the kitchen makes it later."""
        self._allow(self.kitchen is Kitchen.ASKED)
        later = self._next("place", kitchen=Kitchen.SCHEDULED, ready_ms=ready_ms)
        return later.waiting("place", look_ms)

    def making(self, ready_ms: int, now_ms: int) -> Checkout:
        """Note that the kitchen has the ticket."""
        self._allow(self.kitchen in (Kitchen.ASKED, Kitchen.SCHEDULED))
        began = {"kitchen": Kitchen.MAKING, "ready_ms": ready_ms, "courier_ms": now_ms}
        return self._next("place", **began)

    def ready(self) -> Checkout:
        """Note that the food is ready."""
        self._allow(self.kitchen is Kitchen.MAKING)
        return self._next("place", kitchen=Kitchen.READY)

    def looked(self, next_ms: int) -> Checkout:
        """Note that the kitchen has said nothing yet, and when it is looked at again."""
        self._allow(self.kitchen in IN_KITCHEN)
        return self._next(None).waiting("place", next_ms)

    # The courier.

    def asking(self, until_ms: int) -> Checkout:
        """Note, before it happens, that a courier is asked to come."""
        self._allow(self.ending is None and self.courier in (Courier.NONE, Courier.ASKED))
        return self._next(None, courier=Courier.ASKED, asking_ms=until_ms)

    def moved(self, delivery_id: str, journey: Journey, now_ms: int) -> Checkout:
        """Note where the delivery is: onward only, for news may overtake each other."""
        self._allow(delivery_id == self.delivery_id)
        if journey is Journey.CANCELLED:
            return self._deserted(now_ms)
        to = JOURNEYS[journey]
        order = (Courier.NONE, Courier.ASKED, *UNDER_WAY, Courier.DELIVERED)
        known = self.courier if self.courier is not Courier.AWAY else Courier.NONE
        self._allow(order.index(to) > order.index(known))
        there = self._next("courier", courier=to)
        if self.ending is not None and not self.may_go_on:
            return there  # one who comes after the end is sent away at once
        return there.waiting("courier", now_ms + FOLLOW_MS)

    def _deserted(self, now_ms: int) -> Checkout:
        """The courier service sends nobody after all: another one, or the end."""
        self._allow(self.courier not in (Courier.NONE, Courier.AWAY, Courier.DELIVERED))
        if self.ending is not None and not self.may_go_on:
            return self._next("courier", courier=Courier.AWAY)
        if self.courier is Courier.PICKED_UP:
            gone = self._next("courier", courier=Courier.AWAY)
            return replace(gone, ending=Ending.COURIER_LOST)
        again = {"courier": Courier.NONE, "attempt": self.attempt + 1, "courier_ms": now_ms}
        return self._next("courier", **again)

    def followed(self, next_ms: int) -> Checkout:
        """Note that the courier was looked at, and when that is done again."""
        self._allow(self.courier in UNDER_WAY)
        return self._next("courier").waiting("courier", next_ms)

    def sent_away(self) -> Checkout:
        """Note that no courier comes, or that one who has the food cannot be stopped."""
        self._allow(self.ending is not None)
        return self._next("courier", courier=Courier.AWAY)

    def fetched_instead(self) -> Checkout:
        """Note that the customer fetches the food: no courier was found."""
        self._allow(self.ending is None and self.courier in (Courier.NONE, Courier.ASKED))
        here = {"handover": Handover.PICKUP, "pickup_instead": True, "courier": Courier.NONE}
        return self._next("courier", **here)

    # The customer.

    def claim(self, message: str) -> Checkout:
        """Note, before it is sent, that the customer is told: never twice."""
        self._allow(message not in self.told)
        return self._next(None, told=(*self.told, message))

    def unclaim(self, message: str) -> Checkout:
        """Note that a message was certainly not sent."""
        return self._next(None, told=tuple(one for one in self.told if one != message))

    # Trying again.

    def failed(self, step: str, next_ms: int, now_ms: int) -> Checkout:
        """Note that a step failed in an orderly way, and when it is tried again."""
        tries = {**self.tries, step: self.tries.get(step, 0) + 1}
        failing = {step: now_ms, **self.failing_ms}
        return replace(self._next(None), tries=tries, failing_ms=failing).waiting(step, next_ms)

    def shown_to_staff(self, step: str) -> Checkout:
        """Note that people know of a step that fails."""
        self._allow(step not in self.shown)
        return self._next(None, shown=(*self.shown, step))

    def waiting(self, step: str, until_ms: int) -> Checkout:
        """Return this version with an instant before which a step has nothing to do."""
        return replace(self, next_ms={**self.next_ms, step: until_ms})

    def without_person(self) -> Checkout:
        """Return the checkout as it is kept once nobody has to find the customer any more."""
        return replace(self, person=Person(), email="")

    def _allow(self, condition: bool) -> None:
        if not condition:
            raise IllegalTransition(f"{self.paid}/{self.kitchen}/{self.courier}/{self.ending}")

    def _next(self, done: str | None, **changes: Any) -> Checkout:
        """Return the next version; the step that is done has no failures behind it."""
        if done is not None:
            for name in ("tries", "next_ms", "failing_ms"):
                changes[name] = {k: v for k, v in getattr(self, name).items() if k != done}
        return replace(self, version=self.version + 1, **changes)


def to_dict(checkout: Checkout) -> dict[str, Any]:
    """Return a JSON-ready form, with what a newer version of this code wrote."""
    known = {one.name for one in fields(Checkout)}
    kept = {name: value for name, value in checkout.origin.items() if name not in known}
    own = {name: getattr(checkout, name) for name in known - {"origin", "person"}}
    return {
        **kept,
        **own,
        "told": list(checkout.told),
        "shown": list(checkout.shown),
        "person": checkout.person.to_dict(),
    }


def from_dict(data: dict[str, Any]) -> Checkout:
    """Read what `to_dict` wrote, also in a version that knew fewer fields, or more."""
    known = {one.name: data[one.name] for one in fields(Checkout) if one.name in data}
    kinds = {"paid": Paid, "kitchen": Kitchen, "courier": Courier, "handover": Handover}
    read = {name: kind(known[name]) for name, kind in kinds.items() if name in known}
    ending = Ending(known["ending"]) if known.get("ending") else None
    person = Person.from_dict(known.get("person", {}))
    told, shown = tuple(known.get("told", ())), tuple(known.get("shown", ()))
    made = {"ending": ending, "person": person, "told": told, "shown": shown, "origin": data}
    return Checkout(**{**known, **read, **made})
