"""Addresses of what users built, not of AWS's own API: APIs of API Gateway, function URLs.

`ADDRESSES` is the table. A request to one of them is a call of an operation that botocore does not
have. Its parameters are the same for all: what the address names (the pattern's named groups
without `region`), and `method`, `path`, `rawQuery`, `headers` (pairs, each as the client sent it),
`body`, `host`, `scheme`, `sourceIp`. Its result is `statusCode`, `headers` (pairs) and `body`
(bytes).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chalice_offline.core.header_fields import decoded
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.protocols.codec import Codec
from chalice_offline.protocols.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.header_fields import Fields

#: The "protocol" of their targets.
APP = "app"
_SOURCE_IP = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class AppAddress:
    """How an address looks, and which operation of which service answers there.

    `host` is looked for at the start of the host name, `path` at the start of the path; one of
    them is None. What follows the match of `path` is the path that the operation gets.
    `error_key` is the member that an error's text is told in.
    """

    service: str
    operation: str
    host: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    error_key: str = "message"

    def names(self, request: HttpRequest) -> dict[str, str] | None:
        """Return what the address of a request names; None when it is another's."""
        pattern, text = (self.host, request.host) if self.host else (self.path, request.path)
        found = pattern.match(text) if pattern else None
        return None if found is None else found.groupdict("")

    def rest_of(self, path: str) -> str:
        """Return the path below the address, as it was sent."""
        found = self.path.match(path) if self.path else None
        return path if found is None else path[found.end() :] or "/"


# API and stage in the path, on any host name: as LocalStack's users know it.
_STAGE_PATH = "/_aws/execute-api/"
_REST_APIS = "/restapis/"
_OF_STAGES = "execute-api"
ADDRESSES: tuple[AppAddress, ...] = (
    AppAddress(
        "execute-api",
        "Request",
        path=re.compile(_STAGE_PATH + r"(?P<apiId>[^/]+)/(?P<stage>[^/]+)"),
    ),
    AppAddress(
        "execute-api",
        "Request",
        path=re.compile(_REST_APIS + r"(?P<apiId>[^/]+)/(?P<stage>[^/]+)/_user_request_(?=/|$)"),
    ),
    AppAddress(
        "execute-api",
        "Request",
        host=re.compile(r"(?P<apiId>[\w-]+)\.execute-api\.", re.ASCII | re.IGNORECASE),
    ),
    AppAddress(
        "lambda",
        "InvokeFunctionUrl",
        host=re.compile(
            r"(?P<urlId>[a-z0-9_-]+)\.lambda-url\.(?P<region>[a-z0-9-]+)\.",
            re.ASCII | re.IGNORECASE,
        ),
        error_key="Message",
    ),
)

_APP_HOST = re.compile(r"[\w-]+\.(?:lambda-url|execute-api)\.", re.ASCII | re.IGNORECASE)
_ERROR_KEYS = {(one.service, one.operation): one.error_key for one in ADDRESSES}
#: (service, operation) of each: what botocore does not have.
OPERATIONS = frozenset(_ERROR_KEYS)


@lru_cache(maxsize=256)
def is_app_host(host: str) -> bool:
    """Whether a host name is that of something a user built: a function URL, an API."""
    return _APP_HOST.match(host) is not None


def sent_to_stage(request: HttpRequest, api_id: str, stage: str) -> HttpRequest:
    """Return a request to an API that needs no naming, with the API and its stage as its place."""
    method, url, headers, body, upload, fields, _ = request
    return HttpRequest(method, url, headers, body, upload, fields, _place(api_id, stage))


@lru_cache(maxsize=256)
def _place(api_id: str, stage: str) -> Mapping[str, str]:
    return MappingProxyType({"apiId": api_id or "-", "stage": stage or "-"})


@lru_cache(maxsize=256)
def target_at(service: str, region: str, access_key: str = "") -> Target:
    """Return what a request to a host name of a user's own asks for: an app of this service."""
    operation = next(one.operation for one in ADDRESSES if one.service == service)
    return Target(service, operation, APP, access_key, region)


def target_of(request: HttpRequest, access_key: str, region: str) -> Target | None:
    """Return what a request to such an address asks for; None for all others."""
    if request.place is not None:
        return target_at(_OF_STAGES, region, access_key)
    paths = (_STAGE_PATH, _REST_APIS)
    if not is_app_host(request.host) and not request.path.startswith(paths):
        return None  # nearly all requests, so nothing more is looked at
    for address in ADDRESSES:
        names = address.names(request)
        if names is not None:
            place = names.get("region") or region
            return Target(address.service, address.operation, APP, access_key, place.lower())
    return None


def serialize_error(target: Target, error: AwsError) -> HttpResponse:
    """Return an error as the front doors of apps tell it; a mistake of ours, as AWS's own."""
    fields = {name: value for name, value in error.fields.items() if name != "Type"}
    key = _ERROR_KEYS[target.service, target.operation or ""]
    message = "Internal server error" if error.code == "InternalFailure" else error.message or None
    content = json.dumps({key: message} | fields, separators=(",", ":"))
    headers = Headers([("content-type", "application/json"), ("x-amzn-errortype", error.code)])
    return HttpResponse(error.status, headers, content.encode())


def _parse(request: HttpRequest) -> dict[str, Any]:
    if request.place is not None:
        return _parameters(request, request.place, request.path)
    for address in ADDRESSES:
        names = address.names(request)
        if names is not None:
            names.pop("region", None)
            return _parameters(request, names, address.rest_of(request.path))
    return _parameters(request, {}, request.path)


def _parameters(request: HttpRequest, names: Mapping[str, str], path: str) -> dict[str, Any]:
    return {
        **names,
        "method": request.method,
        "path": path,
        "rawQuery": request.query,
        "headers": _fields(request),
        "body": request.body if request.upload is None else request.upload.read(),
        "host": request.host,
        "scheme": request.url.partition(":")[0],
        "sourceIp": _SOURCE_IP,
    }


def _fields(request: HttpRequest) -> Fields:
    return decoded(request.fields) if request.fields else tuple(request.headers.items())


def _serialize(result: dict[str, Any], _request_id: str) -> HttpResponse:
    fields: dict[str, str] = {}
    for name, value in result["headers"]:
        folded = name.lower()
        if folded in fields:
            # Cookies are a line each (RFC 6265, section 3), other fields share one.
            separator = "\n" if folded == "set-cookie" else ", "
            fields[folded] = f"{fields[folded]}{separator}{value}"
        else:
            fields[folded] = value
    return HttpResponse(result["statusCode"], Headers.folded(fields), result["body"])


CODEC = Codec(_parse, _serialize)
