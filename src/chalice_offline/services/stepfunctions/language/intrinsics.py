"""Intrinsic functions: States.Format, States.Array and the others.

Developer guide, "Intrinsic functions for JSONPath states in Step Functions".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.failures import INTRINSIC, StateFailure
from chalice_offline.services.stepfunctions.language.intrinsic_parser import (
    Argument,
    FunctionCall,
    Literal,
    Reference,
    Text,
    parse_call,
)
from chalice_offline.services.stepfunctions.language.json_text import NotJson, compact, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.stepfunctions.language.sources import Sources

_RANGE_MAX = 1_000
_TEXT_MAX = 10_000
_PLACEHOLDER = re.compile(r"\\(['{}\\])|\{\}")
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384",
           "SHA-512": "sha512"}  # fmt: skip


class _Refused(ValueError):  # noqa: N818 - says what happened
    """Arguments that a function does not take."""


def call_intrinsic(text: str, sources: Sources) -> Any:
    """Return what a call evaluates to; NoSuchValue for a path that leads nowhere."""
    return _call(parse_call(text), sources)


def _call(call: FunctionCall, sources: Sources) -> Any:
    function = _FUNCTIONS.get(call.name)
    if function is None:
        raise StateFailure(INTRINSIC, f"States.{call.name} is not a known function", in_place=True)
    values = [_value(argument, sources) for argument in call.arguments]
    try:
        if call.name == "Format" and call.arguments and isinstance(call.arguments[0], Text):
            return _format(call.arguments[0].raw, values[1:])
        if call.name in _WITH_SOURCES:
            return _WITH_SOURCES[call.name](sources, *values)
        return function(*values)
    except (_Refused, TypeError) as error:
        cause = f"The function '{call.text}' had the following error: {error}"
        raise StateFailure(INTRINSIC, cause, in_place=True) from error


def _value(argument: Argument, sources: Sources) -> Any:
    if isinstance(argument, Text | Literal):
        return argument.value
    if isinstance(argument, Reference):
        return sources.look_up(argument.path)
    return _call(argument, sources)


def _format(template: str, values: list[Any]) -> str:
    left = list(values)

    def filled(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        if not left:
            message = "The number of arguments do not match the occurrences of {} in the template"
            raise _Refused(message)
        return _java(left.pop(0))

    text = _PLACEHOLDER.sub(filled, template)
    if left:
        message = "The number of arguments do not match the occurrences of {} in the template"
        raise _Refused(message)
    return text


def _format_value(template: Any, *values: Any) -> str:
    return _format(_text(template), list(values))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def _java(value: Any) -> str:
    """Return a value as Format shows it: an object as Java's maps do (recorded)."""
    if not isinstance(value, dict):
        return _shown(value)
    members = ", ".join(f"{name}={_java(member)}" for name, member in value.items())
    return f"{{{members}}}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused(f"Invalid arguments: expected a string but got {compact(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Refused(f"Invalid arguments: expected an array but got {compact(value)}")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused(f"Invalid arguments: expected an integer but got {compact(value)}")
    return math.floor(value + 0.5)  # Java's Math.round, as AWS documents


def _string_to_json(text: Any) -> Any:
    stripped = _text(text).strip()
    if not stripped:
        return None
    try:
        return parse(stripped)
    except NotJson as error:
        raise _Refused(error.message) from error


def _array_partition(array: Any, size: Any) -> list[Any]:
    items, step = _list(array), _integer(size)
    if step <= 0:
        raise _Refused("The chunk size must be a positive number")
    return [items[start : start + step] for start in range(0, len(items), step)]


def _array_contains(array: Any, wanted: Any) -> bool:
    return any(_same(item, wanted) for item in _list(array))


def _same(left: Any, right: Any) -> bool:
    return compact(left) == compact(right) or (
        not isinstance(left, bool) and not isinstance(right, bool) and bool(left == right)
    )


def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, stop, increment = _integer(first), _integer(last), _integer(step)
    if increment == 0:
        raise _Refused("The step must not be zero")
    values = range(start, stop + (1 if increment > 0 else -1), increment)
    if len(values) > _RANGE_MAX:
        raise _Refused(f"The range has more than {_RANGE_MAX} elements")
    return list(values)


def _array_get_item(array: Any, index: Any) -> Any:
    items, at = _list(array), _integer(index)
    if not 0 <= at < len(items):
        raise _Refused(f"Index {at} is out of bounds for an array of length {len(items)}")
    return items[at]


def _array_unique(array: Any) -> list[Any]:
    kept: list[Any] = []
    for item in _list(array):
        if not _array_contains(kept, item):
            kept.append(item)
    return kept


def _within(text: str) -> str:
    if len(text) > _TEXT_MAX:
        raise _Refused(f"The string is longer than {_TEXT_MAX} characters")
    return text


def _base64_encode(text: Any) -> str:
    return base64.b64encode(_within(_text(text)).encode()).decode()


def _base64_decode(text: Any) -> str:
    try:
        return base64.b64decode(_within(_text(text)), validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise _Refused(f"Illegal base64: {error}") from error


def _hash(value: Any, algorithm: Any) -> str:
    name = _HASHES.get(_text(algorithm))
    if name is None:
        raise _Refused(f"Unknown hashing algorithm {algorithm}")
    return hashlib.new(name, _within(_shown(value)).encode()).hexdigest()


def _json_merge(left: Any, right: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise _Refused("Only the shallow merging mode is supported")
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise _Refused("Both arguments must be JSON objects")
    return {**left, **right}


def _math_add(left: Any, right: Any) -> int:
    return _integer(left) + _integer(right)


def _string_split(text: Any, delimiters: Any) -> list[str]:
    pattern = "[" + re.escape(_text(delimiters)) + "]+"
    if not delimiters:
        return [_text(text)]
    return [part for part in re.split(pattern, _text(text)) if part]


def _math_random(sources: Sources, first: Any, last: Any, seed: Any = None) -> int:
    low, high = _integer(first), _integer(last)
    if high <= low:
        raise _Refused("The end number must be greater than the start number")
    if seed is None:
        return sources.ids.integer(low, high - 1)
    digest = hashlib.sha256(str(_integer(seed)).encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low)


def _uuid(sources: Sources) -> str:
    return sources.ids.uuid()


_WITH_SOURCES: dict[str, Callable[..., Any]] = {"MathRandom": _math_random, "UUID": _uuid}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format_value,
    "StringToJson": _string_to_json,
    "JsonToString": compact,
    "Array": lambda *items: list(items),
    "ArrayPartition": _array_partition,
    "ArrayContains": _array_contains,
    "ArrayRange": _array_range,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": lambda array: len(_list(array)),
    "ArrayUnique": _array_unique,
    "Base64Encode": _base64_encode,
    "Base64Decode": _base64_decode,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "MathAdd": _math_add,
    "StringSplit": _string_split,
    **_WITH_SOURCES,
}
