"""Which request or webhook goes wrong next, and how.

A fault is asked for by operation ("CreateOrder"), by webhook event type ("order.created") or
for everything ("*"). It counts down (`times`) or rolls dice from the seed (`probability`).
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulators.wsgi import Request

RATE_LIMITED = "rate_limited"
UNAUTHORIZED = "unauthorized"
ERROR_BEFORE_COMMIT = "error_before_commit"
ERROR_AFTER_COMMIT = "error_after_commit"
SLOW_SUCCESS = "slow_success"
UNREADABLE_REPLY = "unreadable_reply"
DUPLICATE_WEBHOOK = "duplicate_webhook"
OUT_OF_ORDER_WEBHOOK = "out_of_order_webhook"
LATE_WEBHOOK = "late_webhook"
BAD_SIGNATURE_WEBHOOK = "bad_signature_webhook"
LATE_ACCEPT = "late_accept"

REQUEST_FAULTS = frozenset(
    {
        RATE_LIMITED,
        UNAUTHORIZED,
        ERROR_BEFORE_COMMIT,
        ERROR_AFTER_COMMIT,
        SLOW_SUCCESS,
        UNREADABLE_REPLY,
    }
)
WEBHOOK_FAULTS = frozenset(
    {DUPLICATE_WEBHOOK, OUT_OF_ORDER_WEBHOOK, LATE_WEBHOOK, BAD_SIGNATURE_WEBHOOK}
)
ALL_FAULTS = REQUEST_FAULTS | WEBHOOK_FAULTS | {LATE_ACCEPT}

_SECONDS = {SLOW_SUCCESS: 30.0, OUT_OF_ORDER_WEBHOOK: 30.0, LATE_WEBHOOK: 60.0, LATE_ACCEPT: 20.0}


@dataclass(slots=True)
class Fault:
    """One standing request for trouble.

    `times` None means without end. `status` is the answer of the two error faults. `seconds`
    is how long a slow success takes, a late webhook is late, an out-of-order webhook waits for
    the one that shall overtake it, or the tablet takes to accept after a denial. With `about`
    only requests are hit that hold this text anywhere: one store's id, say.
    """

    operation: str
    fault: str
    times: int | None = 1
    probability: float = 1.0
    status: int = 500
    seconds: float = 0.0
    about: str = ""

    def __post_init__(self) -> None:
        if self.fault not in ALL_FAULTS:
            raise ValueError(
                f"unknown fault {self.fault!r}; known: {', '.join(sorted(ALL_FAULTS))}"
            )
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise ValueError("times must be a whole number of at least 1, or null for no end")
        if type(self.probability) not in (int, float) or not 0 < self.probability <= 1:
            raise ValueError("probability must be above 0 and at most 1")
        if type(self.status) is not int or not 500 <= self.status <= 599:
            raise ValueError("status must be 500 to 599")
        if type(self.seconds) not in (int, float) or self.seconds < 0:
            raise ValueError("seconds must be 0 or more")
        self.seconds = self.seconds or _SECONDS.get(self.fault, 0.0)


class FaultPlan:
    """The faults that are still to come, oldest first."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"faults:{seed}")
        self._faults: list[Fault] = []
        self.taken: dict[str, int] = {}

    def add(self, operation: str, fault: str, **options: Any) -> Fault:
        """Ask for a fault; options are Fault's fields. Raises ValueError for unusable ones."""
        if options.get("probability", 1.0) != 1.0:
            options.setdefault("times", None)
        try:
            added = Fault(operation, fault, **options)
        except TypeError as error:
            raise ValueError(
                "a fault has operation, fault, times, probability, status, seconds, about"
            ) from error
        self._faults.append(added)
        return added

    def add_mix(self, probabilities: Mapping[str, float], operation: str = "*") -> None:
        """Ask for several faults at random, each with its own probability, without end."""
        for fault, probability in probabilities.items():
            self.add(operation, fault, probability=probability, times=None)

    def clear(self) -> None:
        """Everything goes well from here on."""
        self._faults.clear()

    def take(
        self, operation: str, kinds: Iterable[str], request: Request | None = None
    ) -> Fault | None:
        """Return the fault that hits this operation now, and count it; None for a good day."""
        if not self._faults:
            return None
        for fault in self._faults:
            if fault.fault not in kinds or fault.operation not in (operation, "*"):
                continue
            if fault.about and (request is None or not _mentions(request, fault.about)):
                continue
            if fault.probability < 1.0 and self._random.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            self.taken[fault.fault] = self.taken.get(fault.fault, 0) + 1
            return fault
        return None

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults still to come, as the control endpoint shows them."""
        return [asdict(fault) for fault in self._faults]


def _mentions(request: Request, text: str) -> bool:
    """Say whether a text is in a request's path, fields or body."""
    return text in request.path or text in str(request.headers) or text.encode() in request.body
