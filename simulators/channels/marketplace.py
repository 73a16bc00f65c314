"""What every delivery partner's simulator has: a ledger of what became of each order."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulators.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an order, and by whose hand; each partner's simulator lists its own words.

    `at_ms` is in milliseconds since the epoch, `detail` the request's body, if there was one.
    """

    order_id: str
    decision: str
    at_ms: int
    detail: Mapping[str, Any]


class Marketplace(Simulator):
    """A vendor at which customers place orders and our app decides about them."""

    def __init__(self, **host: Any) -> None:
        self._decisions: list[Decision] = []
        super().__init__(**host)

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order; returns its id."""
        raise NotImplementedError

    def decisions(self) -> list[Decision]:
        """Return what was decided, oldest first."""
        with self._lock:
            return list(self._decisions)

    def note_decision(self, order_id: str, decision: str, detail: Mapping[str, Any]) -> None:
        """Write down what became of an order, now."""
        self._decisions.append(Decision(order_id, decision, self._now_ms(), detail))

    def shown_decisions(self) -> list[dict[str, Any]]:
        """Return the ledger as the control endpoint shows it."""
        return [asdict(decision) for decision in self._decisions]
