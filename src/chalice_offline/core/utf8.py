"""Text as bytes, as AWS writes it."""

from __future__ import annotations


def utf8(text: str) -> bytes:
    """Encode text; half of a surrogate pair becomes "?", as where Java encodes it.

    JSON's escapes can spell such a half, and UTF-8 cannot: a handler may return one.
    """
    return text.encode("utf-8", "replace")
