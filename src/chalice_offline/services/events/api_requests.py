"""An API destination as a target: one HTTP request per event.

Source: user guide, "API destinations as targets": headers, the 5 seconds, which statuses are
tried again, and that a connection's parameters win over the target's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.services.events import authorization, json_text, limits
from chalice_offline.services.events.http_parameters import pairs, with_query

if TYPE_CHECKING:
    from chalice_offline.services.events.api_destination import ApiDestination
    from chalice_offline.services.events.connection import Connection
    from chalice_offline.services.events.parcel import Parcel

_SUCCESS = range(200, 300)
_UNAUTHORIZED = frozenset({401, 407})
_CONFLICT, _TOO_MANY = 409, 429
_SERVER_ERROR = 500
# These carry no body.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_HEADERS = (
    ("user-agent", "Amazon/EventBridge/ApiDestinations"),
    ("content-type", "application/json; charset=utf-8"),
    ("range", "bytes=0-1048575"),
    ("accept-encoding", "gzip,deflate"),
    ("connection", "close"),
)


def send(parcel: Parcel) -> Pending[None]:
    """Send the event to the endpoint, with a fresh access token first if there is none."""
    destination = _destination(parcel)
    connection = parcel.state.find_connection_of(destination)
    if connection is None or connection.state in ("DEAUTHORIZED", "DELETING"):
        raise AwsError("NO_PERMISSIONS", f"The connection of {destination.name} is not authorized.")
    outcome: Pending[None] = Pending()
    if not connection.is_oauth or connection.access_token:
        _request(parcel, destination, connection, outcome)
        return outcome

    def authorized(failure: str) -> None:
        if failure:
            outcome.fail(AwsError("NO_PERMISSIONS", failure))
        else:
            _request(parcel, destination, connection, outcome)

    authorization.fetch_token(parcel.state, connection, (parcel.event.entry,), authorized)
    return outcome


def _request(
    parcel: Parcel,
    destination: ApiDestination,
    connection: Connection,
    outcome: Pending[None],
) -> None:
    def answered(response: HttpResponse | None, reason: str) -> None:
        error = _error_of(response, reason)
        if error is None:
            outcome.resolve(None)
            return
        if response is not None:
            parcel.least_delay_ms = _retry_after_ms(response)
            if response.status in _UNAUTHORIZED:
                connection.access_token = ""
        outcome.fail(error)

    parcel.state.kernel.send_http(
        _build(parcel, destination, connection),
        limits.HTTP_TIMEOUT_MS,
        answered,
        (parcel.event.entry,),
    )


def _destination(parcel: Parcel) -> ApiDestination:
    arn = parcel.target.arn
    destinations = parcel.state.region(arn.account_id, arn.region).api_destinations
    destination = destinations.get(arn.resource.partition("/")[2].partition("/")[0])
    if destination is None or destination.arn != str(arn):
        raise AwsError("NO_RESOURCE", f"The api-destination {arn} does not exist.")
    return destination


def _build(parcel: Parcel, destination: ApiDestination, connection: Connection) -> HttpRequest:
    of_target = parcel.target.settings.get("HttpParameters", {})
    of_connection = connection.parameters.get("InvocationHttpParameters", {})
    url = destination.settings["InvocationEndpoint"]
    for value in of_target.get("PathParameterValues", ()):
        url = url.replace("*", quote(value, safe=""), 1)
    url = with_query(url, of_target.get("QueryStringParameters", {}))
    url = with_query(url, pairs(of_connection, "QueryStringParameters"))
    headers = Headers(_OWN_HEADERS)
    for name, value in (
        *of_target.get("HeaderParameters", {}).items(),
        *pairs(of_connection, "HeaderParameters").items(),
        authorization.field_of(connection),
    ):
        headers[name] = value
    method = destination.settings["HttpMethod"].upper()  # AWS keeps it as it was written
    body = b""
    if method not in _BODILESS:
        body = _body(parcel.payload, pairs(of_connection, "BodyParameters")).encode()
    return HttpRequest(method, url, headers, body)


def _body(payload: str, added: dict[str, str]) -> str:
    if not added:
        return payload
    try:
        content = json_text.parse(payload)
    except json_text.InvalidJsonError:  # the lines of a string template
        return payload
    return json_text.compact({**content, **added}) if isinstance(content, dict) else payload


def _error_of(response: HttpResponse | None, reason: str) -> AwsError | None:
    if response is None:
        return AwsError("CONNECTION_FAILURE", reason, status=_SERVER_ERROR)
    status = response.status
    if status in _SUCCESS:
        return None
    text = f"The endpoint answered {status}."
    if status == _TOO_MANY:
        return AwsError("THROTTLING", text, status=status)
    if status == _CONFLICT or status in _UNAUTHORIZED or status >= _SERVER_ERROR:
        return AwsError("ERROR_FROM_TARGET", text, status=status)
    return AwsError("SDK_CLIENT_ERROR", text, status=status)


def _retry_after_ms(response: HttpResponse) -> int:
    """Return the wait a reply asks for in seconds; a date counts as none."""
    text = response.headers.get("retry-after") or ""
    return int(text) * 1000 if text.isascii() and text.isdigit() else 0
