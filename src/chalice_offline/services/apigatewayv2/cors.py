"""CORS of HTTP APIs: preflights are answered, and replies get their fields.

Source: AWS, "Configure CORS for HTTP APIs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.replies import Reply

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.exchange import Exchange

_OURS = "access-control-"


def preflight(exchange: Exchange) -> Reply | None:
    """Return the answer to a preflight, where the API has a CORS configuration."""
    cors = exchange.api.described.get("CorsConfiguration")
    asks = exchange.header("origin") and exchange.header("access-control-request-method")
    if not cors or exchange.method != "OPTIONS" or not asks:
        return None
    fields = _fields(exchange)
    if fields:
        if cors.get("AllowMethods"):
            fields.append(("access-control-allow-methods", ",".join(cors["AllowMethods"])))
        if cors.get("AllowHeaders"):
            fields.append(("access-control-allow-headers", ",".join(cors["AllowHeaders"])))
        if cors.get("MaxAge") is not None:
            fields.append(("access-control-max-age", str(cors["MaxAge"])))
    return Reply(204, fields)


def with_cors(exchange: Exchange, reply: Reply) -> Reply:
    """Give a reply the configuration's fields; the integration's own are not passed on."""
    if not exchange.api.described.get("CorsConfiguration"):
        return reply
    kept = [(n, v) for n, v in reply.headers if not n.lower().startswith(_OURS)]
    return Reply(reply.status, kept + _fields(exchange), reply.body)


def _fields(exchange: Exchange) -> list[tuple[str, str]]:
    cors, origin = exchange.api.described["CorsConfiguration"], exchange.header("origin")
    if not origin or not _is_allowed(origin, cors.get("AllowOrigins", [])):
        return []
    shown = "*" if "*" in cors["AllowOrigins"] else origin
    fields = [("access-control-allow-origin", shown)]
    if cors.get("AllowCredentials"):
        fields.append(("access-control-allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        fields.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    return fields


def _is_allowed(origin: str, allowed: list[str]) -> bool:
    return any(one in ("*", origin) or _fits(origin, one) for one in allowed)


def _fits(origin: str, pattern: str) -> bool:
    scheme, star, _ = pattern.partition("*")
    return bool(star) and scheme in ("http://", "https://") and origin.startswith(scheme)
