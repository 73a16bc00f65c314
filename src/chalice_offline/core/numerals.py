"""Whole numbers out of texts that anybody may have written."""

from __future__ import annotations

_MOST_DIGITS = 18  # what fits into 64 bits with either sign


def whole_number(text: object) -> int | None:
    """Return the number that a text spells in the digits 0 to 9 alone; None for anything else.

    `str.isdigit` takes "²" for one as well, and `int` refuses thousands of digits.
    """
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= _MOST_DIGITS else None
