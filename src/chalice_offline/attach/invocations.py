"""Runs handlers with what was received, as Lambda would, and counts."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.attach.events import (
    UnreadableMessage,
    bus_event,
    s3_event,
    sns_event,
    sqs_event,
)
from chalice_offline.core.run import FunctionRun, RunLife

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.attach.make import Attached
    from chalice_offline.attach.plan import Place
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.runtime import Runtime
    from chalice_offline.core.clock import Clock

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Count:
    """How often a handler ran, and how often it failed."""

    invocations: int = 0
    failures: int = 0


class Invocations:
    """Turns batches into handler runs. Safe to call from many threads."""

    def __init__(self, runtime: Runtime, clock: Clock, place: Place) -> None:
        self._runtime = runtime
        self._clock = clock
        self._place = place
        self._functions: dict[str, ProjectFunction] = {}
        self._lock = threading.Lock()
        self._counts: dict[str, Count] = {}

    def load(self, functions: dict[str, ProjectFunction]) -> None:
        """Use these functions, by Chalice's name, from the next run on."""
        self._functions = functions
        with self._lock:
            for name in functions:
                self._counts.setdefault(name, Count())

    def counts(self) -> dict[str, Count]:
        """Return what each handler did so far, by Chalice's name."""
        with self._lock:
            return {n: Count(c.invocations, c.failures) for n, c in self._counts.items()}

    def run(self, attached: Attached, messages: Sequence[dict[str, Any]]) -> bool:
        """Run the handler once with a batch; say whether its messages are done with."""
        attachment = attached.attachment
        try:
            event = self._event(attached, messages)
        except UnreadableMessage as error:
            _log.error("a message in queue %s is left there: %s", attachment.queue, error)
            return False
        if event is None:
            return True
        run = self._function_run(self._functions[attachment.handler], event, messages)
        outcome = self._runtime.run(run)
        self._count(attachment.handler, failed=outcome.failed)
        late_ms = self._clock.awake_ms() - run.life.deadline_awake_ms
        if outcome.failed:
            _log.error(
                "handler %s failed; its %s in queue %s until the visibility timeout is over",
                attachment.handler,
                "message stays" if len(messages) == 1 else f"{len(messages)} messages stay",
                attachment.queue,
            )
        elif late_ms > 0:
            # It has done its work, and nobody can stop a thread. Doing it again would help nobody.
            _log.warning(
                "handler %s took %.1f s; Lambda would have ended it at %d s",
                attachment.handler,
                attachment.timeout_seconds + late_ms / 1000,
                attachment.timeout_seconds,
            )
        return not outcome.failed

    def _event(
        self, attached: Attached, messages: Sequence[dict[str, Any]]
    ) -> dict[str, Any] | None:
        form = attached.attachment.form
        if form == "sqs":
            return sqs_event(messages, attached.queue_arn, self._place.region)
        (message,) = messages  # one event is one invocation
        if form == "sns":
            return sns_event(message, attached.subscription_arn)
        return s3_event(message) if form == "s3" else bus_event(message)

    def _function_run(
        self, function: ProjectFunction, event: dict[str, Any], messages: Sequence[dict[str, Any]]
    ) -> FunctionRun:
        life = RunLife(function.timeout_seconds * 1000)
        life.start(self._clock.read())
        resource = f"function:{function.deployed_name}"
        return FunctionRun(
            request_id=_request_id(messages[0]["ReceiptHandle"]),
            function_name=function.deployed_name,
            function_arn=self._place.arn("lambda", resource),
            sent=json.dumps(event).encode(),
            memory_mb=function.memory_mb,
            life=life,
        )

    def _count(self, handler: str, *, failed: bool) -> None:
        with self._lock:
            count = self._counts[handler]
            count.invocations += 1
            count.failures += failed


def _request_id(receipt_handle: str) -> str:
    """Return an id that is new with each delivery, spelled as a UUID of version 4."""
    digits = hashlib.sha256(receipt_handle.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
