"""One request in, one reply out: the same for every door.

detect -> parse -> Emulator.call -> serialize      for what is emulated here
detect -> Emulator.forward                         for what moto answers
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.context import DEFAULT_ACCOUNT_ID, Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.protocols import (
    APP,
    detect,
    is_app_host,
    parse,
    serialize,
    serialize_error,
    target_at,
)
from chalice_offline.transports.content_encoding import decompressed
from chalice_offline.transports.localstack import FOLDER as LOCALSTACK
from chalice_offline.transports.localstack import LocalStackDoors
from chalice_offline.transports.no_such_door import AWS_FOLDER, is_no_bucket, no_such_door

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.emulator import Emulator
    from chalice_offline.protocols import Target
    from chalice_offline.transports.left_behind import LeftBehind

    Page = Callable[[HttpRequest], HttpResponse]
    Folder = Callable[[HttpRequest], HttpResponse | Pending[HttpResponse]]
    #: what is asked, its parameters, and who asks; raises AwsError when they may not
    Judge = Callable[[Target, dict[str, Any], Caller], None]

_log = logging.getLogger(__name__)
_ACCOUNT_ID_DIGITS = 12


class _Waiting(NamedTuple):
    """A request that is answered later."""

    target: Target
    request_id: str
    reply: Pending[dict[str, object]]


_CONNECTIONS = "/@connections/"
SOCKETS = ("execute-api", "Request")
"""Where WebSockets are: at the addresses of APIs."""


def _no_socket(status: int, message: str) -> dict[str, Any]:
    body = json.dumps({"message": message}).encode()
    return {"statusCode": status, "headers": [("content-type", "application/json")], "body": body}


class Gateway:
    """Answers AWS requests for one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        """Make the gateway; `pages` are further paths it answers with plain HTTP."""
        self.emulator = emulator
        self.judge: Judge | None = None  # looks at what functions ask for, if anybody does
        self.left_behind: LeftBehind | None = None  # follows deployments, if anybody does
        #: what answers for a path and all below it
        self.localstack = LocalStackDoors(emulator)
        self.folders: dict[str, Folder] = {LOCALSTACK: self.localstack.answer}
        self._waiting: dict[Pending[HttpResponse], _Waiting] = {}
        self._is_closed = False
        self.pages: dict[str, Page] = {
            # Browsers ask for it beside every page; it would else be a bucket of that name.
            "/favicon.ico": lambda _request: HttpResponse(404),
        }

    def handle(
        self, request: HttpRequest, causes: tuple[int, ...] = ()
    ) -> HttpResponse | Pending[HttpResponse]:
        """Answer one request; never raises.

        `causes` are the journal entries it follows from (the run of the handler that calls).
        A long poll or a synchronous invocation gives a Pending.
        """
        try:
            path = request.path
        except ValueError as error:  # a Host header that is no host: "[::1"
            refusal = AwsError("InvalidRequest", f"{request.host!r} is not a host: {error}")
            return serialize_error(None, refusal, self.emulator.ids.uuid())
        taken: str | None = None
        if request.place is None:
            own = self._own_page(path, request, causes)
            if own is not None:
                return own
            taken = self.emulator.registry.service_at(request.host.partition(":")[0].lower())
        request_id = self.emulator.ids.uuid()
        target: Target | None = None
        if self._is_closed:
            return serialize_error(None, _stopping(), request_id)
        try:
            target = target_at(taken, self.emulator.region) if taken else detect(request)
            if is_no_bucket(target, request):
                return no_such_door(request, self._doors())
            if "content-encoding" in request.headers and not _takes_bodies_as_sent(target):
                request = decompressed(request)
            return self._dispatch(target, request, causes, request_id)
        except AwsError as error:
            response = serialize_error(target, error, request_id)
            if request.method == "HEAD":
                response.body = b""
            return self._completed(target, request, response)
        except Exception:  # noqa: BLE001 - the outermost boundary
            if self._is_closed:  # it came before, and what it needs went meanwhile
                _log.debug("stopped within %s %s", request.method, request.path, exc_info=True)
                return serialize_error(target, _stopping(), request_id)
            # A mistake of ours must not take a door down. It is logged
            # whole, and the client is told what AWS says when AWS itself fails.
            _log.exception("%s %s failed", request.method, request.path)
            return serialize_error(target, _internal_failure(), request_id)

    def _own_page(
        self, path: str, request: HttpRequest, causes: tuple[int, ...]
    ) -> HttpResponse | Pending[HttpResponse] | None:
        """Answer a request to a path that stands for no call of AWS's API; None for all others."""
        page = self.pages.get(path) or self._page_of_service(path)
        if page is not None and not is_app_host(request.host):
            with self.emulator.lock:
                return page(request)
        if path.startswith("/_") and not is_app_host(request.host):
            for folder, answer in self.folders.items():
                if path == folder or path.startswith(f"{folder}/"):
                    return answer(request)
        if path in self.emulator.registry.receivers:
            return self._receive(path, request, causes)
        return None

    def _dispatch(
        self, target: Target, request: HttpRequest, causes: tuple[int, ...], request_id: str
    ) -> HttpResponse | Pending[HttpResponse]:
        emulator = self.emulator
        caller = Caller(
            account_of(target.access_key, emulator.account_id),
            target.region,
            request.endpoint,
            target.protocol,
            causes,
            trace_header=dict.get(request.headers, "x-amzn-trace-id") or "",
            signed=bool(target.access_key),
            request_id=request_id,
            http=request,
        )
        operation = target.operation or ""
        service = emulator.registry.find(target.service)
        if service is None:
            if self.judge is not None and operation:
                self.judge(target, parse(target, request), caller)
            return emulator.forward(target.service, operation, request, caller)
        parameters = parse(target, request)
        # What an app's front door lets in is said by its own authorizers; who may use its
        # connections, by IAM.
        is_apps = target.protocol == APP and _CONNECTIONS not in parameters["path"]
        if self.judge is not None and not is_apps:
            self.judge(target, parameters, caller)
        reply = emulator.call(target.service, operation, parameters, caller)
        if not isinstance(reply, Pending):
            answer = serialize(target, reply, request_id)
            return answer if service.complete is None else self._completed(target, request, answer)
        response: Pending[HttpResponse] = Pending()
        self._waiting[response] = _Waiting(target, request_id, reply)

        def settled(pending: Pending[dict[str, object]]) -> None:
            if self._waiting.pop(response, None) is None:
                return  # answered already: we stop
            try:
                result = pending.result()
            except AwsError as error:
                response.resolve(serialize_error(target, error, request_id))
            else:
                response.resolve(serialize(target, result, request_id))

        reply.then(settled)
        if self._is_closed:  # meanwhile: whoever closed may have looked before this one waited
            self.close()
        return response

    def _receive(self, path: str, request: HttpRequest, causes: tuple[int, ...]) -> HttpResponse:
        """Give a service what is sent to one of its paths."""
        emulator = self.emulator
        service, operation = emulator.registry.receivers[path]
        caller = Caller(
            emulator.account_id, emulator.region, request.endpoint, causes=causes, http=request
        )
        sent = {"Query": request.query, "Body": request.body}
        try:
            emulator.call(service, operation, sent, caller)
        except AwsError as error:
            return HttpResponse(error.status, body=error.message.encode())
        return HttpResponse(200)

    def connect(
        self, head: HttpRequest, causes: tuple[int, ...] = ()
    ) -> dict[str, Any] | Pending[dict[str, Any]]:
        """Answer a WebSocket's handshake: what execute-api's Connect returns; never raises."""
        emulator = self.emulator
        try:
            taken = None
            if head.place is None:
                taken = emulator.registry.service_at(head.host.partition(":")[0].lower())
            target = target_at(taken, emulator.region) if taken else detect(head)
            if (target.service, target.operation) != SOCKETS:
                return _no_socket(400, "WebSockets are served at the addresses of APIs")
            caller = Caller(
                emulator.account_id,
                emulator.region,
                head.endpoint,
                causes=causes,
                request_id=emulator.ids.uuid(),
                http=head,
            )
            return emulator.call("execute-api", "Connect", parse(target, head), caller)
        except AwsError as error:
            return _no_socket(error.status, error.message or error.code)
        except Exception:  # noqa: BLE001 - the outermost boundary, as above
            _log.exception("the handshake of %s failed", head.path)
            return _no_socket(500, "Internal server error")

    def tell(self, operation: str, connection_id: str, **what: Any) -> None:
        """Tell execute-api what a WebSocket's client did: Receive or Disconnect; never raises."""
        emulator = self.emulator
        caller = Caller(emulator.account_id, emulator.region)
        try:
            request = {"connectionId": connection_id, **what}
            emulator.call("execute-api", operation, request, caller)
        except AwsError as error:
            _log.error("%s of connection %s: %s", operation, connection_id, error)
        except Exception:  # noqa: BLE001 - the outermost boundary, as above
            _log.exception("%s of connection %s failed", operation, connection_id)

    def refuse(self, head: HttpRequest, error: AwsError) -> HttpResponse:
        """Return an error for a request of which the payload was not taken."""
        target: Target | None = None
        try:
            target = detect(head)
        except AwsError as unknown:
            _log.debug("a refused request names nothing: %s", unknown)
        return serialize_error(target, error, self.emulator.ids.uuid())

    def hang_up(self, response: Pending[HttpResponse]) -> None:
        """Say that nobody waits for a reply any more: a long poll then takes no message."""
        emulator = self.emulator
        with emulator.lock:
            waiting = self._waiting.pop(response, None)
            if waiting is not None:
                subject = f"{waiting.target.service}.{waiting.target.operation} hung up"
                emulator.enter("note", subject, {"request_id": waiting.request_id}, ())
                waiting.reply.abandon()

    def close(self) -> None:
        """Answer whoever waits: the emulator stops."""
        with self.emulator.lock:
            self._is_closed = True
            while self._waiting:
                response, waiting = self._waiting.popitem()
                waiting.reply.abandon()
                response.resolve(serialize_error(waiting.target, _stopping(), waiting.request_id))

    def _completed(
        self, target: Target | None, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        """Let the service add to a reply what no model describes."""
        service = None if target is None else self.emulator.registry.find(target.service)
        if service is not None and service.complete is not None:
            with self.emulator.lock:
                service.complete(service.state, request, response)
        return response

    def _doors(self) -> list[str]:
        """Return what there is below /_aws, as a user would ask for it."""
        registry = self.emulator.registry
        paths = [path for path in (*registry.pages, *registry.receivers) if path[-1] != "/"]
        below = [path for path in paths if path.startswith(f"{AWS_FOLDER}/")]
        return [*below, f"{AWS_FOLDER}/execute-api/API/STAGE"]

    def _page_of_service(self, path: str) -> Page | None:
        """Return the page that a service serves at a path, or at all below one that ends in "/"."""
        pages = self.emulator.registry.pages
        page = pages.get(path)
        if page is None and path.startswith("/_aws/"):
            page = next(
                (pages[one] for one in pages if one[-1] == "/" and path.startswith(one)), None
            )
        return page


def account_of(access_key: str, default: str = DEFAULT_ACCOUNT_ID) -> str:
    """Return the caller's account: an access key of 12 digits names it, as on LocalStack."""
    if len(access_key) == _ACCOUNT_ID_DIGITS and access_key.isdigit():
        return access_key
    return default


def _takes_bodies_as_sent(target: Target) -> bool:
    return target.service == "s3" or target.protocol == APP


def _internal_failure() -> AwsError:
    return AwsError(
        "InternalFailure",
        "The emulator failed while handling this request; its log holds the cause.",
        status=500,
        sender_fault=False,
    )


def _stopping() -> AwsError:
    return AwsError("ServiceUnavailable", "The emulator is stopping.", status=503)
