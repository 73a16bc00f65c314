"""Any call of AWS's, one or many: what commands and seed files are made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.requests import checked
from chalice_offline.core.journal import readable
from chalice_offline.core.pending import Pending
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session

CALLS_MAX = 10_000


class Calls:
    """Calls as a client makes them, in JSON."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("POST", "call", self.call), Door("POST", "seed", self.seed)]

    def call(self, asked: Asked) -> Any:
        """Make one call: `service`, `operation`, `request`."""
        service, operation = asked.text("service"), asked.text("operation")
        request = asked.mapping("request")
        reply = self._session.done(service, operation, request, asked.origin)
        return reply.map(_shown) if isinstance(reply, Pending) else _shown(reply)

    def seed(self, asked: Asked) -> dict[str, Any]:
        """Make many `calls` in order; when one of them is not right, none is made."""
        calls = asked.body.get("calls")
        if not isinstance(calls, list) or len(calls) > CALLS_MAX:
            raise Refusal(f'The body needs "calls", a list of at most {CALLS_MAX}.')
        for place, one in enumerate(calls, 1):
            try:
                _check(one)
            except Refusal as refusal:
                message = f"Call {place}: {refusal.sentence} Nothing was changed."
                raise Refusal(message, refusal.status) from refusal
        for place, one in enumerate(calls, 1):
            try:
                self._session.act(one["service"], one["operation"], one.get("request", {}))
            except Refusal as refusal:
                made = f"The {place - 1} before it were made."
                raise Refusal(f"Call {place}: {refusal.sentence} {made}", 409) from refusal
        return {"calls": len(calls)}


def _check(one: Any) -> None:
    if not isinstance(one, dict):
        raise Refusal("it is no object.")
    for member in ("service", "operation"):
        if not isinstance(one.get(member), str):
            raise Refusal(f'it needs "{member}", a text.')
    request = one.get("request", {})
    if not isinstance(request, dict):
        raise Refusal('its "request" is no object.')
    checked(one["service"], one["operation"], request)


def _shown(answer: Any) -> Any:
    if isinstance(answer, dict) and hasattr(answer.get("Body"), "read"):
        answer = {**answer, "Body": answer["Body"].read()}
    return json.loads(json.dumps(mask(answer), default=readable))
