"""One evening: a plan's orders, people and weather in virtual time, then calm, then the audit."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import random
from collections import Counter
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from io import TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalice_offline.testing import Offline
from chalicelib.domain.order import order_key
from simulators import menus_audit
from simulators.audit import YES, findings, sides
from simulators.books import ClosedBooks, names
from simulators.channels.doordash.simulator import DoorDash
from simulators.channels.uber_eats.simulator import UberEats
from simulators.menu import DELIVEROO, SHOP, Store, make_stores
from simulators.sim import plan as plans
from simulators.sim.clients import Clients
from simulators.sim.containers import Containers
from simulators.sim.customers import placed, written
from simulators.sim.door import Door, Passed
from simulators.sim.menus import new_menus, open_stores
from simulators.street import Street

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulators.audit import Side
    from simulators.books import Books
    from simulators.cart import PlacedOrder
    from simulators.pos.kitchen import PointOfSaleSimulator, Ticket
    from simulators.sim.plan import Deed, OrderPlan, Plan, Window
    from simulators.world import World

PROJECT = Path(__file__).parents[2]
STEP_MS = 1_000
CALM_STEP_MS = 15_000
BUSY_MS = 120_000
REST_WITHIN_MS = 60 * 60_000
WORKS_AGAIN_WITHIN_MS = 20 * 60_000
HARD_LIMIT_MS = 150_000


@dataclass(frozen=True, slots=True)
class Result:
    """How an evening ended. Two plays of one plan have the same digest, or something is wrong."""

    plan: Plan
    findings: tuple[str, ...]
    digest: str
    counts: Counter[str]
    calls: Counter[str]
    log: tuple[Passed, ...]
    orders: int
    virtual_ms: int
    judged: Any = None


def play(
    plan: Plan,
    *,
    through_botocore: bool = False,
    trouble: Callable[[World, Sequence[Store]], None] = lambda *_: None,
    judged: Callable[[Street], Any] = lambda _: None,
) -> Result:
    """Play a plan on a street of its own; `through_botocore` takes twice as long as it has to.

    `trouble` is asked for beside the plan's, `judged` adds a view of the end to the result.
    """
    before = random.getstate()
    random.seed(plan.seed)  # botocore rolls the jitter of its retries with everybody's dice
    try:
        # What functions print (metrics are log lines) is not what is asked for here.
        with (
            redirect_stdout(Unread()),
            Offline(PROJECT, stage="local", region="us-east-1", seed=plan.seed) as offline,
        ):
            evening = Evening(offline, plan, through_botocore=through_botocore)
            evening.ask_for_trouble = lambda: trouble(evening.world, evening.stores)
            return replace(evening.result(), judged=judged(evening.street))
    finally:
        random.setstate(before)


class Unread(TextIOBase):
    """Takes text and drops it."""

    def write(self, text: str) -> int:
        """Say that it was written."""
        return len(text)


class Evening:
    """A plan on its street."""

    def __init__(self, offline: Offline, plan: Plan, *, through_botocore: bool = False) -> None:
        self.plan = plan
        self.offline = offline
        self.stores = _stores(plan)
        self.street = Street(offline, self.stores, seed=plan.seed)
        self.world = self.street.world
        drive = self.world.drive
        drive.settings = replace(drive.settings, pace=plan.courier_pace)
        self.began_ms = self.world.now_ms()
        self.counts: Counter[str] = Counter()
        clients = Clients()
        self.door = Door(plan, self.world, offline.emulator, self.began_ms, clients.wear)
        self.door.is_all_through_botocore = through_botocore
        self.ask_for_trouble: Callable[[], None] = lambda: None
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._turns = itertools.count()  # of two at one instant: who was written down first
        ids = {self._written(order).order_id for order in plan.orders}
        ids |= {f"gb:{id_}" for id_ in ids}
        self.containers = Containers(ids, clients)
        offline.emulator.faults.reseed(plan.seed)

    def result(self) -> Result:
        """Let everything happen, and say how it ended."""
        with self._in_place():
            open_stores(self.plan, self.street)
            self.began_ms = self.door.began_ms = self.world.now_ms()
            self._set_up()
            self._go_until(self.plan.ends_ms)
            self._clear_up()
            found = self._come_to_rest()
            found += self._works_again()
            # Within, so that the auditor's calls take the short way, too.
            books = ClosedBooks(self.street)
            known = sides(books)
            found += self._audit(books, known)
        return Result(
            self.plan,
            tuple(found),
            self._digest(known),
            self._counted(),
            self.door.calls,
            tuple(self.door.log),
            len(self.street.placed),
            self.world.now_ms() - self.began_ms,
        )

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        with ExitStack() as stack:
            driver = self.offline.emulator.driver
            stack.enter_context(self.containers.in_place(driver))
            stack.enter_context(self.door.open())
            yield

    # ---- what happens ------------------------------------------------------------------------

    def _set_up(self) -> None:
        self.door.is_fair = self.plan.is_fair
        for order in self.plan.orders:
            self._at(order.at_ms, lambda order=order: self._place(order))  # type: ignore[misc]
        files = self.world.generator.menu_files()
        for at_ms, menu in new_menus(self.plan, self.stores, files):
            self._at(at_ms, lambda menu=menu: self._upload(menu))  # type: ignore[misc]
        for window in self.plan.aws:
            self._at(window.from_ms, lambda window=window: self._disturb(window))  # type: ignore[misc]
        if self.plan.weather.twice:
            for target in ("sqs.SendMessage", *plans.FUNCTIONS):
                self._duplicates(target, self.plan.weather.twice)
        for window in self.plan.vendors:
            if window.kind == plans.NO_COURIERS:
                self._at(window.from_ms, lambda: self._send_couriers(False))
                self._at(window.to_ms, lambda: self._send_couriers(True))
        self.ask_for_trouble()
        share = self.plan.weather.webhook
        if share:
            mix = {
                "duplicate_webhook": share,
                "out_of_order_webhook": share / 2,
                "late_webhook": share / 4,
                "bad_signature_webhook": share / 2,
            }
            for simulator in self.world.simulators.values():
                simulator.faults.add_mix(mix)

    def _upload(self, menu: dict[str, Any]) -> None:
        """Upload a file; whom AWS refuses it, after boto3's own tries, tries again in a minute."""
        try:
            self.street.upload(menu)
        except ClientError:
            self.counts["people: operator's upload fails"] += 1
            again_ms = self.world.now_ms() - self.began_ms + 60_000
            self._at(again_ms, lambda: self._upload(menu))

    def _send_couriers(self, some: bool) -> None:
        self.world.drive.without_couriers = not some
        self.counts["couriers: are back" if some else "couriers: none to be had"] += 1

    def _at(self, at_ms: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.began_ms + at_ms, next(self._turns), act))

    def _go_until(self, at_ms: int, step_ms: int = STEP_MS) -> None:
        """Let time pass: what people do, and vendors' webhooks, each at its instant."""
        end_ms = self.began_ms + at_ms
        driver: Any = self.offline.emulator.driver
        while (now_ms := self.world.now_ms()) < end_ms:
            # In steps in which nothing happens no vendor hears of anything: they are one.
            quiet_ms = (driver.next_due_ms() or end_ms) - now_ms
            steps = max(1, -(-quiet_ms // step_ms))
            due_ms = [self.world.next_due_ms() or end_ms, end_ms, now_ms + steps * step_ms]
            due_ms += [self._agenda[0][0]] if self._agenda else []
            wait_ms = max(1, min(due_ms) - now_ms)
            self.offline.advance(milliseconds=wait_ms, raise_errors=False)
            while self._agenda and self._agenda[0][0] <= self.world.now_ms():
                heapq.heappop(self._agenda)[2]()
            self.world.tick()

    def _place(self, planned: OrderPlan) -> None:
        store = self.stores[planned.store]
        order = placed(self.world, planned, self.plan.seed, store, self.world.now_ms())
        self.street.placed[order.order_id] = order
        now_ms = self.world.now_ms() - self.began_ms
        for deed in planned.deeds:
            self._at(now_ms + deed.after_ms, lambda deed=deed: self._do(deed, order))  # type: ignore[misc]

    def _written(self, planned: OrderPlan) -> PlacedOrder:
        return written(planned, self.plan.seed, self.stores[planned.store], self.began_ms)

    def _do(self, deed: Deed, order: PlacedOrder) -> None:
        try:
            done = self._done(deed.what, order)
        except ValueError:  # the partner does not let the customer do that any more
            done = False
        self._tell(order.order_id, deed.what if done else f"{deed.what}: too late or too early")
        self.counts[f"people: {deed.what}" + ("" if done else ", in vain")] += 1

    def _done(self, what: str, order: PlacedOrder) -> bool:
        if order.channel == SHOP:
            return self._done_in_our_shop(what, order)
        channel: Any = self.world.channels[order.channel]
        if what == plans.CANCEL:
            channel.cancel_by_customer(order.order_id)
        elif what == plans.ARRIVE and isinstance(channel, UberEats | DoorDash):
            channel.courier_arrives(order.order_id)
        elif what == plans.EDIT and isinstance(channel, UberEats):
            channel.edit_by_customer(order.order_id)
        else:
            return self._done_in_the_kitchen(what, order)
        return True

    def _done_in_our_shop(self, what: str, order: PlacedOrder) -> bool:
        if what == plans.CANCEL:
            self.world.shop.cancel(order.order_id)
        elif what in (plans.ANSWER_BANK, plans.LET_GO):
            act = {plans.ANSWER_BANK: "requires_action", plans.LET_GO: "requires_capture"}[what]
            stripe = self.world.stripe
            found = [i for i in stripe.intents() if i["metadata"]["order_id"] == order.order_id]
            found = [intent for intent in found if intent["status"] == act]
            for intent in found:
                (stripe.authenticate if what == plans.ANSWER_BANK else stripe.void)(intent["id"])
            return bool(found)
        elif what == plans.DESERT:
            return self._desert(order)
        else:
            return self._done_in_the_kitchen(what, order)
        return True

    def _desert(self, order: PlacedOrder) -> bool:
        coming = [
            delivery["external_delivery_id"]
            for delivery in self.world.drive.deliveries()
            if delivery["external_delivery_id"].startswith(order.order_id)
            and delivery["delivery_status"] not in ("cancelled", "delivered")
        ]
        for id_ in coming:
            self.world.drive.desert(id_)
        return bool(coming)

    def _done_in_the_kitchen(self, what: str, order: PlacedOrder) -> bool:
        till = self.world.points_of_sale[order.store.pos]
        ticket = self._ticket(till, order)
        if ticket is None:
            return False
        if what == plans.VOID:
            till.cancel_at_the_till(ticket.order_id)
        elif till is self.world.square:
            state = "PREPARED" if what == plans.READY else "COMPLETED"
            self.world.square.fulfil(ticket.order_id, state)
        elif till is self.world.toast and what == plans.COMPLETE:
            self.world.toast.close(ticket.order_id)
        else:
            return False
        return True

    def _ticket(self, till: PointOfSaleSimulator, order: PlacedOrder) -> Ticket | None:
        key = order_key(order.channel, order.store.channel_store_id(order.channel), order.order_id)
        item = {
            "order_key": {"S": key},
            "channel": {"S": order.channel},
            "order_id": {"S": order.order_id},
        }
        standing = till.standing_tickets()
        return next((t for t in standing if names(item, str(t.reference_id))), None)

    def _duplicates(self, target: str, share: float) -> None:
        """Have messages come twice, and functions run twice for one event: "at least once"."""
        fault = self.offline.faults.duplicate(target, probability=share)

        def count() -> None:
            self.counts[f"aws: duplicate {fault.target}"] += fault.struck

        self._at(self.plan.ends_ms, count)

    def _disturb(self, window: Window) -> None:
        add = getattr(self.offline.faults, window.kind)
        target = window.target.removeprefix("function:")
        options: dict[str, Any] = {"probability": window.probability}
        if window.kind in ("delay", "reorder"):
            options["milliseconds"] = window.longest_ms
        fault = add(target, **options)
        self.door.disturbed[fault.target] += 1

        def over() -> None:
            self.counts[f"aws: {window.kind} {window.target}"] += fault.struck
            self.offline.emulator.faults.remove(fault.number)
            self.door.disturbed -= Counter([fault.target])

        self._at(window.to_ms, over)

    # ---- calm --------------------------------------------------------------------------------

    def _clear_up(self) -> None:
        """End every trouble; what needs a person is mended by one."""
        self.door.is_fair = True
        while self._agenda:
            at_ms, _, act = heapq.heappop(self._agenda)
            # What comes long after the last order needs no more than calm does.
            is_late = at_ms - self.began_ms > self.plan.ends_ms + BUSY_MS
            self._go_until(at_ms - self.began_ms, CALM_STEP_MS if is_late else STEP_MS)
            act()
        self.offline.faults.clear()
        for simulator in self.world.simulators.values():
            simulator.faults.clear()
        self.street.upload_what_was_dropped()
        # A refresh token whose answer got lost is worth nothing: the merchant connects again.
        self.street.connect_sellers()

    def _come_to_rest(self) -> list[str]:
        limit_ms = self.world.now_ms() + REST_WITHIN_MS
        while not self.street.is_at_rest():
            if self.world.now_ms() > limit_ms:
                left = ", ".join(list(self.street.under_way())[:3])
                return [f"the street does not come to rest: {left}"]
            self._go_until(self.world.now_ms() - self.began_ms + 20_000, CALM_STEP_MS)
        return []

    def _works_again(self) -> list[str]:
        """After everything one more order has to be made; tries it again for a while."""
        end_ms = self.world.now_ms() + WORKS_AGAIN_WITHIN_MS
        number = 10_000 + self.plan.seed
        while self.world.now_ms() < end_ms:
            planned = plans.OrderPlan(
                number,
                0,
                plans.CHANNELS[number % len(plans.CHANNELS)],
                number % len(self.stores),
                is_fetched=number % len(plans.CHANNELS) == plans.CHANNELS.index(SHOP),
            )
            store = replace(self.stores[planned.store], release_on_courier=())
            order = placed(self.world, planned, self.plan.seed, store, self.world.now_ms())
            self.street.placed[order.order_id] = order
            self._come_to_rest()
            if any(
                side.order_id == order.order_id and side.said in YES for side in sides(self.street)
            ):
                return []
            self.counts["after the evening: not made at once"] += 1
            number += len(self.stores) * len(plans.CHANNELS)
            self._go_until(self.world.now_ms() - self.began_ms + 240_000, CALM_STEP_MS)
        return ["after the evening no order is made any more"]

    # ---- the audit ---------------------------------------------------------------------------

    def _audit(self, books: Books, known: Sequence[Side]) -> list[str]:
        told = self._told_to_staff(books) | self._never_heard_of()
        found = findings(
            books,
            told_to_staff=told,
            maybe_untold=self.door.maybe_untold,
            mails=self.door.mails,
            known=known,
        )
        found += menus_audit.findings(self.street)
        by_id = {side.order_id: side for side in known}
        orders = {self._id(order): order for order in self.plan.orders}
        for order_id, planned in orders.items():
            if (side := by_id.get(order_id)) is not None:
                found += self._judged(planned, side)
                self._count(side)
        return found

    def _id(self, planned: OrderPlan) -> str:
        order_id = self._written(planned).order_id
        return f"gb:{order_id}" if planned.channel == DELIVEROO else order_id

    def _told_to_staff(self, books: Books) -> set[str]:
        """Return Deliveroo's orders of which staff know that they have to phone.

        An order that Deliveroo has accepted cannot be taken back there.
        """
        told = set()
        for note in books.notes():
            self.counts[f"staff told: {note['type']}"] += 1
            channel, _, order = note["subject"].partition("#")
            if note["type"] == "order.callback_refused" and channel == DELIVEROO:
                told.add(order.partition("#")[2])
        return told

    def _never_heard_of(self) -> set[str]:
        """Return DoorDash's orders of which each side believes something else, and cannot ask.

        No way to read an order is documented there. So a cancellation that is lost at our door
        four times in a row stays lost; and after so many 5xx of ours, which fail an order,
        "confirmed before" may be an echo of our yes, whose answer was lost, or that failure.
        """
        lost = self.world.doordash.abandoned
        cancelled = {one.resource_id for one in lost if one.event_type == "OrderCancel"}
        failed = {one.resource_id for one in lost if one.event_type == "OrderCreate"}
        said = Counter(p.order_id for p in self.door.log if p.what.startswith("PATCH doordash/"))
        unsure = {order_id for order_id in failed if said[order_id] > 1}
        self.counts["lost at our door: DoorDash's cancellation"] += len(cancelled)
        self.counts["lost at our door: DoorDash's order, answered twice"] += len(unsure)
        return cancelled | unsure

    def _judged(self, planned: OrderPlan, side: Side) -> list[str]:
        said_yes = side.said in YES
        found = []
        if planned.kind in (plans.UNMAPPED, plans.MISPRICED) and said_yes:
            found.append(f"{side.order_id}: accepted with {planned.kind}")
        if planned.card in plans.DECLINED_CARDS and said_yes:
            found.append(f"{side.order_id}: accepted with a card that does not pay")
        undone = any(deed.what in plans.UNDOING for deed in planned.deeds)
        undone = undone or not planned.is_paid_for
        good = planned.kind in (plans.ASAP, plans.SCHEDULED)
        if self.plan.is_fair and good and not undone and not said_yes:
            found.append(f"{side.order_id}: {side.said} though nothing went wrong")
        return found

    def _count(self, side: Side) -> None:
        is_ours = side.order_id in self.world.shop.checkouts()
        self.counts[f"{'customer' if is_ours else 'partner'}: {side.said or 'nothing'}"] += 1
        record = side.record
        if record is None:
            self.counts["record: none"] += 1
            return
        self.counts[f"record: {record.state}"] += 1
        if record.refusal is not None:
            self.counts[f"refusal: {record.refusal.reason}"] += 1
        if record.undo is not None:
            self.counts[f"undo: {record.undo}"] += 1

    def _counted(self) -> Counter[str]:
        counts = self.counts + self.door.counts
        for name, simulator in self.world.simulators.items():
            for fault, times in simulator.faults.taken.items():
                if fault.endswith("_webhook"):
                    counts[f"webhook: {fault.removesuffix('_webhook')}"] += times
            counts[f"webhooks of {name}"] += len(simulator.sent)
        counts["containers"] = sum(self.containers.started.values())
        counts["runs"] = sum(self.containers.runs.values())
        return counts

    def _digest(self, known: Sequence[Side]) -> str:
        digest = hashlib.sha256()
        for passed in self.door.log:
            digest.update(repr(passed).encode())
        for side in sorted(known, key=lambda side: side.order_id):
            digest.update(repr((side.order_id, side.decisions, side.printed)).encode())
        return digest.hexdigest()[:16]

    def _tell(self, order_id: str, what: str) -> None:
        at_ms = self.world.now_ms() - self.began_ms
        self.door.log.append(Passed(at_ms, "people", order_id, what, ""))


def _stores(plan: Plan) -> tuple[Store, ...]:
    made = make_stores(len(plan.stores), [store.pos for store in plan.stores])
    return tuple(
        replace(store, release_on_courier=planned.release_on_courier)
        for store, planned in zip(made, plan.stores, strict=True)
    )
