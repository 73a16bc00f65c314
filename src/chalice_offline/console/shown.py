"""Values as the page gets them: masked, and as JSON that every browser reads."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.core.journal import readable
from chalice_offline.trace.masking import mask


def shown(value: object) -> Any:
    """Return a value masked, of what JSON has alone."""
    return _of_json(json.dumps(mask(value), default=readable))


def spelled(content: object) -> str:
    """Write JSON; numbers that are none (NaN, Infinity), which Python spells bare, as texts."""
    try:
        return json.dumps(content, default=readable, allow_nan=False)
    except ValueError:
        return json.dumps(_of_json(json.dumps(content, default=readable)), allow_nan=False)


def _of_json(text: str) -> Any:
    return json.loads(text, parse_constant=str)
