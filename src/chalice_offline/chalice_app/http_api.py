"""The routes of the app, through Chalice's own LocalGateway."""

from __future__ import annotations

import base64
import contextvars
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.runtime import TaskTimedOut, present_run
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.transports.in_process import current_run

if TYPE_CHECKING:
    from chalice_offline.chalice_app.environment import FunctionEnvironment
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.run import FunctionRun
    from chalice_offline.emulator import Emulator

# API Gateway's longest integration timeout (AWS, "API Gateway quotas").
INTEGRATION_TIMEOUT_MS = 29_000


class HttpApi:
    """Answers HTTP requests to one project's routes."""

    def __init__(
        self, emulator: Emulator, project: Project, environment: FunctionEnvironment, timeout_ms: int
    ) -> None:
        """Make the API; `timeout_ms` is the API handler function's timeout."""
        from chalice.local import CustomLocalChalice, LocalChalice, LocalGateway

        # Chalice keeps the present request on the app object. As `chalice local` does, give the
        # app a class that keeps one per thread.
        if not isinstance(project.app, CustomLocalChalice):
            CustomLocalChalice.__bases__ = (LocalChalice, project.app.__class__)
            project.app.__class__ = CustomLocalChalice
        self._gateway = LocalGateway(project.app, project.config)
        self._emulator = emulator
        self._environment = environment
        self.timeout_ms = min(timeout_ms, INTEGRATION_TIMEOUT_MS)

    def handle(self, method: str, path: str, headers: Headers, body: bytes) -> HttpResponse:
        """Answer one request; `path` includes the query string.

        A handler's exception becomes Chalice's 500, as on AWS.
        """
        entry = self._emulator.enter(
            "http", f"{method} {path}", {"body": body}, current_run.get()
        )
        context = contextvars.copy_context()
        return context.run(self._handle, entry, method, path, headers, body)

    def _handle(
        self, entry: int, method: str, path: str, headers: Headers, body: bytes
    ) -> HttpResponse:
        from chalice.local import LocalGatewayException

        current_run.set((entry,))
        present_run.set(self._run(entry))
        with self._environment.active():
            try:
                reply = self._gateway.handle_request(method, path, dict(headers), body)
            except LocalGatewayException as error:
                return HttpResponse(error.CODE, Headers(error.headers.items()), error.body or b"")
            except TaskTimedOut:
                return gateway_timeout()
        return _response(reply)

    def _run(self, entry: int) -> FunctionRun:
        from chalice_offline.core.run import FunctionRun

        now_ms = self._emulator.driver.clock.now_ms()
        return FunctionRun(
            request_id="",
            function_name="",
            function_arn="",
            payload=b"",
            started_ms=now_ms,
            deadline_ms=now_ms + self.timeout_ms,
            memory_mb=0,
            entry=entry,
        )


def gateway_timeout() -> HttpResponse:
    """Return what API Gateway answers when the integration takes too long."""
    headers = Headers([("content-type", "application/json")])
    return HttpResponse(504, headers, b'{"message": "Endpoint request timed out"}')


def _response(reply: dict[str, Any]) -> HttpResponse:
    body = reply.get("body") or b""
    if reply.get("isBase64Encoded"):
        body = base64.b64decode(body)
    elif isinstance(body, str):
        body = body.encode()
    headers = Headers((name, str(value)) for name, value in reply.get("headers", {}).items())
    for name, values in (reply.get("multiValueHeaders") or {}).items():
        # One line each, as Set-Cookie needs; the server sends them as separate header fields.
        headers[name] = "\n".join(str(value) for value in values)
    if "content-type" not in headers:
        headers["content-type"] = "application/json"  # API Gateway's default for a REST API
    return HttpResponse(int(reply["statusCode"]), headers, body)
