"""Request validation: required parameters, and the body against its model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import failures

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange


def validate(exchange: Exchange) -> None:
    """Refuse a request that lacks something its method requires."""
    route = exchange.taken
    validator = route.validator
    if validator is None:
        return
    if validator["validateRequestParameters"]:
        # Header fields, then what is in the path, then the query string (recorded).
        missing = [
            name.split(".", 3)[3]
            for name, required in sorted(route.method.get("requestParameters", {}).items())
            if required and not _is_there(exchange, name)
        ]
        if missing:
            shown = ", ".join(missing)
            raise failures.bad_parameters(f"Missing required request parameters: [{shown}]")
    if validator["validateRequestBody"]:
        _validate_body(exchange)


def _is_there(exchange: Exchange, name: str) -> bool:
    _, _, place, key = name.split(".", 3)
    if place.endswith("header"):
        return exchange.header(key) is not None
    if place.endswith("querystring"):
        return key in exchange.query
    return key in exchange.path_parameters


def _validate_body(exchange: Exchange) -> None:
    checks = exchange.taken.checks
    if not checks:
        return
    content_type = (exchange.header("content-type") or "application/json").partition(";")[0]
    check = checks.get(content_type.strip().lower()) or checks.get("$default")
    if check is None:
        return
    try:
        document = json.loads(exchange.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise failures.bad_body() from error
    if not check.accepts(document):
        raise failures.bad_body()
