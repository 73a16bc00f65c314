"""$input and $util of API Gateway's mapping templates.

Source: AWS, "API Gateway mapping template and access logging variable reference".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from chalice_offline.services.common import json_path
from chalice_offline.services.common.velocity import JsonList, TemplateError, Tool

if TYPE_CHECKING:
    from collections.abc import Callable


def from_json(value: Any) -> Any:
    """Return a JSON document's value as templates see it."""
    if isinstance(value, dict):
        return {key: from_json(one) for key, one in value.items()}
    return JsonList(from_json(one) for one in value) if isinstance(value, list) else value


def input_tool(body: str, params: Callable[..., Any]) -> Tool:
    """Return $input of a payload; `params` is what $input.params answers."""
    document: list[Any] = []

    def loaded() -> Any:
        if not document:
            try:
                document.append(json.loads(body) if body else None)
            except (ValueError, RecursionError):
                document.append(body or None)
        return document[0]

    def path(expression: str) -> Any:
        return from_json(json_path.find(loaded(), expression))

    def as_json(expression: str) -> str:
        found = json_path.find(loaded(), expression)
        if found is None:
            return '""' if loaded() is not None else "{}"
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    return Tool({"path": path, "json": as_json, "params": params}, {"body": body or "{}"})


def _escape_javascript(text: Any) -> str:
    """Escape as Apache Commons Lang does, "'" and "/" included."""
    escaped = json.dumps("" if text is None else str(text), ensure_ascii=True)[1:-1]
    return escaped.replace("'", "\\'").replace("/", "\\/")


def _parse_json(text: Any) -> Any:
    try:
        return from_json(json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise TemplateError(f"parseJson: {error}") from error


UTIL = Tool(
    {
        "escapeJavaScript": _escape_javascript,
        "parseJson": _parse_json,
        "urlEncode": lambda text: quote_plus("" if text is None else str(text), safe="*-._"),
        "urlDecode": lambda text: unquote_plus("" if text is None else str(text)),
        "base64Encode": lambda text: base64.b64encode(str(text or "").encode()).decode(),
        "base64Decode": lambda text: base64.b64decode(str(text or "")).decode("utf-8", "replace"),
    }
)
