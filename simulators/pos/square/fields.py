"""Checks of single request fields, with the error codes Square gives for each mistake."""

from __future__ import annotations

import re
from typing import Any

from simulators.pos.square.errors import invalid

CURRENCY = re.compile(r"[A-Z]{3}")
METADATA_KEY = re.compile(r"[a-zA-Z0-9_-]{1,60}")


def text(value: Any, field: str, *, longest: int, required: bool = False) -> str | None:
    """Return a string field; None when it is absent and may be. Lengths are in characters."""
    if value is None or value == "":
        if required:
            raise invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field)
        return None
    if not isinstance(value, str):
        raise invalid("EXPECTED_STRING", "Expected a string value.", field)
    if len(value) > longest:
        raise invalid(
            "VALUE_TOO_LONG", f"Field must not be greater than {longest} in length.", field
        )
    return value


def required_text(value: Any, field: str, *, longest: int) -> str:
    """Return a string field that must be there."""
    checked = text(value, field, longest=longest, required=True)
    assert checked is not None
    return checked


def mapping(value: Any, field: str) -> dict[str, Any]:
    """Return an object field that must be there."""
    if value is None:
        raise invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field)
    if not isinstance(value, dict):
        raise invalid("EXPECTED_OBJECT", "Expected an object value.", field)
    return value


def objects(value: Any, field: str) -> list[dict[str, Any]]:
    """Return a list-of-objects field; empty when it is absent."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid("EXPECTED_ARRAY", "Expected an array value.", field)
    return [mapping(entry, f"{field}[{index}]") for index, entry in enumerate(value)]


def money(value: Any, field: str, currency: str) -> int:
    """Return the amount of a Money in minor units; it must be a whole number in `currency`."""
    holder = mapping(value, field)
    amount = holder.get("amount")
    if amount is None:
        raise invalid(
            "MISSING_REQUIRED_PARAMETER", "Missing required parameter.", f"{field}.amount"
        )
    if type(amount) is not int:
        raise invalid("EXPECTED_INTEGER", "Expected an integer value.", f"{field}.amount")
    if amount < 0:
        raise invalid("VALUE_TOO_LOW", "Field must be at least 0.", f"{field}.amount")
    given = holder.get("currency")
    if not isinstance(given, str) or not CURRENCY.fullmatch(given):
        raise invalid("INVALID_ENUM_VALUE", "Not a currency code.", f"{field}.currency")
    if given != currency:
        raise invalid("CURRENCY_MISMATCH", f"This location takes {currency}.", f"{field}.currency")
    return amount


def quantity(value: Any, field: str) -> int:
    """Return a quantity, which Square writes as a string: `"2"`. Whole units only here."""
    if not isinstance(value, str):
        if value is None:
            raise invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field)
        raise invalid("EXPECTED_STRING", "Expected a string value.", field)
    if not value.isascii() or not value.isdigit() or len(value) > 12 or int(value) < 1:
        raise invalid("INVALID_VALUE", "Quantity must be a whole number above 0.", field)
    return int(value)


def whole_number(value: Any, field: str, *, least: int, most: int) -> int:
    """Return an integer field within bounds."""
    if type(value) is not int:
        raise invalid("EXPECTED_INTEGER", "Expected an integer value.", field)
    if value < least:
        raise invalid("VALUE_TOO_LOW", f"Field must be at least {least}.", field)
    if value > most:
        raise invalid("VALUE_TOO_HIGH", f"Field must not be above {most}.", field)
    return value


def texts(value: Any, field: str) -> list[str]:
    """Return a list-of-strings field; empty when it is absent."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid("EXPECTED_ARRAY", "Expected an array value.", field)
    if not all(isinstance(entry, str) for entry in value):
        raise invalid("EXPECTED_STRING", "Expected string values.", field)
    return value


def metadata(value: Any, field: str) -> None:
    """Check metadata: at most 10 entries, short keys of few letters, values up to 255."""
    if value is None:
        return
    entries = mapping(value, field)
    if len(entries) > 10:
        raise invalid("TOO_MANY_MAP_ENTRIES", "At most 10 entries.", field)
    for key, entry in entries.items():
        if not METADATA_KEY.fullmatch(key):
            raise invalid("VALUE_REGEX_MISMATCH", "Not a metadata key.", f"{field}.{key}")
        text(entry, f"{field}.{key}", longest=255)
