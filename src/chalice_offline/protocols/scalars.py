"""Scalar values on the wire: timestamps, blobs, numbers and booleans, in every spelling AWS uses.

Inside, a timestamp is an aware `datetime` in UTC and a blob is `bytes`, as botocore's callers
know them. A result may also carry a timestamp as a number of epoch seconds.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3}, )?\d\d? [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d (?:GMT|UTC|[+-]\d{4})", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INTEGER_BITS = {"integer": 31, "long": 63}


def timestamp_from_seconds(seconds: float) -> datetime:
    """Read epoch seconds, whole or fractional, to the microsecond. Raises ValueError."""
    try:
        whole = math.floor(seconds)
        return _EPOCH + timedelta(seconds=whole, microseconds=round((seconds - whole) * 1_000_000))
    except OverflowError as error:
        raise ValueError(str(error)) from error


def timestamp_from_text(text: str) -> datetime:
    """Read ISO 8601, RFC 822 (HTTP dates) or epoch seconds written out. Raises ValueError."""
    match = _ISO8601.fullmatch(text)
    if match:
        return _timestamp_from_iso8601(match)
    if _NUMBER.fullmatch(text):
        return timestamp_from_seconds(float(text))
    if not _RFC822.fullmatch(text):
        raise ValueError(text)
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _timestamp_from_iso8601(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match[7] or "").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    zone = match[8]
    if zone in "Zz":
        return moment
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return moment - offset if zone[0] == "+" else moment + offset
    except OverflowError as error:
        raise ValueError(str(error)) from error


def epoch_seconds(value: datetime | float) -> float:
    """Return a timestamp as JSON carries it: whole seconds as an int, else with a fraction."""
    if isinstance(value, datetime):
        micros = (_aware(value) - _EPOCH) // timedelta(microseconds=1)
        return micros // 1_000_000 if micros % 1_000_000 == 0 else micros / 1_000_000
    return value


def iso8601(value: datetime | float) -> str:
    """Return a timestamp as XML carries it, with milliseconds: 2026-01-31T12:00:00.000Z."""
    moment = _aware(value) if isinstance(value, datetime) else timestamp_from_seconds(value)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


@lru_cache(maxsize=256)
def http_date(value: datetime | float) -> str:
    """Return a timestamp as an HTTP header carries it: Sat, 31 Jan 2026 12:00:00 GMT."""
    moment = _aware(value) if isinstance(value, datetime) else timestamp_from_seconds(value)
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def timestamp_text(value: datetime | float, timestamp_format: str) -> str:
    """Return a timestamp in the format a model names: iso8601, rfc822 or unixTimestamp."""
    if timestamp_format == "iso8601":
        return iso8601(value)
    if timestamp_format == "rfc822":
        return http_date(value)
    return str(epoch_seconds(value))


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def blob_from_text(text: str) -> bytes:
    """Decode base64, padding required. Raises ValueError."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from error


def blob_text(value: bytes | bytearray | memoryview | str) -> str:
    """Encode a blob as base64 text; text counts as its UTF-8 bytes."""
    raw = value.encode() if isinstance(value, str) else value
    return base64.b64encode(raw).decode("ascii")


def integer_from_text(text: str, type_name: str) -> int:
    """Read a decimal integer that fits the model's type. Raises ValueError."""
    stripped = text.strip()
    if not _INTEGER.fullmatch(stripped):
        raise ValueError(text)
    return integer_in_range(int(stripped), type_name)


def integer_in_range(value: int, type_name: str) -> int:
    """Return the integer if it fits 32 ("integer") or 64 ("long") bits. Raises ValueError."""
    limit = 1 << _INTEGER_BITS.get(type_name, 63)
    if not -limit <= value < limit:
        raise ValueError(value)
    return value


def float_from_text(text: str) -> float:
    """Read a decimal number, NaN or ±Infinity. Raises ValueError."""
    stripped = text.strip()
    if stripped in _NOT_FINITE:
        return _NOT_FINITE[stripped]
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(text)
    return float(stripped)


def boolean_from_text(text: str) -> bool:
    """Read true or false in any case, as Java's parser does. Raises ValueError."""
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered == "true"


def text_reader(type_name: str) -> Callable[[str], Any]:
    """Return what reads a value of a scalar type that was sent as text. It raises ValueError."""
    return _TEXT_READERS.get(type_name, str)


def text_writer(type_name: str, timestamp_format: str) -> Callable[[Any], str]:
    """Return what writes a value of a scalar type as text, for XML and header fields."""
    if type_name == "timestamp":
        return lambda value: timestamp_text(value, timestamp_format)
    return _TEXT_WRITERS.get(type_name, str)


_TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "integer": lambda text: integer_from_text(text, "integer"),
    "long": lambda text: integer_from_text(text, "long"),
    "float": float_from_text,
    "double": float_from_text,
    "boolean": boolean_from_text,
    "timestamp": timestamp_from_text,
    "blob": blob_from_text,
}
_TEXT_WRITERS: dict[str, Callable[[Any], str]] = {
    "blob": blob_text,
    "boolean": lambda value: "true" if value else "false",
}
