"""What must hold after any request, whatever it was. An auditor reads what nobody else may."""

# ruff: noqa: SLF001

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import HeadersDict
from botocore.parsers import ResponseParserError, create_parser

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import detect
from chalice_offline.protocols.service_models import has_operation, model_for
from chalice_offline.services.sqs.auditor import audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.scheduler import Scheduler, Timer
    from chalice_offline.protocols import Target
    from scripts.fuzzing.world import World

_NOT_IMPLEMENTED = 501
_FIRST_FAULT = 500
_FIRST_ERROR = 400
_FIRST_CONTROL = 0x20


def target_of(request: HttpRequest) -> Target | None:
    """Return what the emulator takes the request for; None when it cannot tell."""
    try:
        return detect(request)
    except AwsError:
        return None


def is_ours(world: World, target: Target | None) -> bool:
    """Whether one of the emulated services answers, and not what it delegates to."""
    return target is None or world.emulator.registry.owns(target.service)


# ---- the reply -----------------------------------------------------------------------------------


def is_fault(status: int, request: HttpRequest) -> bool:
    """Whether a status says that the emulator failed, and not the request.

    DynamoDB calls it a failure of its own when it cannot decompress a payload, and so do we.
    """
    is_compressed = "content-encoding" in request.headers
    return status >= _FIRST_FAULT and status != _NOT_IMPLEMENTED and not is_compressed


def broken_reply(request: HttpRequest, target: Target | None, response: HttpResponse) -> str:
    """Return what is wrong with the reply to a request; "" when nothing is."""
    if is_fault(response.status, request):
        return f"status {response.status}: {response.body[:300]!r}"
    for name, value in response.headers.items():
        text = value.replace("\n", "")  # the door sends one field per line
        if not isinstance(value, str) or any(ord(letter) < _FIRST_CONTROL for letter in text):
            return f"header {name} cannot be sent: {value!r}"
    if request.method == "HEAD":  # the door leaves the body out
        return ""
    if target is None or not has_operation(target.service, target.operation or ""):
        return "" if response.status < _FIRST_ERROR or response.body else "an error without a body"
    try:
        parsed = parsed_reply(target, response)
    except (ResponseParserError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"botocore cannot read the reply ({error!r}): {response.body[:300]!r}"
    if response.status >= _FIRST_ERROR and not parsed.get("Error", {}).get("Code"):
        return f"status {response.status} without an error code: {response.body[:300]!r}"
    return ""


def parsed_reply(target: Target, response: HttpResponse) -> dict[str, Any]:
    """Return what a botocore client makes of a reply."""
    shapes = model_for(target.service, target.protocol).operation_model(target.operation)
    streams = shapes.has_streaming_output and response.status < _FIRST_ERROR
    parsed: dict[str, Any] = create_parser(target.protocol).parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": io.BytesIO(response.body) if streams else response.body,
            "context": {"operation_name": target.operation},
        },
        shapes.output_shape,
    )
    return parsed


# ---- the state -----------------------------------------------------------------------------------


def broken_state(world: World) -> str:
    """Return the first thing that is inconsistent; "" when nothing is."""
    return next(_findings(world), "")


def _findings(world: World) -> Iterator[str]:
    yield from audit(world.emulator.registry.get("sqs").state)
    yield from _scheduler_findings(world.emulator.scheduler, world.emulator.now_ms)
    yield from _lambda_findings(world)
    yield from _sns_findings(world.emulator.registry.get("sns").state)
    yield from _events_findings(world.emulator.registry.get("events").state)


def _scheduler_findings(scheduler: Scheduler, now_ms: int) -> Iterator[str]:
    cancelled = 0
    for heap in (scheduler._owed, scheduler._background):
        for index, entry in enumerate(heap):
            due_ms, _, timer = entry
            cancelled += timer.cancelled
            if index and entry < heap[(index - 1) // 2]:
                yield f"the heap of timers is out of order at {index}"
            if due_ms != timer.due_ms:
                yield f"a timer due at {timer.due_ms} is ordered as due at {due_ms}"
            if not timer.cancelled and due_ms <= now_ms:
                yield f"a timer due at {due_ms} has not run by {now_ms}: {_named(timer)}"
    if cancelled != scheduler._cancelled:
        yield f"{cancelled} timers are cancelled, {scheduler._cancelled} are counted"


def _named(timer: Timer) -> str:
    callback = timer.callback
    return str(getattr(callback, "__qualname__", callback))


def _lambda_findings(world: World) -> Iterator[str]:
    service = world.lambda_
    for uuid, mapping in service.mappings.items():
        if mapping.uuid != uuid:
            yield f"mapping {mapping.uuid} is kept as {uuid}"
        reads = mapping.state == "Enabled" and service.has(mapping.function.settings)
        if reads != (mapping.receiver is not None):
            yield f"mapping {uuid}: state is {mapping.state}, receiver is {mapping.receiver}"
    for function in service.all_functions():
        running = function.concurrency.running(function.settings.name)
        if running < 0:
            yield f"function {function.settings.name} has {running} runs under way"


def _sns_findings(sns: Any) -> Iterator[str]:
    for arn, topic in sns._topics.items():
        if topic.arn != arn:
            yield f"topic {topic.arn} is kept as {arn}"
        for subscription in topic.audience:
            if sns.find_subscription_or_none(subscription.arn) is not subscription:
                yield f"{arn} delivers to {subscription.arn}, which is gone"


def _events_findings(events: Any) -> Iterator[str]:
    for region in events._regions.values():
        if "default" not in region.buses:
            yield "a region has no default event bus"
        for name, bus in region.buses.items():
            if bus.name != name:
                yield f"bus {bus.name} is kept as {name}"
            for rule_name, rule in bus.rules.items():
                if rule.name != rule_name:
                    yield f"rule {rule.name} is kept as {rule_name}"
