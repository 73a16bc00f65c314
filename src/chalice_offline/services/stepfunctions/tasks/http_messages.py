"""Requests and replies of HTTP and API Gateway tasks: what both make of parameters and bodies."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.services.stepfunctions.language.json_text import NotJson, compact, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_JSON = "application/json"


def query_of(parameters: Mapping[str, Any]) -> str:
    """Return query parameters as text; a list is a parameter as often as it has items."""
    pairs = [(name, one) for name, value in parameters.items() for one in texts(value)]
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


def texts(value: Any) -> list[str]:
    """Return a field's value or values as text."""
    values = value if isinstance(value, list) else [value]
    return [one if isinstance(one, str) else compact(one) for one in values]


def form_of(body: Mapping[str, Any], arrays: str) -> str:
    """Return a body as a form; `arrays` is RequestEncodingOptions' ArrayFormat."""
    pairs = [pair for name, value in body.items() for pair in _form_pairs(name, value, arrays)]
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _form_pairs(name: str, value: Any, arrays: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from _form_pairs(f"{name}[{member}]", inner, arrays)
    elif isinstance(value, list) and arrays == "COMMAS":
        yield name, ",".join(texts(value))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            index = {"INDICES": f"[{position}]", "BRACKETS": "[]"}.get(arrays, "")
            yield from _form_pairs(name + index, item, arrays)
    else:
        yield name, texts(value)[0]


def result_of(status: int, fields: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Return a reply as the result of a task."""
    headers: dict[str, list[str]] = {}
    for name, value in fields:
        headers.setdefault(name, []).append(value)
    return {
        "Headers": headers,
        "ResponseBody": value_of(body),
        "StatusCode": status,
        "StatusText": phrase_of(status),
    }


def value_of(body: bytes) -> Any:
    """Return a body as the value it spells, or as text."""
    text = body.decode("utf-8", "replace")
    try:
        return parse(text)
    except NotJson:
        return text


def phrase_of(status: int) -> str:
    """Return the words of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def json_body(body: Any) -> bytes:
    """Return a body as JSON; no body when there is none."""
    return b"" if body is None else compact(body).encode()
