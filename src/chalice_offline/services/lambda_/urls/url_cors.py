"""CORS of a function URL: Lambda answers preflights itself and writes the fields of replies.

Source: AWS Lambda developer guide, "Cross-origin resource sharing (CORS)" of function URLs. What
the URL's settings say replaces what the function says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Result

_PREFIX = "access-control-"


def is_preflight(method: str, fields: Mapping[str, str]) -> bool:
    """Whether a browser asks what it may send."""
    return method == "OPTIONS" and "origin" in fields and _PREFIX + "request-method" in fields


def preflight_reply(cors: Mapping[str, Any], fields: Mapping[str, str]) -> Result:
    """Return the answer to a preflight; one that may not has no fields for the browser."""
    headers: list[tuple[str, str]] = []
    method = fields[f"{_PREFIX}request-method"]
    if _origin(cors, fields) and _allows(cors.get("AllowMethods"), method):
        headers = _origin_fields(cors, fields)
        headers.append(("Access-Control-Allow-Methods", ",".join(cors["AllowMethods"])))
        if cors.get("AllowHeaders"):
            headers.append(("Access-Control-Allow-Headers", ",".join(cors["AllowHeaders"])))
        if "MaxAge" in cors:
            headers.append(("Access-Control-Max-Age", str(cors["MaxAge"])))
    return {"statusCode": 200, "headers": headers, "body": b""}


def with_cors(reply: Result, cors: Mapping[str, Any], fields: Mapping[str, str]) -> Result:
    """Return a reply with the fields that the URL's settings ask for."""
    if not cors or "origin" not in fields:
        return reply
    kept = [one for one in reply["headers"] if not one[0].lower().startswith(_PREFIX)]
    if _origin(cors, fields):
        kept += _origin_fields(cors, fields)
        if cors.get("ExposeHeaders"):
            kept.append(("Access-Control-Expose-Headers", ",".join(cors["ExposeHeaders"])))
    return reply | {"headers": kept}


def _origin_fields(cors: Mapping[str, Any], fields: Mapping[str, str]) -> list[tuple[str, str]]:
    headers = [("Access-Control-Allow-Origin", _origin(cors, fields)), ("Vary", "Origin")]
    if cors.get("AllowCredentials"):
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return headers


def _origin(cors: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    """Return the origin to allow; "" when it is not among those that may read."""
    origin, allowed = fields["origin"], cors.get("AllowOrigins", ())
    if origin in allowed:
        return origin
    if "*" not in allowed:
        return ""
    return origin if cors.get("AllowCredentials") else "*"


def _allows(methods: Any, wanted: str) -> bool:
    return bool(methods) and ("*" in methods or wanted in methods)
