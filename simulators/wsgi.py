"""The little of a web framework that the simulators need: request, reply, routes."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

JSON = "application/json"


class BodyError(ValueError):
    """The request's payload is not what its operation reads."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case, `path` is what follows the mount point."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """Return the payload as a JSON object; raises BodyError when it is none."""
        value = self.json()
        if not isinstance(value, dict):
            raise BodyError("expected a JSON object")
        return value

    def json(self) -> Any:
        """Return the payload's JSON value; raises BodyError when it is no JSON."""
        try:
            if self.headers.get("content-encoding") == "gzip":
                return json.loads(gzip.decompress(self.body))
            return json.loads(self.body)
        except (ValueError, EOFError, OSError) as error:
            raise BodyError(f"expected a JSON body: {error}") from error

    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded payload."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def bearer_token(self) -> str | None:
        """The token of an `Authorization: Bearer …` header, else None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True)
class Response:
    """One reply."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Response:
        """Return a reply whose payload is `value` as JSON."""
        return cls(status, encode_json(value), {"Content-Type": JSON})


def encode_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON: the bytes that are sent, and signed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a vendor: `{name}` in the pattern becomes a keyword of the handler."""

    method: str
    pattern: str
    operation: str
    handler: Callable[..., Response]


class Router:
    """Finds the operation for a method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        seen: dict[str, dict[str, Route]] = {}
        for route in routes:
            if route.pattern not in seen:
                seen[route.pattern] = {}
                if "{" in route.pattern:
                    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.pattern)
                    compiled = re.compile(f"{expression}/?")
                    self._patterns.append((compiled, seen[route.pattern]))
                else:
                    self._fixed[route.pattern] = seen[route.pattern]
            seen[route.pattern][route.method] = route

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], Sequence[str]]:
        """Return the route (or None), its path parameters, and the methods the path has."""
        if (methods := self._fixed.get(path)) is not None:
            return methods.get(method), {}, sorted(methods)
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                return methods.get(method), match.groupdict(), sorted(methods)
        return None, {}, ()


def read_request(environ: WSGIEnvironment) -> Request:
    """Return the request that a WSGI server describes in `environ`."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO") or "/",
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )


def write_response(response: Response, start_response: StartResponse) -> list[bytes]:
    """Start the reply and return its payload, as a WSGI app does."""
    headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
    if response.status == HTTPStatus.NO_CONTENT:
        headers.pop()
    start_response(f"{response.status} {_phrase(response.status)}", headers)
    return [response.body]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"
