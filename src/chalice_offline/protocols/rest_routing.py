"""Finds the operation of a REST request: method and path by the model's `requestUri`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chalice_offline.protocols.form import decode_pairs
from chalice_offline.protocols.service_models import load_service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.http import HttpRequest

_KEPT_QUERY = 200  # characters; what follows from a longer query string is worked out each time
_S3_HOST_MARKS = (".s3.", ".s3-")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place: literal and placeholder segments, and what else it requires.

    `query` holds the fixed parts of the query string, with None for "any value". `required`
    are names of query parameters and header fields the operation cannot do without.
    """

    operation: str
    segments: tuple[str, ...]
    literals: tuple[tuple[int, str], ...]
    placeholders: tuple[tuple[int, str], ...]
    greedy: bool
    query: tuple[tuple[str, str | None], ...]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    deprecated: bool

    def labels(self, parts: tuple[str, ...]) -> dict[str, str]:
        """Return the placeholders' values; a shorter path leaves the last ones out."""
        count = len(self.segments)
        if self.greedy and len(parts) != count:
            parts = (*parts[: count - 1], "/".join(parts[count - 1 :]))
        there = len(parts)
        return {name: unquote(parts[index]) for index, name in self.placeholders if index < there}

    def fits(self, parts: Sequence[str | bool]) -> bool:
        """Tell whether the literal segments are all in their places, and no other is empty.

        What is no literal of any route may be given as whether it has a text.
        """
        if self.literals and any(parts[index] != text for index, text in self.literals):
            return False
        return all(parts)

    def specificity(self, query: dict[str, str], header_names: frozenset[str]) -> int | None:
        """Return how much of the request beyond its path this route asks for, or None."""
        for name, value in self.query:
            if name not in query or (value is not None and query[name] != value):
                return None
        if self.required_query and not query.keys() >= self.required_query:
            return None
        if self.required_headers and not header_names >= self.required_headers:
            return None
        fixed = len(self.query) * 4 + len(self.required_query) * 2 + len(self.required_headers)
        return fixed * 2 + (not self.deprecated)


class Routes:
    """All routes of one service, by HTTP method and number of segments."""

    def __init__(self, routes: list[tuple[str, Route]]) -> None:
        self.by_operation = {route.operation: route for _, route in routes}
        self.literals = frozenset(text for _, route in routes for _, text in route.literals)
        self.required_headers = frozenset(
            name for _, route in routes for name in route.required_headers
        )
        # By whether the request has a query string, too: most routes of S3 ask for one.
        self._exact: dict[tuple[str, int, bool], list[Route]] = {}
        self._greedy: list[tuple[str, Route]] = []
        for method, route in sorted(routes, key=lambda item: -len(item[1].literals)):
            if route.greedy:
                self._greedy.append((method, route))
            for has_query in (True, False):
                if has_query or not (route.query or route.required_query):
                    place = method, len(route.segments), has_query
                    self._exact.setdefault(place, []).append(route)

    def candidates(self, method: str, count: int, *, has_query: bool) -> list[Route]:
        """Return routes of this length, those with more literal segments first."""
        found = self._exact.get((method, count, has_query))
        if found is not None:
            return found
        return [
            route
            for greedy_method, route in self._greedy
            if greedy_method == method and len(route.segments) < count
        ]


@cache
def routes(service: str) -> Routes:
    """Return a service's routes, read from its model once."""
    model = load_service(service)
    operations = [model.operation_model(name) for name in model.operation_names]
    return Routes([(operation.http["method"], _route(operation)) for operation in operations])


def _route(operation: Any) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    segments = tuple(path.strip("/").split("/")) if path != "/" else ()
    fixed = []
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        fixed.append((name, value if equals else None))
    fixed_names = {name for name, _ in fixed}
    required = _told_apart_by(operation)
    # What a name in the query string tells already needs no field for it: it says what it misses.
    headers = frozenset() if fixed else _required_names(required, "header", set())
    return Route(
        operation.name,
        segments,
        tuple((index, text) for index, text in enumerate(segments) if text[:1] != "{"),
        tuple((index, t.strip("{}+")) for index, t in enumerate(segments) if t[:1] == "{"),
        bool(segments) and segments[-1].endswith("+}"),
        tuple(fixed),
        _required_names(required, "querystring", fixed_names),
        frozenset(name.lower() for name in headers),
        bool(operation.deprecated),
    )


def _told_apart_by(operation: Any) -> list[dict[str, Any]]:
    """Return where the members are that an operation is known by: only S3 needs them for that.

    Elsewhere an operation without one is the same, and says what it misses.
    """
    shape = operation.input_shape
    if shape is None or operation.service_model.service_name != "s3":
        return []
    return [shape.members[name].serialization for name in shape.required_members]


def _required_names(
    required: list[dict[str, Any]], location: str, besides: set[str]
) -> frozenset[str]:
    return frozenset(
        member["name"]
        for member in required
        if member.get("location") == location and member["name"] not in besides
    )


def path_parts(service: str, request: HttpRequest) -> tuple[str, ...]:
    """Return the path's segments, still encoded; an S3 bucket in the host name comes first."""
    return _parts(request.path, bucket_in_host(request.host) if service == "s3" else None)


@lru_cache(maxsize=256)
def _parts(path: str, bucket: str | None) -> tuple[str, ...]:
    """Each request asks twice: which operation is meant, and what the path's labels are."""
    trimmed = path[1:]
    if bucket is not None:
        if bucket:
            return (bucket, trimmed) if trimmed else (bucket,)
        bucket, slash, key = trimmed.partition("/")
        return tuple([part for part in ((bucket, key) if slash else (bucket,)) if part])
    trimmed = trimmed.rstrip("/")
    return tuple(trimmed.split("/")) if trimmed else ()


@lru_cache(maxsize=1024)
def bucket_in_host(host: str) -> str:
    """Return the bucket of a virtual-hosted S3 host name, else an empty string."""
    name = host.partition(":")[0]
    for mark in _S3_HOST_MARKS:
        bucket, found, _ = name.partition(mark)
        if found:
            return bucket
    return ""


def operation_for(service: str, request: HttpRequest) -> str | None:
    """Return the operation a REST request asks for, or None when no route fits.

    Of the routes whose path fits, the one that asks for most of the query string and header
    fields present is meant: `PUT /bucket/key?uploadId=…&partNumber=1` is UploadPart.
    """
    match = _matching_route(service, request)
    return match.operation if match else None


def _matching_route(service: str, request: HttpRequest) -> Route | None:
    known = routes(service)
    parts = path_parts(service, request)
    # All that tells routes apart. Most requests differ in nothing of it from those before.
    shape = tuple([part if part in known.literals else bool(part) for part in parts])
    headers = known.required_headers.intersection(request.headers)
    find = _best_route if len(request.query) <= _KEPT_QUERY else _best_route.__wrapped__
    return find(service, request.method, shape, request.query, headers)


@lru_cache(maxsize=1024)
def _best_route(
    service: str,
    method: str,
    shape: tuple[str | bool, ...],
    query_string: str,
    header_names: frozenset[str],
) -> Route | None:
    query = dict(decode_pairs(query_string)) if query_string else {}
    best: Route | None = None
    best_rank = (-1, -1)
    for route in routes(service).candidates(method, len(shape), has_query=bool(query)):
        if len(route.literals) < best_rank[0]:
            break
        specificity = route.specificity(query, header_names) if route.fits(shape) else None
        if specificity is not None and (len(route.literals), specificity) > best_rank:
            best, best_rank = route, (len(route.literals), specificity)
    return best
