"""What of the process is replaced while handlers run, and given back when no emulator is left.

On AWS a function has a process to itself; here functions share one with the developer's tests. So
each replacement only changes what code of a handler sees, is put in place when a handler runs, and
is taken out by `give_back`. What somebody else has put on top of one stays.
"""

from __future__ import annotations

from typing import Any

_replaced: list[tuple[Any, str, Any, Any]] = []


def replace(owner: Any, name: str, by: Any) -> None:
    """Replace an attribute of a module, a class or an object until `give_back`."""
    _replaced.append((owner, name, getattr(owner, name), by))
    setattr(owner, name, by)


def is_replaced(owner: Any, name: str) -> bool:
    """Whether an attribute is what `replace` put there."""
    present = getattr(owner, name)
    return any(
        by is present
        for other, other_name, _, by in _replaced
        if other is owner and other_name == name
    )


def give_back() -> None:
    """Make everything what it was. The next handler that runs replaces it anew."""
    while _replaced:
        owner, name, before, by = _replaced.pop()
        if getattr(owner, name) is by:
            setattr(owner, name, before)
