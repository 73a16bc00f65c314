"""OAuth client credentials: from a connection to an access token.

User guide, "Connections for API targets": EventBridge sends the client's id and secret with the
connection's own parameters to the authorization endpoint, and uses the access_token it answers
with until a target replies 401 or 407.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.services.events import limits
from chalice_offline.services.events.http_parameters import (
    pairs,
    with_query,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.events.connection import Connection
    from chalice_offline.services.events.state import EventsState

_SUCCESS = range(200, 300)


def begin(events: EventsState, connection: Connection, entry: int) -> None:
    """Authorize an OAuth connection in the background; others are authorized as they are."""
    if not connection.is_oauth:
        return
    connection.state = "AUTHORIZING"
    kernel = events.kernel

    def authorize() -> None:
        if connection.state == "AUTHORIZING":
            fetch_token(events, connection, (entry,), lambda _reason: None)

    kernel.at(kernel.now_ms + limits.AUTHORIZATION_DELAY_MS, authorize)


def field_of(connection: Connection) -> tuple[str, str]:
    """Return the header field that requests of a connection log in with."""
    parameters = connection.auth_parameters
    if connection.authorization_type == "BASIC":
        pair = f"{parameters['Username']}:{parameters['Password']}"
        return "authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"
    if connection.authorization_type == "API_KEY":
        return parameters["ApiKeyName"], parameters["ApiKeyValue"]
    return "authorization", f"Bearer {connection.access_token}"


def fetch_token(
    events: EventsState,
    connection: Connection,
    causes: tuple[int, ...],
    done: Callable[[str], None],
) -> None:
    """Ask for an access token; `done("")` once it is there, else `done(reason)`."""

    def answered(response: HttpResponse | None, reason: str) -> None:
        failure = reason if response is None else _take_token(connection, response)
        connection.state = "DEAUTHORIZED" if failure else "AUTHORIZED"
        connection.authorized_ms = events.kernel.now_ms
        if failure:
            events.kernel.note(connection.arn, {}, causes, f"not authorized: {failure}")
        done(failure)

    request = _token_request(connection)
    events.kernel.send_http(request, limits.HTTP_TIMEOUT_MS, answered, causes)


def _take_token(connection: Connection, response: HttpResponse) -> str:
    """Keep the token of a reply; return why there is none, or ""."""
    if response.status not in _SUCCESS:
        return f"the authorization endpoint answered {response.status}"
    try:
        reply = json.loads(response.body)
    except ValueError:
        reply = None
    token = reply.get("access_token") if isinstance(reply, dict) else None
    if not isinstance(token, str):
        return "the authorization endpoint's reply has no access_token"
    connection.access_token = token
    return ""


def _token_request(connection: Connection) -> HttpRequest:
    parameters = connection.auth_parameters
    client = parameters["ClientParameters"]
    own = parameters.get("OAuthHttpParameters", {})
    body = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
        **pairs(own, "BodyParameters"),
    }
    headers = Headers([("content-type", "application/json; charset=utf-8")])
    for name, value in pairs(own, "HeaderParameters").items():
        headers[name] = value
    url = with_query(parameters["AuthorizationEndpoint"], pairs(own, "QueryStringParameters"))
    return HttpRequest(parameters["HttpMethod"], url, headers, json.dumps(body).encode())
