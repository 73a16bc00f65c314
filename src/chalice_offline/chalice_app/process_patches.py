"""What of the process is replaced while handlers run, and given back when no emulator is left.

On AWS a function has a process to itself; here functions share one with the developer's tests. So
each replacement only changes what code of a handler sees, is put in place when a handler runs, and
is taken out when the last emulator that holds the process lets go of it. What somebody else has put
on top of one stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_replaced: list[tuple[Any, str, Any, Any]] = []
# The same by identity, for each run asks: owner, name and what stands there.
_in_place: set[tuple[int, str, int]] = set()
_undone_then: list[Callable[[], None]] = []
_holders: list[object] = []


def hold(holder: object) -> None:
    """Keep what is replaced in place until this holder, and every other, has let go."""
    _holders.append(holder)


def let_go(holder: object) -> None:
    """Hold it no more; the last one gives everything back. Nothing for one that does not hold."""
    places = [place for place, other in enumerate(_holders) if other is holder]
    if places:
        del _holders[places[-1]]
        if not _holders:
            _give_back()


def replace(owner: Any, name: str, by: Any) -> None:
    """Replace an attribute of a module, a class or an object until the last holder lets go."""
    _replaced.append((owner, name, getattr(owner, name), by))
    _in_place.add((id(owner), name, id(by)))
    setattr(owner, name, by)


def is_replaced(owner: Any, name: str) -> bool:
    """Whether an attribute is what `replace` put there."""
    return (id(owner), name, id(getattr(owner, name))) in _in_place


def undo_then(undo: Callable[[], None]) -> None:
    """Have something undone, too, when the last holder lets go."""
    _undone_then.append(undo)


def _give_back() -> None:
    """Make everything what it was. The next handler that runs replaces it anew."""
    while _undone_then:
        _undone_then.pop()()
    while _replaced:
        owner, name, before, by = _replaced.pop()
        if getattr(owner, name) is by:
            setattr(owner, name, before)
    _in_place.clear()
