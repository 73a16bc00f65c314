"""Which service a callback belongs to, told by where it is written.

Timers and watches carry no owner: nearly all of them end by themselves, and every message sets
some. Only a reset of one service asks whose they are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Belonging:
    """Says of callbacks whether they belong to the package of a service."""

    def __init__(self, package: str, spared: frozenset[str] = frozenset()) -> None:
        """`spared` are modules of the package, by their names in it, whose callbacks do not."""
        self._package = f"{package}."
        self._spared = frozenset(f"{package}.{module}" for module in spared)

    def __call__(self, callback: Callable[..., Any]) -> bool:
        """Whether a callback belongs to it."""
        module = _module_of(callback)
        return module.startswith(self._package) and module not in self._spared


def _module_of(callback: Callable[..., Any]) -> str:
    """Return the module in which a callback, or the class of its object, is written."""
    while isinstance(callback, partial):
        callback = callback.func
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, Delivery):  # of whoever delivers
        return _module_of(owner.attempt)
    return type(owner).__module__ if owner is not None else str(callback.__module__)
