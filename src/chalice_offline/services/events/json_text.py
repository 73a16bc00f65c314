"""JSON as EventBridge reads and writes it."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.core.json_text import compact_encoder
from chalice_offline.services.events import limits


class InvalidJsonError(ValueError):
    """Text that is no JSON. `line` and `column` (from 1) are where reading stopped."""

    def __init__(self, line: int = 1, column: int = 1) -> None:
        super().__init__(f"no JSON from line {line}, column {column}")
        self.line = line
        self.column = column


def parse(text: str) -> Any:
    """Read JSON: 64-bit integers, finite numbers, at most 1,000 levels.

    Raises InvalidJsonError.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJsonError(error.lineno, error.colno) from error
    except RecursionError as error:
        raise InvalidJsonError from error
    if _may_be_too_deep(text) and _depth(value) > limits.DETAIL_LEVELS:
        raise InvalidJsonError
    return value


def compact(value: Any) -> str:
    """Write JSON without white space, as every event reaches its targets."""
    text = _ENCODE(value)
    if text.isascii():
        return text
    # A lone half of a surrogate pair cannot travel as UTF-8.
    return text.encode("utf-8", "replace").decode()


def _refuse(_constant: str) -> Any:
    raise InvalidJsonError


def _integer(digits: str) -> int:
    # Far more digits than 64 bits have would make int() itself refuse.
    if len(digits) > 20 or (value := int(digits)) not in limits.INTEGER_RANGE:
        raise InvalidJsonError
    return value


def _may_be_too_deep(text: str) -> bool:
    return text.count("{") + text.count("[") > limits.DETAIL_LEVELS


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        level = [
            item
            for container in level
            if isinstance(container, dict | list)
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        deepest += 1
    return deepest


# Made once: json.loads and json.dumps would build these anew for each call.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
_ENCODE = compact_encoder()
