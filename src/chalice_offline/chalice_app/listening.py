"""How a handler comes to listen to a source, with the AWS calls that `chalice deploy` makes.

One class per way: each makes, changes and removes what connects the two. What was changed can be
changed back, so a reload that fails leaves everything as it was.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Call(Protocol):
    """Calls AWS as the deployer does, in the app's region unless told."""

    def __call__(
        self, service: str, operation: str, request: dict[str, Any], region: str | None = None
    ) -> dict[str, Any]:
        """Return the reply; raises AwsError."""
        ...


@dataclass(frozen=True, slots=True)
class Binding:
    """A function and what it listens to; `source` in words for the user.

    `key` tells it from all others: a binding of the same key is the same one, changed. `request` is
    what the way of listening needs to know.
    """

    function: str
    source: str
    way: str
    key: str
    request: dict[str, Any] = field(default_factory=dict)
    region: str | None = None
    bucket: str = ""


class Way:
    """A way of listening. `make` returns what the others need to know of what was made.

    `services` are those without whose resources there is nothing of it left.
    """

    services: tuple[str, ...] = ()

    def make(self, binding: Binding) -> Any:
        """Connect the function with its source."""
        raise NotImplementedError

    def is_stale(self, made: Any, binding: Binding) -> bool:  # noqa: ARG002
        """Whether what was made no longer fits, although the binding is the same."""
        return False

    def change(self, made: Any, binding: Binding) -> None:
        """Make what was made as this binding says."""
        raise NotImplementedError

    def remove(self, made: Any, binding: Binding) -> None:
        """Take it away."""
        raise NotImplementedError


class MappingWay(Way):
    """An event source mapping: queues and streams."""

    services = ("lambda",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def make(self, binding: Binding) -> str:
        """Create the mapping; returns its UUID."""
        request = binding.request
        mapping = self._call("lambda", "CreateEventSourceMapping", request, binding.region)
        return str(mapping["UUID"])

    def change(self, made: str, binding: Binding) -> None:
        """Change what can be changed; the starting position counts only at the beginning."""
        settings = {
            name: value
            for name, value in binding.request.items()
            if name not in ("EventSourceArn", "FunctionName", "StartingPosition")
        }
        # What was named before and is no longer goes back to what it is by default.
        defaults = {"MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
        request = {"UUID": made, **defaults, "FilterCriteria": {}, **settings}
        if ":sqs:" in binding.request["EventSourceArn"]:
            request.setdefault("ScalingConfig", {})
        self._call("lambda", "UpdateEventSourceMapping", request, binding.region)

    def remove(self, made: str, binding: Binding) -> None:
        """Delete the mapping; what it holds returns to the queue."""
        self._call("lambda", "DeleteEventSourceMapping", {"UUID": made}, binding.region)


class SubscriptionWay(Way):
    """A topic's subscription."""

    services = ("sns",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def make(self, binding: Binding) -> str:
        """Subscribe the function; returns the subscription's ARN."""
        request = binding.request | {"Protocol": "lambda", "ReturnSubscriptionArn": True}
        return str(self._call("sns", "Subscribe", request, binding.region)["SubscriptionArn"])

    def change(self, made: str, binding: Binding) -> None:
        """Change its attributes; those that are not named go."""
        wanted = binding.request.get("Attributes", {})
        scope = wanted.get("FilterPolicyScope", "MessageAttributes")
        for name, value in (
            ("FilterPolicy", "{}"),  # first: the one before may not be one of the other scope
            ("FilterPolicyScope", scope),
            ("FilterPolicy", wanted.get("FilterPolicy", "{}")),
            ("RedrivePolicy", wanted.get("RedrivePolicy", "")),
        ):
            request = {"SubscriptionArn": made, "AttributeName": name, "AttributeValue": value}
            self._call("sns", "SetSubscriptionAttributes", request, binding.region)

    def remove(self, made: str, binding: Binding) -> None:
        """Unsubscribe it."""
        self._call("sns", "Unsubscribe", {"SubscriptionArn": made}, binding.region)


class RuleWay(Way):
    """A rule: patterns and schedules, on the default bus or another."""

    services = ("events",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def make(self, binding: Binding) -> dict[str, str]:
        """Put the rule and its target; returns the rule's name, and its bus if it has one."""
        request = dict(binding.request)
        target = {"Id": "1", "Arn": request.pop("Target")}
        bus = {"EventBusName": request["EventBusName"]} if "EventBusName" in request else {}
        self._call("events", "PutRule", request)
        rule = {"Rule": request["Name"]} | bus
        self._call("events", "PutTargets", rule | {"Targets": [target]})
        return {"Name": request["Name"]} | bus

    def change(self, made: dict[str, str], binding: Binding) -> None:  # noqa: ARG002 - in the key
        """Put it again: what is not named goes."""
        self.make(binding)

    def remove(self, made: dict[str, str], binding: Binding) -> None:  # noqa: ARG002
        """Delete the rule."""
        bus = {name: value for name, value in made.items() if name != "Name"}
        self._call("events", "RemoveTargets", {"Rule": made["Name"], "Ids": ["1"]} | bus)
        self._call("events", "DeleteRule", made)


class NotificationWay(Way):
    """A part of a bucket's notification configuration.

    A bucket has only one, so all parts are put together, by `Bindings`.
    """

    def make(self, binding: Binding) -> None:
        """Wait for the others."""

    def change(self, made: Any, binding: Binding) -> None:
        """Wait for the others."""

    def remove(self, made: Any, binding: Binding) -> None:
        """Wait for the others."""


class Tables(Protocol):
    """What is known of tables, and a word when one gets a stream."""

    def stream_of(self, table: str, region: str) -> str:
        """Return the ARN of the stream that a table has now, or ""."""
        ...

    def watch(self, table: str, region: str, told: Callable[[], None]) -> Callable[[], None]:
        """Call `told` soon after the table gets a stream; returns what ends that."""
        ...


class TableStreamWay(Way):
    """The stream of a table, of one that is there or of one that comes."""

    services = ("lambda", "dynamodb")

    def __init__(self, mappings: MappingWay, tables: Tables) -> None:
        self._mappings = mappings
        self._tables = tables

    def make(self, binding: Binding) -> _ListensToTable:
        """Create the mapping now, or when the table has a stream."""
        made = _ListensToTable(self, binding)
        arn = self._tables.stream_of(binding.request["Table"], binding.region or "")
        if arn:
            made.attach(self._mappings, arn)
        else:
            _log.warning(
                "handler %s: there is no table %s with a stream in %s; it listens as soon as there "
                "is one (declare it in .chalice/resources.json)",
                binding.function,
                binding.request["Table"],
                binding.region,
            )
        made.unwatch = self._tables.watch(
            binding.request["Table"], binding.region or "", made.stream_came
        )
        return made

    def is_stale(self, made: _ListensToTable, binding: Binding) -> bool:
        """Whether the table has another stream than the one that is listened to."""
        arn = self._tables.stream_of(binding.request["Table"], binding.region or "")
        return arn not in ("", made.arn)

    def change(self, made: _ListensToTable, binding: Binding) -> None:
        """Change the mapping, or what will become of it."""
        made.binding = binding
        arn = self._tables.stream_of(binding.request["Table"], binding.region or "")
        if made.arn and arn in ("", made.arn):
            self._mappings.change(made.uuid, made.mapping(made.arn))
        elif arn:  # the table was made anew: what is deployed now finds its new stream
            if made.uuid:
                self._mappings.remove(made.uuid, binding)
            made.attach(self._mappings, arn)

    def remove(self, made: _ListensToTable, binding: Binding) -> None:
        """Delete the mapping, and wait for nothing."""
        made.unwatch()
        if made.uuid:
            self._mappings.remove(made.uuid, binding)

    def stream_came(self, made: _ListensToTable) -> None:
        """Hear that the table got a stream: listen to it, or say that it is not listened to."""
        binding = made.binding
        table = binding.request["Table"]
        arn = self._tables.stream_of(table, binding.region or "")
        if not made.arn and arn:
            made.attach(self._mappings, arn)
        elif arn and arn != made.arn:
            _log.warning(
                "table %s has a new stream; handler %s still listens to the one before, as on AWS "
                "until it is deployed again: save app.py, or restart",
                table,
                binding.function,
            )


class _ListensToTable:
    """What was made for one handler: a mapping, or the wait for a stream."""

    def __init__(self, way: TableStreamWay, binding: Binding) -> None:
        self.binding = binding
        self.arn = ""
        self.uuid = ""
        self.unwatch: Callable[[], None] = lambda: None
        self._way = way

    def attach(self, mappings: MappingWay, arn: str) -> None:
        """Make the mapping to a stream."""
        self.uuid = mappings.make(self.mapping(arn))
        self.arn = arn

    def mapping(self, arn: str) -> Binding:
        """Return the binding to a stream's ARN."""
        request = {name: value for name, value in self.binding.request.items() if name != "Table"}
        binding = self.binding
        return Binding(
            binding.function,
            binding.source,
            "mapping",
            binding.key,
            request | {"EventSourceArn": arn},
            binding.region,
        )

    def stream_came(self) -> None:
        """Hear of a stream."""
        self._way.stream_came(self)
