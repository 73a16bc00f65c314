"""Which route a request to an HTTP API takes.

Source: AWS, "Create routes for HTTP APIs": a full match goes before one with a greedy parameter,
that before $default; within each, literal segments before parameters, a method before ANY.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.api import Described, Snapshot

    Match = tuple[Described, dict[str, str]]


def match(snapshot: Snapshot, method: str, path: str) -> Match | None:
    """Return the route and its path parameters, or None."""
    segments = path.split("/")[1:]
    if segments and segments[-1] == "" and len(segments) > 1:
        segments = segments[:-1]
    found: list[tuple[tuple[int, ...], Described, dict[str, str]]] = []
    for route in snapshot.routes:
        key = route["RouteKey"]
        if key == "$default":
            continue
        wanted, _, template = key.partition(" ")
        if wanted not in ("ANY", method):
            continue
        fit = _fit(template.split("/")[1:], segments)
        if fit is not None:
            weight, parameters = fit
            found.append(((*weight, wanted == "ANY"), route, parameters))
    if found:
        _, route, parameters = min(found, key=lambda one: one[0])
        return route, parameters
    default = snapshot.route("$default")
    return None if default is None else (default, {})


def _fit(template: list[str], segments: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    """Return how special the fit is (less is more), and the parameters."""
    greedy = template[-1].endswith("+}")
    if len(segments) < len(template) or (not greedy and len(segments) != len(template)):
        return None
    parameters: dict[str, str] = {}
    kinds = []
    for number, part in enumerate(template):
        if part.endswith("+}"):
            parameters[part[1:-2]] = unquote("/".join(segments[number:]))
            kinds.append(2)
        elif part.startswith("{"):
            if not segments[number]:
                return None
            parameters[part[1:-1]] = unquote(segments[number])
            kinds.append(1)
        elif part == segments[number]:
            kinds.append(0)
        else:
            return None
    return ((1 if greedy else 0), *kinds), parameters
