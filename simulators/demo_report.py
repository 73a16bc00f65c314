"""What the demo found: the verdict, a table of the stages, and one order's journey."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.playground import Playground

ACCEPTED = frozenset({"accepted", "accepted_at_once", "accepted_on_tablet"})

# Stage, Chalice function, and the dead-letter queue of what it does not manage.
STAGES = (
    ("menu import", "menus", ""),
    ("inbound", "inbound", "inbound-orders-dead-letters"),
    ("submit to POS", "submit_square", "pos-square-dead-letters"),
    ("answer partner", "callbacks", "channel-callbacks-dead-letters"),
    ("shop: pay", "pay", "shop-payments-dead-letters"),
    ("shop: place", "place", "shop-orders-dead-letters"),
    ("shop: courier", "dispatch", "shop-couriers-dead-letters"),
    ("shop: tell", "tell", "shop-messages-dead-letters"),
    ("notify staff", "notifications", "notifications-dead-letters"),
    ("POS events", "pos_events", "ticket-changes-dead-letters"),
    ("sweep", "sweep", ""),
)


@dataclass(frozen=True, slots=True)
class ShopOutcome:
    """What became of our own shop's orders. `kept` is in minor units."""

    orders: int = 0
    paid: int = 0
    kept: int = 0
    couriers: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the vendors saw. Instants in milliseconds since the epoch, by order id."""

    placed_at_ms: dict[str, int]
    tickets: list[tuple[str, int]]
    decisions: dict[str, tuple[str, int]]
    seconds: float
    answered_ms: tuple[int, ...] = ()
    shop: ShopOutcome = ShopOutcome()

    @property
    def printed(self) -> Counter[str]:
        """How often each order was printed."""
        return Counter(order_of(reference) for reference, _ in self.tickets)

    @property
    def duplicates(self) -> int:
        """Tickets beyond an order's first."""
        return sum(times - 1 for times in self.printed.values())

    @property
    def lost(self) -> list[str]:
        """Orders that have no ticket or that their partner was not told "accepted"."""
        printed = self.printed
        return [
            order_id
            for order_id in self.placed_at_ms
            if order_id not in printed or self.decisions.get(order_id, ("", 0))[0] not in ACCEPTED
        ]

    @property
    def is_good(self) -> bool:
        """Whether every order became exactly one ticket and was accepted."""
        return not self.lost and not self.duplicates

    def to_ticket_ms(self) -> list[int]:
        """Milliseconds from the partner's webhook to the first ticket, per order."""
        first: dict[str, int] = {}
        for reference, at_ms in self.tickets:
            first.setdefault(order_of(reference), at_ms)
        return [first[o] - at_ms for o, at_ms in self.placed_at_ms.items() if o in first]

    def to_accepted_ms(self) -> list[int]:
        """Milliseconds from the partner's webhook to its being told, per order."""
        return [
            self.decisions[o][1] - at_ms
            for o, at_ms in self.placed_at_ms.items()
            if o in self.decisions
        ]


def order_of(reference: str) -> str:
    """Return the partner's order id of a reference: the app puts the channel's initials first."""
    return reference.partition("-")[2]


def percentile(values: Sequence[int], percent: int) -> int:
    """Return the value that `percent` % of the values do not exceed (nearest rank)."""
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[max(1, -(-len(ordered) * percent // 100)) - 1]


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return the figures of a run."""
    to_ticket = outcome.to_ticket_ms()
    seconds = max(outcome.seconds, 0.001)
    return {
        "orders": len(outcome.placed_at_ms),
        "tickets": len(outcome.tickets),
        "duplicates": outcome.duplicates,
        "lost": len(outcome.lost),
        "seconds": round(seconds, 3),
        "orders_per_second": round(len(outcome.placed_at_ms) / seconds, 1),
        "webhook_to_ticket_ms": {f"p{p}": percentile(to_ticket, p) for p in (50, 95, 99)},
        "shop": asdict(outcome.shop),
        "webhook_answered_ms": {f"p{p}": percentile(outcome.answered_ms, p) for p in (50, 95, 99)},
    }


def print_report(outcome: Outcome, playground: Playground) -> None:
    """Print the stages, one order's journey and the verdict."""
    from rich.console import Console

    console = Console(width=None, soft_wrap=True)
    console.print(_stages(outcome, playground))
    slowest = max(
        outcome.placed_at_ms,
        key=lambda o: outcome.decisions.get(o, ("", 0))[1] - outcome.placed_at_ms[o],
    )
    first = next(iter(outcome.placed_at_ms))
    console.print(f"\n[bold]The journey of order {first}[/bold]  (slowest: {slowest})")
    console.print(
        playground.fetch(f"/_chalice_offline/trace?text={quote(first)}"),
        markup=False,
        highlight=False,
    )
    figures = summary(outcome)
    verdict = "every order became exactly one ticket, and its partner was told so"
    if not outcome.is_good:
        verdict = f"{figures['lost']} lost, {figures['duplicates']} printed twice"
        for order_id in outcome.lost[:10]:
            console.print(
                f"lost: {order_id}, partner: {outcome.decisions.get(order_id, ('never told',))[0]}"
            )
    times, answers = figures["webhook_to_ticket_ms"], figures["webhook_answered_ms"]
    shop = outcome.shop
    console.print(
        f"{shop.orders} of these are our own shop's: {shop.paid} paid, {shop.kept / 100:.2f} "
        f"together; {shop.couriers} couriers were sent."
    )
    console.print(
        f"[bold]{figures['orders']} orders, {figures['tickets']} tickets: {verdict}.[/bold]\n"
        f"{figures['orders_per_second']} orders/s; webhook to ticket p50 {times['p50']} ms, "
        f"p95 {times['p95']} ms, p99 {times['p99']} ms; "
        f"webhooks answered p50 {answers['p50']} ms, p99 {answers['p99']} ms."
    )


def _stages(outcome: Outcome, playground: Playground) -> Any:
    from rich import box
    from rich.table import Table

    # Narrow enough for a terminal of 80 columns.
    table = Table(title="Stages", box=box.SIMPLE, padding=0, pad_edge=False)
    table.add_column("stage", no_wrap=True)
    for column in ("events in", "handled", "retried", "dead-lettered", "p50 ms", "p95 ms"):
        table.add_column(column, justify="right", no_wrap=True)
    webhooks = len(outcome.placed_at_ms)
    accepted = outcome.to_accepted_ms()
    functions = {f["name"].split("-local-")[-1]: f for f in playground.functions()}
    queues = playground.client("sqs")
    for title, name, dead_letters in STAGES:
        f = functions[name]
        table.add_row(
            title,
            str(f["invocations"] - f["retries"]),
            str(f["invocations"] - f["errors"]),
            str(f["retries"]),
            str(_depth(queues, dead_letters)) if dead_letters else "-",
            _milliseconds(f["duration_ms"]["p50"]),
            _milliseconds(f["duration_ms"]["p95"]),
        )
    table.add_section()
    table.add_row(
        "whole journey",
        str(webhooks),
        str(len(accepted)),
        "",
        "",
        str(percentile(accepted, 50)),
        str(percentile(accepted, 95)),
    )
    return table


def _milliseconds(value: int | None) -> str:
    return "-" if value is None else str(value)


def _depth(queues: Any, name: str) -> int:
    url = queues.get_queue_url(QueueName=name)["QueueUrl"]
    names = ["ApproximateNumberOfMessages"]
    reply = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(reply["Attributes"][names[0]])
