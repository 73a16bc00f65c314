"""The headers, query strings and body members that connections and targets add to requests."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def pairs(parameters: dict[str, Any], member: str) -> dict[str, str]:
    """Return one list of Key and Value of a connection's HTTP parameters as a dict."""
    return {pair["Key"]: pair.get("Value", "") for pair in parameters.get(member, ())}


def with_query(url: str, added: dict[str, str]) -> str:
    """Return a URL with further query parameters; one that is there gets the new value."""
    if not added:
        return url
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **added}
    return urlunsplit(parts._replace(query=urlencode(query)))
