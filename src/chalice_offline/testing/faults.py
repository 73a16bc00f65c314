"""Faults on purpose, for a test to switch on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.faults import DELAY, DUPLICATE, ERROR, REORDER, THROTTLE, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.faults import Faults


class OfflineFaults:
    """Switches faults on and off.

    A target is a service ("sqs"), an operation ("sqs.SendMessage") or a function by its Chalice
    name. Each fault takes `probability` (1: always) and `times` (None: for good). Which calls a
    probability strikes follows from the seed. ValueError for a target that is not there.
    """

    def __init__(self, faults: Faults, target: Callable[[str], str]) -> None:
        self._faults = faults
        self._target = target

    def error(
        self, target: str, *, code: str = "", message: str = "", status: int = 0, **how_often: Any
    ) -> Fault:
        """Have calls refused with an error, or a handler fail."""
        own = {"code": code, "status": status} | ({"message": message} if message else {})
        return self._add(ERROR, target, **own, **how_often)

    def throttle(self, target: str, **how_often: Any) -> Fault:
        """Have calls or runs refused as one too many."""
        return self._add(THROTTLE, target, **how_often)

    def delay(self, target: str, *, milliseconds: int, **how_often: Any) -> Fault:
        """Have calls carried out later, or a handler take longer, which its timeout counts."""
        return self._add(DELAY, target, milliseconds=milliseconds, **how_often)

    def duplicate(self, target: str, **how_often: Any) -> Fault:
        """Have calls carried out twice, or a handler run twice for one event."""
        return self._add(DUPLICATE, target, **how_often)

    def reorder(self, target: str, *, milliseconds: int = 1_000, **how_often: Any) -> Fault:
        """Have each wait for up to so long, so that they overtake each other."""
        return self._add(REORDER, target, milliseconds=milliseconds, **how_often)

    def clear(self) -> None:
        """Switch all off."""
        self._faults.clear()

    def _add(self, kind: str, target: str, **settings: Any) -> Fault:
        probability = settings.get("probability", 1.0)
        if not 0 < probability <= 1:
            message = f"probability={probability} must be above 0 and at most 1"
            raise ValueError(message)
        return self._faults.add(Fault(kind=kind, target=self._target(target), **settings))
