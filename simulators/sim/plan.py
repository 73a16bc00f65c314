"""What happens in one seed: stores, orders, what people do to them, and the weather."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulators.menu import (
    CLOVER,
    DELIVEROO,
    DOORDASH,
    OPEN_DELIVERY,
    SHOP,
    SQUARE,
    TOAST,
    UBER_EATS,
)

if TYPE_CHECKING:
    from collections.abc import Collection

CHANNELS = (UBER_EATS, DOORDASH, DELIVEROO, OPEN_DELIVERY, SHOP)
POINTS_OF_SALE = (SQUARE, TOAST, CLOVER)
ORDERS = 20

ASAP = "asap"
SCHEDULED = "scheduled"
UNMAPPED = "unmapped item"
MISPRICED = "wrong price"
KINDS = {ASAP: 80, SCHEDULED: 12, UNMAPPED: 4, MISPRICED: 4}

CANCEL = "customer cancels"
ARRIVE = "courier arrives"
EDIT = "customer edits"
READY = "kitchen is ready"
COMPLETE = "kitchen completes"
VOID = "kitchen cancels"
ANSWER_BANK = "customer answers the bank"
LET_GO = "bank lets the money go"
DESERT = "courier gives up"
UNDOING = frozenset({CANCEL, VOID, LET_GO, DESERT})
"""What may end a good order."""

QUICK = 0.2
"""So much shorter than usual couriers' ways are on most evenings, and with them the evenings."""

GOOD_CARD = ""
ASKED_CARD = "pm_card_authenticationRequired"
DECLINED_CARDS = ("pm_card_chargeDeclined", "pm_card_insufficient")
CARDS = {GOOD_CARD: 74, ASKED_CARD: 14, DECLINED_CARDS[0]: 8, DECLINED_CARDS[1]: 4}

# Vendors' troubles, of which each call has its share in rough weather; `outage` is that for all
# calls of a vendor between two instants. What a call's caller can tell from each is not the same.
REFUSED = "connection refused"
LOST_BEFORE = "lost before it arrived"
LOST_AFTER = "carried out, no answer"
LATE = "carried out after the caller hung up"
CUT = "carried out, answer cut off"
BAD_GATEWAY = "carried out, 502"
THROTTLED = "429"
UNAUTHORIZED = "401"
FAILED = "500, not carried out"
UNAVAILABLE = "503, not carried out"
FAILED_AFTER = "500, carried out"
SLOW = "slow"
TROUBLES = {
    REFUSED: 2, LOST_BEFORE: 2, LOST_AFTER: 3, LATE: 1, CUT: 1, BAD_GATEWAY: 2, THROTTLED: 4,
    UNAUTHORIZED: 1, FAILED: 3, UNAVAILABLE: 2, FAILED_AFTER: 3, SLOW: 4,
}  # fmt: skip
NO_COURIERS = "no couriers"
"""Of the courier service: it answers, and has nobody to send."""

OUTAGES = (REFUSED, LOST_BEFORE, LOST_AFTER, BAD_GATEWAY, THROTTLED, FAILED, UNAVAILABLE, SLOW)

AWS_TARGETS = (
    "sqs.SendMessage", "sqs", "dynamodb", "dynamodb.PutItem", "dynamodb.UpdateItem",
    "dynamodb.GetItem", "dynamodb.Query", "events.PutEvents", "s3.PutObject", "secretsmanager",
    "sesv2",
)  # fmt: skip
FUNCTIONS = (
    "api_handler", "inbound", "submit_square", "submit_toast", "submit_clover", "callbacks",
    "notifications", "pos_events", "sweep", "poll", "unpublished", "pay", "place", "dispatch",
    "tell",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StorePlan:
    """One store: its point of sale, and at which partners orders wait for the courier."""

    pos: str
    release_on_courier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does about an order, so long after it was placed."""

    what: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """One order. Its number names its contents. One for later begins `later_ms` after it came.

    `card` is what a customer of our shop pays with, who fetches the food when it `is_fetched`.
    """

    number: int
    at_ms: int
    channel: str
    store: int
    kind: str = ASAP
    deeds: tuple[Deed, ...] = ()
    later_ms: int = 90_000
    card: str = GOOD_CARD
    is_fetched: bool = False

    @property
    def is_paid_for(self) -> bool:
        """Whether bank and customer mean it."""
        if self.card == ASKED_CARD:
            return any(deed.what == ANSWER_BANK for deed in self.deeds)
        return self.card == GOOD_CARD


@dataclass(frozen=True, slots=True)
class Window:
    """A trouble of a vendor, a service or a function between two instants.

    `kind` of a vendor is one of TROUBLES; of AWS error, throttle, delay, duplicate or reorder.
    """

    target: str
    kind: str
    from_ms: int
    to_ms: int
    probability: float = 1.0
    longest_ms: int = 1000


@dataclass(frozen=True, slots=True)
class Weather:
    """How often what happens to a call, a webhook, a message or a run: shares of one."""

    trouble: float = 0.0
    crash: float = 0.0
    hang: float = 0.0
    pause: float = 0.05
    webhook: float = 0.0
    twice: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One seed's evening. Instants count from its beginning. `size`: orders before any cut.

    `courier_pace` is what the times of our shop's deliveries are multiplied with.
    """

    seed: int
    stores: tuple[StorePlan, ...]
    orders: tuple[OrderPlan, ...]
    weather: Weather
    vendors: tuple[Window, ...] = ()
    aws: tuple[Window, ...] = ()
    ends_ms: int = 0
    size: int = ORDERS
    courier_pace: float = 1.0

    @property
    def is_fair(self) -> bool:
        """Whether nothing goes wrong: then every order has to be made."""
        weather = self.weather
        bad = weather.trouble + weather.crash + weather.hang + weather.webhook + weather.twice
        return not (bad or self.vendors or self.aws)


def make_plan(seed: int, count: int = ORDERS) -> Plan:
    """Return the evening of a seed with so many orders."""
    dice = random.Random(f"plan:{seed}:{count}")
    stores = tuple(_store(dice, number) for number in range(dice.randint(2, 6)))
    rush_ms = dice.choice((2_000, 60_000, 120_000, 240_000))
    orders = tuple(_order(dice, number, len(stores), rush_ms) for number in range(count))
    pace = dice.choice((QUICK, QUICK, QUICK, 1.0))
    mood = dice.choices(("fair", "rough", "stormy", "crashes", "outages"), (8, 30, 22, 20, 20))[0]
    weather = _WEATHER[mood]
    ends_ms = rush_ms + 60_000
    vendors = tuple(_outage(dice, ends_ms) for _ in range(_some(dice, mood, "outages")))
    aws = tuple(_disturbance(dice, ends_ms) for _ in range(_some(dice, mood, "stormy")))
    return Plan(seed, stores, orders, weather, vendors, aws, ends_ms, count, pace)


_WEATHER = {
    "fair": Weather(),
    "rough": Weather(trouble=0.05, crash=0.004, hang=0.001, webhook=0.05, twice=0.03),
    "stormy": Weather(trouble=0.2, crash=0.02, hang=0.004, webhook=0.2, twice=0.1),
    "crashes": Weather(trouble=0.01, crash=0.06, hang=0.01, pause=0.2, twice=0.05),
    "outages": Weather(trouble=0.02, crash=0.004, webhook=0.02, twice=0.02),
}


def _some(dice: random.Random, mood: str, own: str) -> int:
    if mood == "fair":
        return 0
    return dice.randint(1, 4) if mood == own else dice.choice((0, 0, 1, 2))


def _store(dice: random.Random, number: int) -> StorePlan:
    waiting = tuple(c for c in (UBER_EATS, DOORDASH) if dice.random() < 0.15)
    return StorePlan(POINTS_OF_SALE[number % 3] if number < 3 else _one(dice), waiting)


def _one(dice: random.Random) -> str:
    return dice.choice(POINTS_OF_SALE)


def _order(dice: random.Random, number: int, stores: int, rush_ms: int) -> OrderPlan:
    kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
    channel = dice.choice(CHANNELS)
    if kind == SCHEDULED and channel == DOORDASH:  # has no orders for later
        kind = ASAP
    deeds, card = [], GOOD_CARD
    if channel == SHOP:
        card = dice.choices(list(CARDS), list(CARDS.values()))[0]
        deeds += _deeds_in_our_shop(dice, card)
    if dice.random() < 0.2:
        deeds.append(Deed(CANCEL, _moment(dice)))
    if channel in (UBER_EATS, DOORDASH) and dice.random() < 0.6:
        deeds.append(Deed(ARRIVE, dice.randint(0, 120_000)))
    if channel == UBER_EATS and dice.random() < 0.08:
        deeds.append(Deed(EDIT, _moment(dice)))
    fate = dice.random()
    if fate < 0.25:
        ready_ms = dice.randint(5_000, 120_000)
        deeds.append(Deed(READY, ready_ms))
        if fate < 0.15:
            deeds.append(Deed(COMPLETE, ready_ms + dice.randint(1_000, 60_000)))
    elif fate < 0.33:
        deeds.append(Deed(VOID, _moment(dice)))
    return OrderPlan(
        number,
        dice.randrange(rush_ms),
        channel,
        dice.randrange(stores),
        kind,
        tuple(deeds),
        dice.choice((20_000, 90_000, 150_000, 480_000)),
        card,
    )


def _deeds_in_our_shop(dice: random.Random, card: str) -> list[Deed]:
    deeds = []
    if card == ASKED_CARD and dice.random() < 0.8:
        deeds.append(Deed(ANSWER_BANK, dice.randint(5_000, 90_000)))
    if dice.random() < 0.05:
        deeds.append(Deed(LET_GO, dice.randint(100, 1_500)))
    if dice.random() < 0.25:
        # Before the courier is there, and with the food in the bag.
        deeds.append(Deed(DESERT, dice.choice((5_000, 20_000, 90_000, 200_000, 900_000))))
    return deeds


def _moment(dice: random.Random) -> int:
    """Return an instant that is often within the second in which everything happens."""
    return dice.randint(0, 1_500) if dice.random() < 0.5 else dice.randint(0, 150_000)


def _outage(dice: random.Random, ends_ms: int) -> Window:
    names = (*POINTS_OF_SALE, "uber", DOORDASH, DELIVEROO, OPEN_DELIVERY, "stripe", "drive")
    from_ms = dice.randrange(ends_ms)
    if dice.random() < 0.08:
        lasts_ms = dice.choice((60_000, 300_000, 1_200_000))
        return Window("drive", NO_COURIERS, from_ms, from_ms + lasts_ms)
    lasts_ms = dice.choice((5_000, 30_000, 60_000, 120_000))
    share = dice.choice((1.0, 1.0, 0.7))
    return Window(dice.choice(names), dice.choice(OUTAGES), from_ms, from_ms + lasts_ms, share)


def _disturbance(dice: random.Random, ends_ms: int) -> Window:
    kind = dice.choice(("error", "throttle", "delay", "duplicate", "reorder"))
    if kind in ("delay", "duplicate", "reorder") and dice.random() < 0.6:
        target = f"function:{dice.choice(FUNCTIONS)}"
    elif kind in ("duplicate", "reorder"):
        target = "sqs.SendMessage"
    else:
        target = dice.choice(AWS_TARGETS)
    from_ms = dice.randrange(ends_ms)
    lasts_ms = dice.choice((2_000, 15_000, 40_000))
    probability = dice.choice((0.1, 0.5, 1.0)) if kind in ("error", "throttle") else 0.4
    longest_ms = dice.choice((500, 3_000, 8_000))
    return Window(target, kind, from_ms, from_ms + lasts_ms, probability, longest_ms)


def reduced(
    plan: Plan,
    *,
    keep: Collection[int] | None = None,
    calm: Collection[str] = (),
    windows: Collection[int] | None = None,
) -> Plan:
    """Return a smaller plan: some orders, without some of the weather, some of the windows.

    Orders go by their numbers, windows by their places, vendors' before AWS's.
    """
    orders = tuple(o for o in plan.orders if keep is None or o.number in keep)
    weather = replace(plan.weather, **dict.fromkeys(calm, 0.0))
    numbered = list(enumerate((*plan.vendors, *plan.aws)))
    kept = [(i, window) for i, window in numbered if windows is None or i in windows]
    split = len(plan.vendors)
    vendors = tuple(window for i, window in kept if i < split)
    aws = tuple(window for i, window in kept if i >= split)
    return replace(plan, orders=orders, weather=weather, vendors=vendors, aws=aws)
