"""What every vendor has in common: dispatch with faults, webhooks with retries, control endpoints.

A request takes the lock for the time of its state change only: never while it sleeps (slow
success) and never while a webhook is under way, so that the receiver may call straight back.
"""

from __future__ import annotations

import random
import string
import threading
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulators import faults
from simulators.timeline import NO_ANSWER, Delivery, OutgoingRequest, Sent, Timeline
from simulators.wsgi import (
    BodyError,
    Request,
    Response,
    Route,
    Router,
    read_request,
    write_response,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

ALPHANUMERIC = string.ascii_letters + string.digits
SLEEP_KEY = "simulators.sleep"
"""WSGI environment key by which a door says how *its* clients experience a slow reply."""


class Refusal(Exception):  # noqa: N818 - a vendor's documented no, not a failure of ours
    """The vendor's answer to a request it does not carry out."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.status}: {response.body.decode('utf-8', 'replace')}")
        self.response = response


def no_sleep(_seconds: float) -> None:
    """Let no time pass: for hosts whose clock is virtual."""


class Simulator:
    """A WSGI app that behaves as one vendor does.

    `now_ms` tells the time in integer milliseconds since the epoch. `send` makes one webhook
    leave and returns its HTTP status, or 0 when no answer came. `sleep` takes seconds and is
    called for a slow success, after the state has changed. `wake` is called when something new
    is due, so that a host can call `tick()` earlier than it had planned.
    """

    name = ""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        send: Callable[[OutgoingRequest], int],
        seed: int = 0,
        sleep: Callable[[float], None] = no_sleep,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._now_ms = now_ms
        self._send = send
        self._sleep = sleep
        self._wake = wake
        self._random = random.Random(f"{self.name}:{seed}")
        self._lock = threading.RLock()
        self._timeline = Timeline()
        self.faults = faults.FaultPlan(f"{self.name}:{seed}")
        self.sent: list[Sent] = []
        self.abandoned: list[Delivery] = []
        self.requests: dict[str, int] = {}
        self._router = Router(self.routes())
        self._control = Router(self.control_routes())

    # What a vendor fills in.

    def routes(self) -> Iterable[Route]:
        """Return the vendor's operations."""
        raise NotImplementedError

    def authorize(self, request: Request, operation: str) -> None:
        """Raise Refusal when this request's credentials do not open this operation."""
        raise NotImplementedError

    def error(self, status: int, detail: str) -> Response:
        """Return an error reply in the vendor's own shape."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return the vendor's own part of `GET /_control/state`."""
        raise NotImplementedError

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Return the same webhook with credentials that do not verify."""
        raise NotImplementedError

    def acknowledges(self, status: int) -> bool:
        """Say whether the vendor takes this status as "received", or sends again."""
        return 200 <= status < 300

    def signed_anew(self, request: OutgoingRequest) -> OutgoingRequest:
        """Return a webhook as it is sent once more; most vendors send the same bytes."""
        return request

    def delivered(self, delivery: Delivery, status: int) -> None:
        """Take the outcome of a genuine webhook; most vendors only retry."""

    def extra_control_routes(self) -> Iterable[Route]:
        """Return control endpoints that only this vendor has."""
        return ()

    # Requests.

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as PEP 3333 has it."""
        sleep = environ.get(SLEEP_KEY, self._sleep)
        return write_response(self.handle(read_request(environ), sleep), start_response)

    def handle(self, request: Request, sleep: Callable[[float], None] | None = None) -> Response:
        """Answer one request; `sleep` replaces the simulator's own for this one."""
        if request.path.startswith("/_control/"):
            return self._handle_control(request)
        route, arguments, methods = self._router.find(request.method, request.path)
        if route is None:
            if methods:
                return self.error(405, f"{request.path} answers {', '.join(methods)} only.")
            return self.error(404, f"{self.name} has no resource {request.path}.")
        with self._lock:
            self.requests[route.operation] = self.requests.get(route.operation, 0) + 1
            response, fault = self._carry_out(route, request, arguments)
        if fault is not None and fault.fault == faults.SLOW_SUCCESS:
            (sleep or self._sleep)(fault.seconds)
        return response

    def _carry_out(
        self, route: Route, request: Request, arguments: dict[str, str]
    ) -> tuple[Response, faults.Fault | None]:
        fault = self.faults.take(route.operation, faults.REQUEST_FAULTS, request)
        kind = fault.fault if fault else ""
        if kind == faults.RATE_LIMITED:
            return self.error(429, "Too many requests."), fault
        if kind == faults.UNAUTHORIZED:
            return self.error(401, "The access token is not valid."), fault
        if fault and kind == faults.ERROR_BEFORE_COMMIT:
            return self.error(fault.status, "An internal error has occurred."), fault
        try:
            self.authorize(request, route.operation)
            response = route.handler(request, **arguments)
        except Refusal as refusal:
            return refusal.response, fault
        except BodyError as error:
            return self.error(400, str(error)), fault
        if fault and kind == faults.ERROR_AFTER_COMMIT:
            return self.error(fault.status, "An internal error has occurred."), fault
        if kind == faults.UNREADABLE_REPLY:
            # What a proxy in between answers with: a page, and 200.
            return Response(200, b"<html>Please try again later</html>"), fault
        return response, fault

    # Webhooks and deadlines.

    def tick(self) -> int | None:
        """Do what is due by now: enforce deadlines, send webhooks.

        Returns when to call again at the latest (milliseconds since the epoch), or None when
        nothing is planned.
        """
        while (due_ms := self.next_due_ms()) is not None and due_ms <= self._now_ms():
            for delivery in self.take_due():
                self.settle(delivery, self._send(delivery.request))
        return due_ms

    def take_due(self) -> list[Delivery]:
        """Enforce the deadlines due by now and return the webhooks to be sent.

        For hosts that send several at once; each must come back through `settle`.
        """
        due: list[Delivery] = []
        with self._lock:
            while (what := self._timeline.pop_due(self._now_ms())) is not None:
                if isinstance(what, Delivery):
                    what.attempts += 1
                    what.held = False
                    if what.genuine and what.attempts > 1:
                        what.request = self.signed_anew(what.request)
                    due.append(what)
                else:
                    what()
        return due

    def settle(self, delivery: Delivery, status: int) -> None:
        """Take the outcome of one attempt: done, once more later, or given up."""
        with self._lock:
            now_ms = self._now_ms()
            self.sent.append(
                Sent(
                    delivery.event_type,
                    delivery.resource_id,
                    now_ms,
                    delivery.attempts,
                    status,
                    delivery.genuine,
                )
            )
            if not delivery.genuine:
                return
            self.delivered(delivery, status)
            if self.acknowledges(status):
                return
            if not self.is_sent_again(delivery, status):
                self.abandoned.append(delivery)
                return
            self._timeline.deliver(
                now_ms + delivery.retry_delays_ms[delivery.attempts - 1], delivery
            )
        self._wake()

    def is_sent_again(self, delivery: Delivery, status: int) -> bool:  # noqa: ARG002
        """Say whether a webhook that was answered so comes once more."""
        return delivery.attempts <= len(delivery.retry_delays_ms)

    def next_due_ms(self) -> int | None:
        """Return when the next webhook or deadline is due, or None."""
        with self._lock:
            return self._timeline.next_due_ms()

    def pending_webhooks(self) -> int:
        """Return how many webhooks are still to be sent, retries included."""
        with self._lock:
            return self._timeline.pending_deliveries()

    def publish(self, delivery: Delivery) -> None:
        """Plan a webhook, subject to the faults asked for its event type."""
        now_ms = self._now_ms()
        fault = self.faults.take(delivery.event_type, faults.WEBHOOK_FAULTS)
        kind = fault.fault if fault else ""
        due_ms = now_ms
        if fault and kind in (faults.LATE_WEBHOOK, faults.OUT_OF_ORDER_WEBHOOK):
            due_ms += round(fault.seconds * 1000)
            delivery.held = kind == faults.OUT_OF_ORDER_WEBHOOK
        if kind == faults.BAD_SIGNATURE_WEBHOOK:
            forged = self.forge(delivery.request)
            self._timeline.deliver(
                now_ms, Delivery(delivery.event_type, delivery.resource_id, forged, genuine=False)
            )
        self._timeline.deliver(due_ms, delivery)
        if kind == faults.DUPLICATE_WEBHOOK:
            copy = Delivery(
                delivery.event_type,
                delivery.resource_id,
                delivery.request,
                delivery.retry_delays_ms,
            )
            self._timeline.deliver(now_ms, copy)
        self._wake()

    def at(self, due_ms: int, action: Callable[[], None]) -> None:
        """Plan a state change; it runs under the lock."""
        self._timeline.at(due_ms, action)
        self._wake()

    def new_uuid(self) -> str:
        """Return a version 4 UUID from the seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_id(self, length: int, letters: str = ALPHANUMERIC) -> str:
        """Return `length` letters from the seed."""
        return "".join(self._random.choices(letters, k=length))

    # Control endpoints.

    def control_routes(self) -> list[Route]:
        """Return the endpoints by which a person or a test steers the simulator."""
        return [
            Route("GET", "/_control/state", "state", self._get_state),
            Route("GET", "/_control/faults", "faults", self._get_faults),
            Route("POST", "/_control/faults", "add faults", self._post_faults),
            Route("DELETE", "/_control/faults", "clear faults", self._delete_faults),
            *self.extra_control_routes(),
        ]

    def _handle_control(self, request: Request) -> Response:
        route, arguments, methods = self._control.find(request.method, request.path)
        if route is None:
            text = f"no such control endpoint: {request.method} {request.path}"
            return Response.of_json({"error": text}, 405 if methods else 404)
        with self._lock:
            try:
                return route.handler(request, **arguments)
            except (ValueError, KeyError, TypeError) as error:
                return Response.of_json({"error": str(error)}, 400)

    def _get_state(self, _request: Request) -> Response:
        return Response.of_json(self.describe())

    def describe(self) -> dict[str, Any]:
        """Return the whole state as the control endpoint shows it."""
        with self._lock:
            return {
                **self.state(),
                "requests": dict(self.requests),
                "webhooks": {
                    "attempts": len(self.sent),
                    "unanswered": sum(sent.status == NO_ANSWER for sent in self.sent),
                    "pending": self._timeline.pending_deliveries(),
                    "abandoned": len(self.abandoned),
                    "last": [asdict(sent) for sent in self.sent[-10:]],
                },
                "faults": self.faults.describe(),
                "faults_taken": dict(self.faults.taken),
            }

    def _get_faults(self, _request: Request) -> Response:
        return Response.of_json({"faults": self.faults.describe()})

    def _post_faults(self, request: Request) -> Response:
        body = request.json()
        for wanted in body if isinstance(body, list) else [body]:
            self._add_fault(wanted)
        return self._get_faults(request)

    def _add_fault(self, wanted: Mapping[str, Any]) -> None:
        if not isinstance(wanted, dict):
            raise ValueError("a fault is a JSON object")
        options = dict(wanted)
        operation = options.pop("operation", "*")
        if "mix" in options:
            self.faults.add_mix(options.pop("mix"), operation)
        else:
            self.faults.add(operation, options.pop("fault", ""), **options)

    def _delete_faults(self, request: Request) -> Response:
        self.faults.clear()
        return self._get_faults(request)
