"""The routes of the app, through Chalice's own LocalGateway."""

from __future__ import annotations

import base64
import contextvars
import logging
from typing import TYPE_CHECKING, Any

from chalice.local import (
    CustomLocalChalice,
    LocalChalice,
    LocalGateway,
    LocalGatewayAuthorizer,
    LocalGatewayException,
)

from chalice_offline.chalice_app.lambda_context import LambdaContext
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.run import FunctionRun, RunLife, RunState
from chalice_offline.transports.present_run import (
    PresentRun,
    present_causes,
    present_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.environment import FunctionEnvironment
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import FunctionSettings

    Environments = Callable[[str], FunctionEnvironment | None]
    Limit = tuple[int, HttpResponse]  # milliseconds, and the reply when they are over

_log = logging.getLogger("chalice_offline.functions")

# AWS, "Amazon API Gateway quotas": the longest integration timeout, and the largest payload.
INTEGRATION_TIMEOUT_MS = 29_000
PAYLOAD_BYTES = 10 * 1024 * 1024


class HttpApi:
    """Answers HTTP requests to one project's routes."""

    def __init__(
        self,
        emulator: Emulator,
        project: Project,
        settings: FunctionSettings,
        environments: Environments,
        api_environment: FunctionEnvironment,
    ) -> None:
        """Make the API; `settings` are the API handler's, `environments` gives an authorizer's."""
        # Chalice keeps the present request on the app object. As `chalice local` does, give the
        # app a class that keeps one per thread.
        if not isinstance(project.app, CustomLocalChalice):
            CustomLocalChalice.__bases__ = (LocalChalice, project.app.__class__)
            project.app.__class__ = CustomLocalChalice
        self._emulator = emulator
        self._project = project
        self._settings = settings
        self._environments = environments
        self._environment = api_environment

    def handle(self, method: str, path: str, headers: Headers, body: bytes) -> HttpResponse:
        """Answer one request; `path` includes the query string.

        A handler's exception becomes Chalice's 500, as on AWS.
        """
        if len(body) > PAYLOAD_BYTES:
            return _message(413, "Request Entity Too Large")
        life = RunLife(self._settings.timeout_seconds * 1000)
        subject = f"{method} {path}"
        entry = self._emulator.enter("http", subject, {"body": body}, present_causes(), life)
        run = self._run(entry, life)
        reply = contextvars.copy_context().run(self._handle, run, method, path, headers, body)
        if not life.has_ended:
            life.end(RunState.RETURNED)
        self._emulator.enter("outcome", subject, {"status": reply.status}, (entry,))
        return reply

    def limit(self) -> Limit:
        """Return how long a request may take, and what the client gets then."""
        timeout_ms = self._settings.timeout_seconds * 1000
        if timeout_ms < INTEGRATION_TIMEOUT_MS:
            return timeout_ms, _no_response()
        return integration_limit()

    def _handle(
        self, run: FunctionRun, method: str, path: str, headers: Headers, body: bytes
    ) -> HttpResponse:
        present_run.set(PresentRun(run.entry, run.life))
        context = LambdaContext(run, "", self._emulator.driver.clock)
        gateway = _Gateway(self._project, context, self._environments)
        try:
            with self._environment.active():
                reply = gateway.handle_request(method, path, dict(headers), body)
        except LocalGatewayException as error:
            return HttpResponse(error.CODE, Headers(error.headers.items()), error.body or b"")
        except BaseException as error:  # noqa: BLE001 - whatever a handler or authorizer ends with
            # Chalice has made a reply of what handlers usually raise. The rest, and a reply that
            # JSON cannot hold, is an error of the function: API Gateway has nothing to pass on.
            _log.error("%s %s failed: %r", method, path, error)
            return _no_response()
        return _response(reply)

    def _run(self, entry: int, life: RunLife) -> FunctionRun:
        settings = self._settings
        return FunctionRun(
            request_id=self._emulator.ids.uuid(),
            function_name=settings.name,
            function_arn=settings.arn,
            payload=b"",
            memory_mb=settings.memory_mb,
            life=life,
            entry=entry,
        )


class _Gateway(LocalGateway):  # type: ignore[misc]
    """Chalice's gateway, with a Lambda context like AWS's and authorizers as functions apart."""

    def __init__(
        self, project: Project, context: LambdaContext, environments: Environments
    ) -> None:
        super().__init__(project.app, project.config)
        self._context = context
        self._authorizer = _Authorizer(project.app, environments)

    def _generate_lambda_context(self) -> Any:
        return self._context


class _Authorizer(LocalGatewayAuthorizer):  # type: ignore[misc]
    """Chalice's authorizer, with the header its decorator names and its function's variables."""

    def __init__(self, app: Any, environments: Environments) -> None:
        super().__init__(app)
        self._environments = environments

    def authorize(self, raw_path: str, lambda_event: Any, lambda_context: Any) -> Any:
        route = self._route_for_event(lambda_event)
        config = getattr(route and route.authorizer, "config", None)
        if config is None:
            return super().authorize(raw_path, lambda_event, lambda_context)
        environment = self._environments(config.name)
        if environment is None:
            return self._authorize_by_header(config, raw_path, lambda_event, lambda_context)
        with environment.active():
            return self._authorize_by_header(config, raw_path, lambda_event, lambda_context)

    def _authorize_by_header(
        self, config: Any, raw_path: str, lambda_event: Any, lambda_context: Any
    ) -> Any:
        """Hand Chalice the token where it looks for it: in the header "authorization"."""
        header = (config.header or "Authorization").lower()
        headers = lambda_event["headers"]
        seen = {name: value for name, value in headers.items() if name != "authorization"}
        if header in headers:
            seen["authorization"] = headers[header]
        asked = lambda_event | {"headers": seen}
        answered, context = super().authorize(raw_path, asked, lambda_context)
        return answered | {"headers": headers}, context


def integration_limit() -> Limit:
    """Return how long API Gateway waits for an integration, and what it answers then."""
    return INTEGRATION_TIMEOUT_MS, _message(504, "Endpoint request timed out")


def _no_response() -> HttpResponse:
    """Return what API Gateway answers when it gets Lambda's error instead of a response.

    Source: AWS re:Post, "malformed Lambda proxy response".
    """
    return _message(502, "Internal server error")


def _message(status: int, text: str) -> HttpResponse:
    headers = Headers([("content-type", "application/json")])
    return HttpResponse(status, headers, f'{{"message": "{text}"}}'.encode())


def _response(reply: dict[str, Any]) -> HttpResponse:
    body = reply.get("body") or b""
    if reply.get("isBase64Encoded"):
        body = base64.b64decode(body)
    elif isinstance(body, str):
        body = body.encode()
    headers = Headers((name, str(value)) for name, value in reply.get("headers", {}).items())
    for name, values in (reply.get("multiValueHeaders") or {}).items():
        # Several cookies cannot share a line (RFC 6265, section 3): one a line, see send_response.
        separator = "\n" if name.lower() == "set-cookie" else ", "
        headers[name] = separator.join(str(value) for value in values)
    headers.setdefault("content-type", "application/json")  # as API Gateway does
    return HttpResponse(int(reply["statusCode"]), headers, body)
