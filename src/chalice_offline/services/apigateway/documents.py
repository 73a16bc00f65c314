"""OpenAPI documents as they come: JSON, or YAML where that can be read."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.services.apigateway.errors import bad_request


def read_document(body: bytes, refusal: str) -> dict[str, Any]:
    """Return the object a document holds; `refusal` is said of one that holds none."""
    try:
        text = body.decode()
        document = json.loads(text)
    except (UnicodeDecodeError, RecursionError) as error:
        raise bad_request(refusal) from error
    except ValueError:
        document = _read_yaml(text, refusal)
    if not isinstance(document, dict):
        raise bad_request(refusal)
    return document


def _read_yaml(text: str, refusal: str) -> Any:
    import yaml  # few documents are YAML

    try:
        return _plain(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError) as error:
        raise bad_request(refusal) from error


def _plain(value: Any) -> Any:
    """Return a YAML value with the keys that JSON would have: `200:` is "200"."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
