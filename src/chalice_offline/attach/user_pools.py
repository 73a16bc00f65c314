"""The keys of user pools at the endpoint, for authorizers of routes that run here."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.kernel import Service
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Kernel, Request, Result

_TIMEOUT_MS = 5_000


def user_pools(kernel: Kernel, endpoint_url: str) -> Service:
    """Return what API Gateway asks for keys; `endpoint_url` is "" for AWS."""
    operations = {"JsonWebKeySet": partial(_json_web_key_set, endpoint_url)}
    return Service("cognito-idp", kernel, operations)


def _json_web_key_set(
    endpoint_url: str, kernel: Kernel, context: CallContext, request: Request
) -> Pending[Result]:
    """Fetch the page that has the keys (Amazon Cognito, "Verifying JSON web tokens")."""
    host = endpoint_url or f"https://cognito-idp.{context.region}.amazonaws.com"
    url = f"{host}/{request['UserPoolId']}/.well-known/jwks.json"
    keys: Pending[Result] = Pending()

    def done(response: HttpResponse | None, reason: str) -> None:
        found = None if response is None else _keys_in(response)
        if found is None:
            keys.fail(AwsError("ResourceNotFoundException", reason or f"no keys at {url}"))
        else:
            keys.resolve(found)

    kernel.send_http(HttpRequest("GET", url, Headers()), _TIMEOUT_MS, done, (context.entry,))
    return keys


def _keys_in(response: HttpResponse) -> dict[str, Any] | None:
    try:
        found = json.loads(response.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("keys"), list) else None
