"""Failures in the log: each distinct one whole, once, and from then on only counted."""

from __future__ import annotations

import traceback
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

# As many distinct failures as are told apart; the one longest unseen is told whole again.
_KEPT = 1_000


class FailureLog:
    """Logs exceptions so that a retry that fails for ever does not fill the log."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._counts: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def report(self, what: str, error: BaseException) -> None:
        """Log `error` with its traceback when it is new, else its count now and then."""
        key = (what, *_identity(error))
        count = self._counts.pop(key, 0) + 1
        self._counts[key] = count
        if len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        if count == 1:
            self._logger.error("%s: %s", what, shown(error), exc_info=error)
        elif _is_power_of_ten(count):
            self._logger.error("%s: %s (%d times so far)", what, shown(error), count)


def shown(error: BaseException) -> str:
    """Return an exception in one line, whatever its own `__repr__` does."""
    try:
        return repr(error)
    except Exception:  # noqa: BLE001 - somebody else's class
        return type(error).__name__


def _identity(error: BaseException) -> tuple[object, ...]:
    """What makes two failures the same one: type, text, and the line that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = (frames[-1].filename, frames[-1].lineno) if frames else ()
    return type(error), shown(error), place


def _is_power_of_ten(count: int) -> bool:
    return str(count).rstrip("0") == "1"
