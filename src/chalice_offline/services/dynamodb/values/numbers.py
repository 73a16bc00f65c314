"""DynamoDB's numbers: up to 38 significant digits, magnitudes from 1E-130 to 9.9…E+125.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
A number travels as text and comes back in one spelling: plain decimal, without needless zeros.
Whatever has passed `canonical_number` is in that spelling: equal numbers are equal texts.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact

from chalice_offline.services.dynamodb.errors import validation

MAX_DIGITS = 38
MAX_MAGNITUDE = 125
MIN_MAGNITUDE = -130

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?", re.ASCII)
_OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
_UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
_TOO_PRECISE = f"Attempting to store more than {MAX_DIGITS} significant digits in a Number"
# More than the 256 digits that 1E+125 and 1E-130 are apart: sums and differences are exact.
_EXACT = Context(prec=300, Emax=999, Emin=-999, traps=[Inexact])
# Beyond this an exponent is out of range whatever the digits are (a request is 1 MB at most).
_ABSURD_EXPONENT_DIGITS = 9


def canonical_number(text: str) -> str:
    """Return `text` as AWS gives it back: "1e3" as "1000", "-0.50" as "-0.5".

    Raises AwsError("ValidationException") for what is no number or not within the range.
    """
    # The common case first: a short integer that is canonical already.
    if text.isdecimal() and text.isascii() and len(text) <= MAX_DIGITS:
        if text[0] != "0":
            return text
        return text.lstrip("0") or "0"
    negative, digits, exponent = _parse(text)
    if not digits:
        return "0"
    _check_range(digits, exponent)
    return _plain(negative, digits, exponent)


def _parse(text: str) -> tuple[bool, str, int]:
    """Split into sign, digits without zeros at either end, and the exponent of the last digit."""
    if not text:
        raise validation("The parameter cannot be converted to a numeric value")
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise validation(f"The parameter cannot be converted to a numeric value: {text}")
    sign, whole, fraction, exponent_sign, exponent_digits = match.groups("")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return False, "", 0
    exponent_digits = exponent_digits.lstrip("0")
    if len(exponent_digits) > _ABSURD_EXPONENT_DIGITS:
        raise validation(_UNDERFLOW if exponent_sign == "-" else _OVERFLOW)
    exponent = int(exponent_sign + (exponent_digits or "0")) - len(fraction)
    stripped = digits.rstrip("0")
    return sign == "-", stripped, exponent + len(digits) - len(stripped)


def _check_range(digits: str, exponent: int) -> None:
    magnitude = exponent + len(digits) - 1
    if magnitude > MAX_MAGNITUDE:
        raise validation(_OVERFLOW)
    if magnitude < MIN_MAGNITUDE:
        raise validation(_UNDERFLOW)
    if len(digits) > MAX_DIGITS:
        raise validation(_TOO_PRECISE)


def _plain(negative: bool, digits: str, exponent: int) -> str:
    if exponent >= 0:
        text = digits + "0" * exponent
    elif -exponent < len(digits):
        text = f"{digits[:exponent]}.{digits[exponent:]}"
    else:
        text = "0." + "0" * (-exponent - len(digits)) + digits
    return f"-{text}" if negative else text


def add(left: str, right: str) -> str:
    """Return left + right of two canonical numbers.

    Raises AwsError("ValidationException") when the sum is out of range. A sum of more digits than
    a number can have is an overflow, too: what AWS answers for 1E+50 + 1.
    """
    return _sum(Decimal(left), Decimal(right))


def subtract(left: str, right: str) -> str:
    """Return left - right of two canonical numbers; raises as `add` does."""
    return _sum(Decimal(left), -Decimal(right))


def _sum(left: Decimal, right: Decimal) -> str:
    total = _EXACT.add(left, right)
    negative, digits, exponent = _parse(str(total))
    if not digits:
        return "0"
    if len(digits) > MAX_DIGITS:
        raise validation(_OVERFLOW)
    _check_range(digits, exponent)
    return _plain(negative, digits, exponent)


def significant(number: str) -> tuple[bool, str, int]:
    """Return a canonical number as sign, significant digits ("" for zero) and magnitude.

    The magnitude is the power of ten of the first digit: 120 is (False, "12", 2).
    """
    if number.isdecimal():  # most numbers are integers, and there is nothing to look for in them
        return False, "" if number == "0" else number.rstrip("0"), len(number) - 1
    negative, digits, exponent = _parse(number)
    return negative, digits, exponent + len(digits) - 1


def compare_numbers(left: str, right: str) -> int:
    """Return a number below, equal to or above 0 as `left` is below, equal to or above `right`."""
    if left == right:
        return 0
    return -1 if Decimal(left) < Decimal(right) else 1
