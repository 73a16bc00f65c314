"""JSON that comes from outside, read only as far as everybody else reads it, too."""

from __future__ import annotations

import json


def read_json(text: bytes) -> object:
    """Parse JSON in UTF-8; ValueError for what no table or queue of AWS would take.

    NaN, numbers like 1e400 and unpaired surrogates pass Python's parser, and so do UTF-16 and
    UTF-32, which JSON on the wire never is (RFC 8259, 8.1). The error never quotes the text: it may
    hold personal data.
    """
    try:
        value = json.loads(text.decode("utf-8-sig"), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # the second: nested without end
        raise ValueError(type(error).__name__) from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)
