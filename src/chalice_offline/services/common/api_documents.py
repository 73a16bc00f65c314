"""OpenAPI documents as they come: JSON, or YAML where that can be read."""

from __future__ import annotations

import json
from typing import Any


def document_of(body: bytes) -> dict[str, Any] | None:
    """Return the object that a document holds; None when it holds none."""
    try:
        text = body.decode()
        document = json.loads(text)
    except (UnicodeDecodeError, RecursionError):
        return None
    except ValueError:
        document = _yaml(text)
    return document if isinstance(document, dict) else None


def _yaml(text: str) -> Any:
    import yaml  # few documents are YAML

    try:
        return _plain(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    """Return a YAML value with the keys that JSON would have: `200:` is "200"."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
