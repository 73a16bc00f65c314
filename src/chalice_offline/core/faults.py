"""Faults on purpose: what networks and services do at their worst, when somebody asks for it.

    error       a call is refused, a handler raises
    throttle    a call or a run is refused as one too many
    delay       a call is carried out later; a handler takes longer, which its timeout counts
    duplicate   a call is carried out twice, a handler runs twice: "at least once"
    reorder     each waits for a while of its own, so that they overtake each other

Which one strikes is decided by a seed of their own: other ids and choices stay what they were.
Without a fault nothing here is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalice_offline.core.errors import AwsError
from chalice_offline.core.ids import Ids

ERROR, THROTTLE, DELAY, DUPLICATE, REORDER = KINDS = (
    "error",
    "throttle",
    "delay",
    "duplicate",
    "reorder",
)
FUNCTION: Final = "function:"
DEFAULT_DELAY_MS = 1_000
MESSAGE: Final = "A fault that was asked for (chalice-offline)."

# How services say that they fail, and that it is too much, with the HTTP status.
_FAILURES: Final = {
    "dynamodb": ("InternalServerError", 500),
    "kinesis": ("InternalFailureException", 500),
    "lambda": ("ServiceException", 500),
    "s3": ("InternalError", 500),
    "sns": ("InternalError", 500),
    "sqs": ("InternalError", 500),
}
_THROTTLES: Final = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "kinesis": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "sns": ("Throttled", 429),
    "sqs": ("RequestThrottled", 403),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault.

    `target` is a service ("sqs"), an operation ("sqs.SendMessage") or a function
    ("function:NAME"). It strikes with `probability`, at most `times` times. `milliseconds` is the
    delay, or the longest of a reorder. `code`, `message` and `status` are an error's; empty ones
    are the service's usual.
    """

    kind: str
    target: str
    probability: float = 1.0
    times: int | None = None
    milliseconds: int = DEFAULT_DELAY_MS
    code: str = ""
    message: str = MESSAGE
    status: int = 0
    number: int = 0
    struck: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it never strikes again."""
        return self.times is not None and self.struck >= self.times


class Faults:
    """The faults that are switched on, in the order in which they were."""

    def __init__(self, seed: int) -> None:
        self._ids = Ids(seed)
        self._count = 0
        self._by_target: dict[str, list[Fault]] = {}
        # Whether there are any: asked for every call, so nothing is worked out.
        self.is_on = False

    def all(self) -> list[Fault]:
        """Return them, in the order in which they were switched on."""
        faults = [fault for faults in self._by_target.values() for fault in faults]
        return sorted(faults, key=lambda fault: fault.number)

    def reseed(self, seed: int) -> None:
        """Decide by another seed from now on."""
        self._ids = Ids(seed)

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        self._count += 1
        fault.number = self._count
        self._by_target.setdefault(fault.target, []).append(fault)
        self.is_on = True
        return fault

    def remove(self, number: int) -> bool:
        """Switch one off; False when there is none of that number."""
        for target, faults in list(self._by_target.items()):
            left = [fault for fault in faults if fault.number != number]
            if len(left) < len(faults):
                self._by_target[target] = left
                if not left:
                    del self._by_target[target]
                self.is_on = bool(self._by_target)
                return True
        return False

    def clear(self) -> None:
        """Switch all off."""
        self._by_target.clear()
        self.is_on = False

    # ---- what strikes ----------------------------------------------------------------------------

    def on_call(self, service: str, operation: str) -> Fault | None:
        """Return the fault that strikes this call, if one does; it is counted."""
        return self._strikes(service) or self._strikes(f"{service}.{operation}")

    def on_run(self, function: str) -> Fault | None:
        """Return the fault that strikes this run of a function, if one does."""
        return self._strikes(f"{FUNCTION}{function}", without=THROTTLE)

    def throttles(self, function: str) -> bool:
        """Whether this run of a function is refused as one too many."""
        return self._strikes(f"{FUNCTION}{function}", only=THROTTLE) is not None

    def wait_ms(self, fault: Fault) -> int:
        """Return how long what a delay or a reorder struck has to wait."""
        if fault.kind == REORDER:
            return self._ids.integer(0, fault.milliseconds)
        return fault.milliseconds

    def _strikes(self, target: str, *, only: str = "", without: str = "") -> Fault | None:
        for fault in self._by_target.get(target, ()):
            if fault.is_spent or fault.kind == without or (only and fault.kind != only):
                continue
            if fault.probability >= 1 or self._ids.fraction() < fault.probability:
                fault.struck += 1
                return fault
        return None


def refusal(fault: Fault, service: str) -> AwsError:
    """Return what a service answers to a call that an error or a throttle struck."""
    if fault.kind == THROTTLE:
        code, status = _THROTTLES.get(service, ("ThrottlingException", 400))
    else:
        code, status = _FAILURES.get(service, ("InternalFailure", 500))
    status = fault.status or status
    return AwsError(fault.code or code, fault.message, status=status, sender_fault=status < 500)
