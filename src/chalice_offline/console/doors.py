"""The console's doors: a table of method, path and the function that answers.

Reading is GET, acting is POST with a JSON object. What is asked wrongly raises Refusal: a sentence
that says what is wrong, where, and which names come nearest.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from chalice_offline.core.names import nearest
from chalice_offline.core.numerals import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalice_offline.core.feed import Feed
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.pending import Pending


class Refusal(Exception):  # noqa: N818 - an answer, and no mistake of ours
    """What the client asked for cannot be; one sentence."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a door: names out of the path, the query, and the JSON body of a POST."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    origin: str

    def name(self, key: str) -> str:
        """Return a name out of the path."""
        return self.names[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a member of the body that is a text; Refusal when it is missing or none."""
        value = self.body.get(key, default)
        if value is None:
            raise Refusal(f'The body needs "{key}", a text.')
        if not isinstance(value, str):
            raise Refusal(f'"{key}" is {json.dumps(value)[:80]}; it must be a text.')
        return value

    def flag(self, key: str) -> bool:
        """Return a member of the body that is true or false; false when it is missing."""
        value = self.body.get(key, False)
        if not isinstance(value, bool):
            raise Refusal(f'"{key}" is {json.dumps(value)[:80]}; it must be true or false.')
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """Return a member of the body that is a number."""
        value = self.body.get(key, default)
        if value is not None and (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or (isinstance(value, float) and not math.isfinite(value))  # 1e999
        ):
            raise Refusal(f'"{key}" is {json.dumps(value)[:80]}; it must be a number.')
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a member of the body that is an object; an empty one when it is missing."""
        value = self.body.get(key, {})
        if not isinstance(value, dict):
            raise Refusal(f'"{key}" is {json.dumps(value)[:80]}; it must be an object.')
        return value

    def count(self, key: str, default: int, most: int = 1_000_000_000) -> int:
        """Return a whole number out of the query."""
        text = self.query.get(key, "")
        if not text:
            return default
        number = whole_number(text)
        if number is None:
            raise Refusal(f"?{key}={text[:80]} is no whole number.")
        return min(number, most)


@dataclass(frozen=True, slots=True)
class Plain:
    """An answer that is a text of its own kind and not JSON."""

    text: str
    content_type: str = "text/plain; charset=utf-8"


Answer = Any  # a JSON value, Plain, a Feed of bytes (server-sent events) or a Pending of these
if TYPE_CHECKING:
    Answering = Callable[[Asked], Any | Plain | Feed[bytes] | Pending[Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """One door. `{name}` in a path stands for one part of it, `{name*}` for all the rest."""

    method: str
    path: str
    answer: Answering

    def names_in(self, path: str) -> dict[str, str] | None:
        """Return the names out of a path, or None when it is not this door's."""
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else {k: unquote(v) for k, v in found.groupdict().items()}


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    known = _patterns.get(path)
    if known is None:
        text = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", path)
        text = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text)
        known = _patterns[path] = re.compile(text)
    return known


def find_door(doors: Iterable[Door], method: str, path: str) -> tuple[Door, dict[str, str]]:
    """Return the door for a request, and the names out of its path; Refusal without one."""
    others: list[str] = []
    for door in doors:
        names = door.names_in(path)
        if names is None:
            continue
        if door.method == method:
            return door, names
        others.append(door.method)
    if others:
        raise Refusal(f"/{path} takes {' and '.join(sorted(others))}, not {method}.", 405)
    near = nearest(path, [door.path for door in doors])
    raise Refusal(f"The console has no /{path}.{near}", 404)


def _no_number(word: str) -> Any:
    """Refuse what Python takes for JSON, and nobody else does."""
    raise ValueError(f"{word} is no number there")


def asked_of(request: HttpRequest, names: Mapping[str, str]) -> Asked:
    """Return what a request asks; Refusal when a POST carries no JSON object."""
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    body: Any = {}
    if request.method == "POST":
        kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refusal("Send JSON, with Content-Type: application/json.", 415)
        try:
            body = json.loads(request.body or b"{}", parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise Refusal(f"The body is no JSON: {error}.") from error
        if not isinstance(body, dict):
            raise Refusal("The body must be a JSON object.")
    return Asked(names, query, body, request.headers, request.endpoint)
