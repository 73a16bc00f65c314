"""When what a function failed to handle is tried again."""

from __future__ import annotations

from typing import NamedTuple


class NextTry(NamedTuple):
    """The try after one that failed.

    `number` counts the tries of the same event or batch, the first one included. `records` is how
    many of a batch are tried, where it is not all of it.
    """

    at_ms: int
    number: int
    records: int | None = None
