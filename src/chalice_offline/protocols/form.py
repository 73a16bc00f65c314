"""Form bodies and query strings as a tree: `A.entry.1.Name=x` becomes {"A": {"entry": …}}."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from chalice_offline.core.errors import AwsError

_DEEPEST = 32


def decode_pairs(text: str) -> list[tuple[str, str]]:
    """Split `a=1&b=2` and undo its percent-encoding; a name without `=` has an empty value.

    Raises AwsError("MalformedQueryString") for bytes that are not UTF-8.
    """
    pairs = []
    try:
        for field in text.split("&"):
            name, _, value = field.partition("=")
            if "%" in value or "+" in value:
                value = unquote_plus(value, errors="strict")
            if "%" in name or "+" in name:
                name = unquote_plus(name, errors="strict")
            if name:
                pairs.append((name, value))
    except UnicodeDecodeError as error:
        raise _malformed() from error
    return pairs


def form_text(body: bytes) -> str:
    """Return a form body as text. Raises AwsError("MalformedQueryString")."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _malformed() from error


def _malformed() -> AwsError:
    return AwsError("MalformedQueryString", "The query string contains a syntax error.")


def tree(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Nest dotted names. Where a name is both a value and a parent, the parent wins."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        if "." not in name:
            if name not in root or not isinstance(root[name], dict):
                root[name] = value
            continue
        *parents, last = name.split(".", _DEEPEST)
        node = root
        for parent in parents:
            child = node.get(parent)
            if not isinstance(child, dict):
                child = node[parent] = {}
            node = child
        if not isinstance(node.get(last), dict):
            node[last] = value
    return root


def numbered(node: dict[str, Any]) -> list[Any]:
    """Return the children `1`, `2`, … in order. Raises AwsError("MalformedInput")."""
    for key in node:
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise AwsError("MalformedInput", f"Unexpected key '{key}' in a list.")
    if len(node) == 1:
        return list(node.values())
    return [node[key] for key in sorted(node, key=int)]
