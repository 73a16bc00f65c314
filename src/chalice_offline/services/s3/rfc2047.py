"""User metadata beyond ASCII: header fields carry it as RFC 2047 encoded words.

User guide, "Working with object metadata": what is not ASCII comes back encoded, and an encoded
word that holds nothing but ASCII comes back plain (recorded on AWS).
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.errors import HeaderParseError
from email.header import decode_header

_PLAIN = re.compile(rb"[ -~]*")
_PRINTABLE = re.compile(r"[ -~]*")
_SPACE, _DELETE = 0x20, 0x7F
_WORD = re.compile(r"=\?UTF-8\?[BQ]\?[^?]*\?=", re.IGNORECASE)


def readable(text: str) -> str:
    """Return a value as it is kept: decoded where that gives ASCII."""
    if not _WORD.fullmatch(text):
        return text
    try:
        ((raw, charset),) = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    if isinstance(raw, str) or charset is None or not _PLAIN.fullmatch(raw):
        return text
    return str(raw, "ascii")


def told(text: str) -> str:
    """Return a value as a header field can carry it: as letters where most of it is text."""
    if _PRINTABLE.fullmatch(text):
        return text
    raw = text.encode("latin-1", "ignore") if _is_latin(text) else text.encode()
    if any(byte < _SPACE for byte in raw):
        return f"=?UTF-8?B?{b64encode(raw).decode()}?="
    letters = (
        "_"
        if byte == _SPACE
        else f"={byte:02X}"
        if byte >= _DELETE or byte in b"=?_"
        else chr(byte)
        for byte in raw
    )
    return f"=?UTF-8?Q?{''.join(letters)}?="


def _is_latin(text: str) -> bool:
    """Whether a text is bytes of UTF-8, each taken for a character, as header fields are read."""
    try:
        text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    return True
