"""Square's OpenAPI document as a judge of our requests, and of its simulator's replies."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

CUT = Path(__file__).with_name("square_openapi.json")

Json = dict[str, Any]


@cache
def document() -> Json:
    """Return the calls and schemas that scripts/square_openapi.py cut out."""
    read: Json = json.loads(CUT.read_text())
    return read


def operation(method: str, path: str) -> Json | None:
    """Return what the document says about a call."""
    for call, described in document()["calls"].items():
        verb, _, template = call.partition(" ")
        if verb == method and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path):
            found: Json = described
            return found
    return None


def problems(schema: Json | None, body: object) -> list[str]:
    """Return what is wrong with a body."""
    if schema is None:
        return [] if body is None else ["the call takes no body"]
    whole = {**schema, "$defs": document()["$defs"]}
    found = Draft202012Validator(whole).iter_errors(body)
    return [f"{e.json_path}: {e.message}" for e in (_deepest(error) for error in found)]


def _deepest(error: Any) -> Any:
    """Look behind "one of these": of "this or null" it is "this" that was meant."""
    while error.context:
        error = max(error.context, key=lambda inner: (len(inner.path), inner.validator != "type"))
    return error


class Judged:
    """An HTTP client that checks each call, and each good reply, against the document."""

    def __init__(self, http: Any, base_url: str) -> None:
        self._http = http
        self._mount = urlsplit(base_url).path
        self.found: list[str] = []
        self.seen: set[str] = set()

    def call(self, method: str, url: str, **more: Any) -> Any:
        """Pass the call on."""
        parts = urlsplit(url)
        path = parts.path.removeprefix(self._mount)
        described = operation(method, path)
        name = f"{method} {path}"
        if described is None:
            self.found.append(f"{name}: Square has no such call")
            return self._http.call(method, url, **more)
        self.seen.add(described["operation"])
        if parts.query:
            self.found.append(f"{name}: unknown query {parts.query}")
        self._judge(name, "request", described, more.get("json"))
        reply = self._http.call(method, url, **more)
        if reply.status == 200:
            self._judge(name, "reply", described, reply.json_object())
        return reply

    def _judge(self, name: str, side: str, described: Json, body: object) -> None:
        self.found += [f"{name}: {side}: {one}" for one in problems(described[side], body)]
