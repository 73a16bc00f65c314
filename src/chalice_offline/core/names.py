"""Names that were not found, and those that come nearest."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEAREST = 3
_NAMES_TOLD = 8


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean …?", or which names there are, or nothing."""
    known = list(dict.fromkeys(names))
    close = difflib.get_close_matches(name, known, _NEAREST, 0.5)
    close += [one for one in known if name and name.lower() in one.lower() and one not in close]
    if close:
        return f" Did you mean {' or '.join(close[:_NEAREST])}?"
    if not known:
        return ""
    more = f" and {len(known) - _NAMES_TOLD} more" if len(known) > _NAMES_TOLD else ""
    return f" There are {', '.join(sorted(known)[:_NAMES_TOLD])}{more}."
