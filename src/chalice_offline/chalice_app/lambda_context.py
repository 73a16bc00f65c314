"""The context object a handler gets as its second argument."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun


# What the runtime takes over of a mobile client (developer guide, "AWS Lambda context object in
# Python").
_CLIENT_FIELDS = (
    "installation_id",
    "app_title",
    "app_version_name",
    "app_version_code",
    "app_package_name",
)


class ClientContext:
    """What the caller of a synchronous invocation sent along, as Lambda's runtime shows it."""

    def __init__(self, text: str) -> None:
        content: dict[str, Any] = json.loads(text)
        self.custom = content.get("custom")
        self.env = content.get("env")
        client = content.get("client")
        self.client = None
        if client is not None:
            self.client = SimpleNamespace(**{name: client.get(name) for name in _CLIENT_FIELDS})


class LambdaContext:
    """What AWS documents as "AWS Lambda context object in Python", spelled as AWS spells it."""

    identity = None

    def __init__(self, run: FunctionRun, log_stream_name: str, clock: Clock) -> None:
        self.function_name = run.function_name
        self.function_version = run.version
        self.invoked_function_arn = run.invoked_arn
        self.memory_limit_in_mb = str(run.memory_mb)
        self.aws_request_id = run.request_id
        self.log_group_name = run.log.group or f"/aws/lambda/{run.function_name}"
        self.log_stream_name = log_stream_name
        self.client_context = ClientContext(run.client_context) if run.client_context else None
        self._life = run.life
        self._clock = clock

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the function's timeout; never negative."""
        return self._life.left_ms(self._clock.awake_ms())

    def log(self, message: object) -> None:
        """Write to standard output, as the runtime's own `log` does."""
        print(message)  # noqa: T201 - a handler's output
