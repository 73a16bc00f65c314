"""What every point of sale's simulator has: a printer, and a ledger of what came out of it.

Two tickets with one reference are the mistake that these simulators exist to catch.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order that reached the kitchen."""

    reference_id: str | None
    order_id: str
    printed_at_ms: int
    location_id: str


class PointOfSaleSimulator(Simulator):
    """A vendor whose orders are printed."""

    def __init__(self, **host: object) -> None:
        self._tickets: list[Ticket] = []
        self._voided: set[str] = set()
        super().__init__(**host)  # type: ignore[arg-type]

    def tickets(self) -> list[Ticket]:
        """Return what the kitchen printed, oldest first."""
        with self._lock:
            return list(self._tickets)

    def duplicate_tickets(self) -> dict[str, list[str]]:
        """Return the order ids of every reference that was printed more than once."""
        by_reference: dict[str, list[str]] = {}
        for ticket in self.tickets():
            if ticket.reference_id is not None:
                by_reference.setdefault(ticket.reference_id, []).append(ticket.order_id)
        return {reference: ids for reference, ids in by_reference.items() if len(ids) > 1}

    def print_ticket(self, reference_id: str | None, order_id: str, location_id: str) -> None:
        """Let an order come out of the printer now."""
        self._tickets.append(Ticket(reference_id, order_id, self._now_ms(), location_id))

    def goods_total(self, order_id: str) -> int:
        """Return what an order's goods cost there, without tax and tips, in minor units."""
        raise NotImplementedError

    def live_orders(self) -> list[tuple[str, str]]:
        """Return reference and id of every order that nobody has taken back, printed or not."""
        raise NotImplementedError

    def is_done(self, order_id: str) -> bool:  # noqa: ARG002 - some tills do not tell
        """Say whether the kitchen has finished an order."""
        return False

    def has_given_back(self, order_id: str) -> bool:  # noqa: ARG002 - some tills do not tell
        """Say whether all that was recorded as paid for an order is recorded as given back."""
        return False

    def cancel_at_the_till(self, order_id: str) -> None:
        """Let the restaurant itself take an order back."""
        raise NotImplementedError

    def note_void(self, order_id: str) -> None:
        """Let the kitchen know that an order is off."""
        self._voided.add(order_id)

    def standing_tickets(self) -> list[Ticket]:
        """Return the tickets that the kitchen still works from: printed and not voided."""
        with self._lock:
            return [ticket for ticket in self._tickets if ticket.order_id not in self._voided]
