"""Functions: what they are, what they did, and invoking them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.pending import Pending
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.console.sample_events import SampleEvents
    from chalice_offline.console.session import Session
    from chalice_offline.services.lambda_.function import Function

_TYPES = ("RequestResponse", "Event", "DryRun")


class Functions:
    """The functions of this account and region."""

    def __init__(self, session: Session, samples: SampleEvents | None = None) -> None:
        """`samples` are those that an event may be made of, where it is shown masked."""
        self._session = session
        self._samples = samples

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "functions", self.all),
            Door("POST", "functions/{name}/invoke", self.invoke),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every function with what it did so far."""
        with self._session.emulator.lock:
            return {"functions": [self._described(one) for one in self._session.functions()]}

    def invoke(self, asked: Asked) -> Any:
        """Invoke a function with an `event`; `type` "Event" answers at once.

        What is masked in the event stays what it was in the `sample` that it was made of.
        """
        name = self._session.function_name(asked.name("name"))
        kind = asked.text("type", "RequestResponse")
        if kind not in _TYPES:
            raise Refusal(f'"type" is {kind[:40]!r}; it must be one of {", ".join(_TYPES)}.')
        event = asked.body.get("event", {})
        if self._samples is not None and asked.text("sample", ""):
            event = self._samples.restored(name, asked.text("sample"), event)
        payload = json.dumps(event)
        request = {"FunctionName": name, "InvocationType": kind, "Payload": payload}
        if kind == "RequestResponse":
            request["LogType"] = "Tail"
        reply = self._session.done("lambda", "Invoke", request, asked.origin)
        if isinstance(reply, Pending):
            return reply.map(self._told)
        return {"status": reply["StatusCode"]}

    # ---- within ----------------------------------------------------------------------------------

    def _told(self, reply: dict[str, Any]) -> dict[str, Any]:
        try:
            payload = json.loads(reply["Payload"])
        except ValueError:
            payload = reply["Payload"].decode("utf-8", "replace")
        log = base64.b64decode(reply.get("LogResult", "")).decode("utf-8", "replace")
        return {
            "status": reply["StatusCode"],
            "error": reply.get("FunctionError"),
            "payload": mask(payload),
            "log": mask(log.splitlines()),
        }

    def _described(self, function: Function) -> dict[str, Any]:
        metrics = function.metrics
        return {
            "name": self._session.shown_name(function.name),
            "deployed_name": function.name,
            "arn": function.arn,
            "handler": function.settings.handler,
            "timeout_seconds": function.settings.timeout_seconds,
            "memory_mb": function.settings.memory_mb,
            "uploaded": function.upload is not None,
            "invocations": metrics.invocations,
            "errors": metrics.errors,
            "retries": metrics.retries,
            "duration_ms": {
                f"p{percent}": percentile(metrics.durations_ms, percent) for percent in (50, 95, 99)
            },
        }


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the value that `percent` % of the values do not exceed (nearest rank), or None."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1]
