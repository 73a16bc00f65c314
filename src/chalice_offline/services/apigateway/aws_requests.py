"""Requests of an API to AWS services."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure
from chalice_offline.services.common.aws_requests import NoSuchTargetError, Signed, send_signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.services.apigateway.backend_requests import BackendRequest


def send(
    exchange: Exchange,
    request: BackendRequest,
    method: str,
    answered: Callable[[HttpResponse], None],
    finish: Callable[[GatewayFailure], None],
) -> None:
    """Send a request to the service its URI names; raises GatewayFailure when there is none."""
    signed = Signed(
        request.url, method, request.headers, request.body, exchange.api.account_id, exchange.causes
    )
    try:
        send_signed(exchange.gateway.kernel, signed, partial(_answered, answered, finish))
    except NoSuchTargetError as error:
        raise failures.internal_error() from error


def _answered(
    answered: Callable[[HttpResponse], None],
    finish: Callable[[GatewayFailure], None],
    response: HttpResponse,
) -> None:
    try:
        answered(response)
    except GatewayFailure as failure:
        finish(failure)
