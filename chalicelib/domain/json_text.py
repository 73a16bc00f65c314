"""JSON that comes from outside, read only as far as everybody else reads it, too."""

from __future__ import annotations

import json

MOST_DEPTH = 100
"""Of objects and lists inside each other. No order of a partner's comes to a third of it."""


def read_json(text: bytes) -> object:
    """Parse JSON in UTF-8; ValueError for what no table or queue of AWS would take.

    What is nested deeper than MOST_DEPTH is refused here, where whoever sent it hears it: Python
    would stop readers of options of options in the middle.

    NaN, numbers like 1e400 and unpaired surrogates pass Python's parser, and so do UTF-16 and
    UTF-32, which JSON on the wire never is (RFC 8259, 8.1). The error never quotes the text: it may
    hold personal data.
    """
    try:
        value = json.loads(text.decode("utf-8-sig"), parse_constant=_no_constant)
        if text.count(b"[") + text.count(b"{") > MOST_DEPTH and _is_deep(value):
            raise RecursionError
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # the second: nested without end
        raise ValueError(type(error).__name__) from None
    return value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)  # type: ignore[attr-defined]
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)
