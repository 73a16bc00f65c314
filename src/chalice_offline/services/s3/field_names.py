"""What can be the name of a header field."""

from __future__ import annotations

import re

# RFC 9110, "Tokens"; the asterisk of a CORS rule is one of these characters.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def is_field_name(text: str) -> bool:
    """Whether a text can be the name of a header field."""
    return _TOKEN.fullmatch(text) is not None
