"""Requests to the app's routes, in the shape of `chalice.test.Client.http`."""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Any

from chalice_offline.testing.replies import HTTPResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]

_NOTHING = object()  # `json=None` sends null


class OfflineHttp:
    """Sends HTTP requests to the app's routes."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        *,
        json: Any = _NOTHING,
    ) -> HTTPResponse:
        """Send one request and return the reply.

        `json` is sent as the body, with the Content-Type that says so.
        """
        from chalice_offline.core.http import Headers, HttpRequest

        sent = Headers((headers or {}).items())
        if json is not _NOTHING:
            if body:
                message = "give a request either body or json, not both"
                raise TypeError(message)
            body = json_text.dumps(json)
            if "content-type" not in sent:
                sent["content-type"] = "application/json"
        payload = body.encode() if isinstance(body, str) else body
        spelled = {name.lower(): name for name in headers or {}}
        fields = tuple(
            (spelled.get(name, name).encode(), value.encode()) for name, value in sent.items()
        )
        url = f"https://localhost{path}"
        reply = self._send(HttpRequest(method.upper(), url, sent, payload, fields=fields))
        return HTTPResponse(body=reply.body, headers=reply.headers, status_code=reply.status)

    def get(self, path: str, **options: Any) -> HTTPResponse:
        """Send a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> HTTPResponse:
        """Send a POST request."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> HTTPResponse:
        """Send a PUT request."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> HTTPResponse:
        """Send a PATCH request."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> HTTPResponse:
        """Send a DELETE request."""
        return self.request("DELETE", path, **options)

    def options(self, path: str, **options: Any) -> HTTPResponse:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", path, **options)

    def head(self, path: str, **options: Any) -> HTTPResponse:
        """Send a HEAD request."""
        return self.request("HEAD", path, **options)
