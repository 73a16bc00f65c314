"""Passes requests on to moto.

moto keeps its state in module-level tables, so there is one such state per process, whatever the
number of emulators. It is imported at the first call that needs it.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.kernel import missing_operation
from chalice_offline.protocols import load_service, service_names
from chalice_offline.services.delegated import firehose_buckets, managed_policies
from chalice_offline.services.delegated.firehose_buckets import FirehoseBuckets
from chalice_offline.services.delegated.kept_objects import remember_with_objects
from chalice_offline.services.delegated.missing_package import missing_package
from chalice_offline.services.delegated.moto_state import MotoState
from chalice_offline.services.delegated.seeded_system import seed_system_randomness
from chalice_offline.services.delegated.session_policies import SessionPolicies

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply

    Route = Callable[[Any, str, Any], tuple[int, dict[str, Any], str | bytes]]


_log = logging.getLogger(__name__)
# A page of Cognito's and no operation, which neighbours ask for by this name: the keys that a user
# pool signs its tokens with (Amazon Cognito, "Verifying JSON web tokens").
_KEYS = ("cognito-idp", "JsonWebKeySet")
# Services of which moto keeps the state with another's.
_SHARED = {"sesv2": "ses"}


@dataclass(frozen=True, slots=True)
class _Backend:
    """The moto service behind one botocore service: its URL patterns, in moto's order."""

    routes: tuple[tuple[re.Pattern[str], Route], ...]

    def route(self, url: str) -> Route | None:
        for pattern, route in self.routes:
            if pattern.match(url):
                return route
        return None


class Delegated:
    """Passes requests on to moto."""

    def __init__(self, seed: int, deliver: Callable[..., Reply]) -> None:
        """Make the way to moto; its ids come from `seed`, its own calls go through `deliver`.

        `preparations` run before calls of their service: what functions wrote is stored once
        somebody asks for logs. `sessions` knows what sessions of roles were narrowed to.
        """
        self._state = MotoState(seed)
        self._deliver = deliver
        self.preparations: dict[str, Callable[[], None]] = {}
        self.sessions = SessionPolicies()
        self._backends: dict[str, _Backend | None] = {}

    def handle(self, context: CallContext, service: str, request: HttpRequest) -> HttpResponse:
        """Answer one request; raises AwsError when moto knows neither service nor path."""
        self._state.put_in_place()
        url = _aws_url(service, context.region, request)
        clean_url = url.split("?", 1)[0]
        backend = self._backend(service, clean_url)
        route = backend and backend.route(clean_url)
        if not route:
            raise missing_operation(service, _asked(request))
        prepare = self.preparations.get(service)
        if prepare is not None:
            prepare()
        now_ms = context.now_ms
        policy = self.sessions.asked_for(request, now_ms) if service == "sts" else None
        with FirehoseBuckets.reached_by(context, self._deliver):
            response = _answer(route, context, service, url, request)
        if policy is not None:
            self.sessions.began(policy, response, now_ms)
        return response

    def call(
        self, context: CallContext, service: str, operation: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """Call an operation with a request dict, as a service does for a neighbour."""
        if (service, operation) == _KEYS:
            return self._json_web_keys(context, parameters["UserPoolId"])
        from botocore.parsers import create_parser
        from botocore.serialize import create_serializer

        model = load_service(service)
        operation_model = model.operation_model(operation)
        protocol = _protocol_of(model)
        serialized = create_serializer(protocol).serialize_to_request(parameters, operation_model)
        body = serialized["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        headers = Headers(serialized["headers"].items())
        headers["authorization"] = _signature(model, context)
        path = serialized["url_path"]
        if serialized["query_string"]:
            path += ("&" if "?" in path else "?") + urlencode(
                serialized["query_string"], doseq=True
            )
        host = f"{model.endpoint_prefix}.{context.region}.amazonaws.com"
        request = HttpRequest(
            serialized["method"],
            f"https://{host}{path}",
            headers,
            body.encode() if isinstance(body, str) else bytes(body or b""),
        )
        response = self.handle(context, service, request)
        streams = operation_model.has_streaming_output and response.status < 300
        parsed: dict[str, Any] = create_parser(protocol).parse(
            {
                "status_code": response.status,
                "headers": response.headers,
                # What is streamed stays as it is; bytes would be read as UTF-8.
                "body": memoryview(response.body) if streams else response.body,
            },
            operation_model.output_shape,
        )
        if response.status >= 300:
            error = parsed.get("Error", {})
            raise AwsError(
                str(error.get("Code", "InternalFailure")),
                str(error.get("Message", "")),
                status=response.status,
            )
        parsed.pop("ResponseMetadata", None)
        return parsed

    def names(self) -> tuple[str, ...]:
        """Return the services that moto answers for, as botocore spells them."""
        from moto.backend_index import backend_url_patterns

        known = {name.replace("-", "") for name, _ in backend_url_patterns}  # cognitoidp
        return tuple(sorted(n for n in service_names() if n.replace("-", "") in known))

    def answers(self, service: str) -> bool:
        """Whether moto answers for a service, as far as its packages are installed."""
        return service in self.names()

    def reset(self, service: str) -> None:
        """Forget what moto holds of one service, in all accounts and regions."""
        self._state.forget(_SHARED.get(service, service))

    def _json_web_keys(self, context: CallContext, pool_id: str) -> dict[str, Any]:
        """Return the keys that a user pool signs with; raises ResourceNotFoundException."""
        service = _KEYS[0]
        self.call(context, service, "DescribeUserPool", {"UserPoolId": pool_id})
        url = f"https://{service}.{context.region}.amazonaws.com/{pool_id}/.well-known/jwks.json"
        reply = self.handle(context, service, HttpRequest("GET", url, Headers()))
        keys: dict[str, Any] = json.loads(reply.body)
        return keys

    def _backend(self, service: str, clean_url: str) -> _Backend | None:
        if service not in self._backends:
            _prepare(service)
            try:
                self._backends[service] = _find_backend(service, clean_url)
            except ModuleNotFoundError as error:
                raise missing_package(service, error) from error
            seed_system_randomness()
            remember_with_objects()
        return self._backends[service]


def _protocol_of(model: Any) -> str:
    """Return the service's first protocol that moto reads: it reads no RPC v2."""
    metadata = model.metadata
    offered = metadata.get("protocols", [metadata["protocol"]])
    return str(next((one for one in offered if "smithy-rpc" not in one), offered[0]))


def _prepare(service: str) -> None:
    """Set moto's service up before its first use."""
    if service == "firehose":
        firehose_buckets.install()
    if service == "iam":
        managed_policies.install()


def _signature(model: Any, context: CallContext) -> str:
    """Return an Authorization header: moto takes region and service from it, and checks no more."""
    scope = f"{context.account_id}/20260101/{context.region}/{model.signing_name}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def _find_backend(service: str, clean_url: str) -> _Backend | None:
    """Return the backend whose URLs these are: SES has two behind one host, so by name first."""
    from moto import backend_index, backends

    fitting = [n for n, pattern in backend_index.backend_url_patterns if pattern.match(clean_url)]
    for name in sorted(fitting, key=lambda one: one != service):
        # The URL patterns are those of the class. An object of it would be thousands: all of AWS's
        # machine images, say, for an account that nobody has.
        backend: Any = backends.get_backend(name).backend
        patterns = object.__new__(backend).urls
        return _Backend(tuple((re.compile(url), route) for url, route in patterns.items()))
    return None


def _aws_url(service: str, region: str, request: HttpRequest) -> str:
    """Return the URL this request would have on AWS, which is what moto's patterns match."""
    parts = urlsplit(request.url)
    query = f"?{parts.query}" if parts.query else ""
    tail = (parts.path or "/") + query
    if parts.netloc.endswith(".amazonaws.com"):
        return f"https://{parts.netloc}{tail}"
    return f"https://{load_service(service).endpoint_prefix}.{region}.amazonaws.com{tail}"


def _asked(request: HttpRequest) -> str:
    """Return the operation, as the request names it: by header, in a form, or by its path."""
    target = (request.headers.get("x-amz-target") or "").rpartition(".")[2]
    content_type = request.headers.get("content-type") or ""
    form = request.body if content_type.startswith("application/x-www-form-urlencoded") else b""
    action = dict(parse_qsl(form.decode("utf-8", "replace"))).get("Action")
    return target or action or f"{request.method} {request.path}"


def _answer(
    route: Route, context: CallContext, service: str, url: str, request: HttpRequest
) -> HttpResponse:
    from moto.core.exceptions import HTTPException
    from moto.core.request import Request

    headers = {**request.headers, "x-moto-account-id": context.account_id}
    headers["host"] = urlsplit(url).netloc
    moto_request = Request.from_primitives(request.method, url, headers, request.body)
    try:
        status, reply_headers, body = route(
            moto_request, moto_request.raw_url, moto_request.headers
        )
    except HTTPException as error:
        status, reply_headers, body = error.code, dict(error.get_headers()), error.get_body()
    except ModuleNotFoundError as error:
        raise missing_package(service, error) from error
    except NotImplementedError as error:
        raise missing_operation(service, _asked(request)) from error
    except Exception as error:
        # Whatever it is, it is moto's own mistake: neither the caller's nor ours.
        _log.warning("moto failed on %s:%s: %r", service, _asked(request), error)
        raise AwsError(
            "NotImplemented",
            f"moto, which answers this call, failed on {service}:{_asked(request)}: {error!r}",
            status=501,
            sender_fault=False,
        ) from error
    if status == 501 or (status == 404 and body == "Not yet implemented"):
        raise missing_operation(service, _asked(request))
    return HttpResponse(
        int(status or 500),
        Headers((name, str(value)) for name, value in dict(reply_headers).items()),
        body.encode() if isinstance(body, str) else bytes(body or b""),
    )
