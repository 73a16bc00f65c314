"""Any call of AWS's, one or many: what commands and seed files are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.requests import checked
from chalice_offline.console.seeds import Seeds
from chalice_offline.console.shown import shown
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.console.session import Session


class Calls:
    """Calls as a client makes them, in JSON."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seeds = Seeds(session)

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
        """Make the calls of a seed in order; when one of them is not right, none is made."""
        try:
            calls = self._seeds.calls(asked.body)
            for place, one in enumerate(calls, 1):
                self._check(one, place)
        except Refusal as refusal:
            message = f"{refusal.sentence} Nothing was changed."
            raise Refusal(message, refusal.status) from refusal
        for place, one in enumerate(calls, 1):
            try:
                self._session.act(one["service"], one["operation"], one["request"])
            except Refusal as refusal:
                made = f"The {place - 1} before it were made."
                raise Refusal(f"{_named(one, place)}: {refusal.sentence} {made}", 409) from refusal
        return {"calls": len(calls)}

    # ---- within ----------------------------------------------------------------------------------

    def _check(self, one: dict[str, Any], place: int) -> None:
        try:
            checked(one["service"], one["operation"], one["request"])
        except Refusal as refusal:
            raise Refusal(f"{_named(one, place)}: {refusal.sentence}", refusal.status) from refusal


def _named(one: dict[str, Any], place: int) -> str:
    return f"Call {place} ({one['service']}.{one['operation']})"


def _shown(answer: Any) -> Any:
    if isinstance(answer, dict) and hasattr(answer.get("Body"), "read"):
        answer = {**answer, "Body": answer["Body"].read()}
    return shown(answer)
