"""JSON numbers as event patterns compare them: by value, whatever their spelling.

AWS compares numbers as IEEE-754 doubles and leaves out those that a double cannot hold exactly
in its shortest decimal form, such as long account numbers; these match only as exact values
(aws/event-ruler, `ComparableNumber`; recorded: 300 matches 3.0e2).
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

# Up to here a double holds every whole number.
_EXACT_WHOLE = 2**53

_NUMBER_TYPES = (int, float, Decimal)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are not, though Python's bool is an int."""
    return isinstance(value, _NUMBER_TYPES) and not isinstance(value, bool)


def parse_number(text: str) -> int | float:
    """The value of a JSON number, whole numbers exactly."""
    try:
        return int(text)
    except ValueError:  # a fraction, an exponent, or more digits than Python converts
        return float(text)


def is_comparable(value: Any) -> bool:
    """Whether the value is a number that takes part in `numeric` comparisons."""
    if type(value) is int:
        return -_EXACT_WHOLE <= value <= _EXACT_WHOLE or _survives_as_double(Decimal(value))
    if type(value) is float:
        return math.isfinite(value)
    return isinstance(value, Decimal) and _survives_as_double(value)


def is_comparable_text(text: str) -> bool:
    """Whether a number written in a pattern can be compared; AWS refuses the others."""
    return _survives_as_double(Decimal(text))


def _survives_as_double(exact: Decimal) -> bool:
    try:
        double = float(exact)
    except OverflowError:
        return False
    return math.isfinite(double) and Decimal(repr(double)) == exact
