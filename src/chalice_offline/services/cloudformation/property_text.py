"""How a property is spelled where a text is wanted."""

from __future__ import annotations

import json
from typing import Any


def text(value: Any) -> str:
    """Spell a property as text: booleans in lower case, structures as JSON, strings as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
