"""Texts for a terminal: what would steer it, or turn letters around, is spelled out.

Payloads, paths and messages of errors come from anybody; ECMA-48 lets a terminal obey what begins
with an escape, and Unicode's bidirectional controls show a line as another one than it is.
"""

from __future__ import annotations

import re

# Control characters (C0, C1), separators of lines, controls of direction, halves of letters.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Return a line of text with what is no letter spelled as Python spells it."""
    return text if text.isprintable() else _STEERING.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
