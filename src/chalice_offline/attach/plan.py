"""What must exist so that a project's handlers can run here: pure data, no AWS call.

Every handler is fed by one SQS queue. An `on_sqs_message` handler reads its own queue, as Lambda
would. For every other source a queue is made, and the source is told to deliver into it as well.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.core.arn import Arn

ATTACHED_TAG = "chalice-offline:attached"  # value: <app>-<stage>
SOURCE_TAG = "chalice-offline:source"  # value: the ARN of what delivers into the queue

LONGEST_QUEUE_NAME = 80
LONGEST_RULE_NAME = 64
SUFFIX = "-offline"
TARGET_ID = "offline"

# Lambda begins with five batches of a queue at a time (AWS Lambda developer guide, "Scaling and
# processing for Amazon SQS event source mappings").
BATCHES_AT_ONCE = 5
# A failed event comes back when its queue's visibility timeout is over: never before its handler
# can have ended, and not sooner than Lambda's first retry of an asynchronous event, a minute.
SHORTEST_VISIBILITY_SECONDS = 60
VISIBILITY_MARGIN_SECONDS = 30
# How long Lambda keeps an asynchronous event by default (MaximumEventAgeInSeconds).
RETENTION_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class Hook:
    """What delivers into a queue of our own: a topic's subscription, a rule, a notification.

    `arn` is the topic's, the rule's or the bucket's; `request` what is special about this hook.
    """

    kind: str
    name: str
    arn: str
    request: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One handler and the queue that feeds it. `hook` is None for a queue of the user's own."""

    handler: str
    function: str
    timeout_seconds: int
    source: str
    form: str
    queue: str
    queue_owner: str = ""
    hook: Hook | None = None
    batch_size: int = 1
    window_seconds: int = 0
    batches_at_once: int = BATCHES_AT_ONCE

    @property
    def is_fifo(self) -> bool:
        """Whether order counts."""
        return self.queue.endswith(".fifo")

    @property
    def own_visibility_seconds(self) -> int:
        """The visibility timeout of a queue of our own."""
        return max(SHORTEST_VISIBILITY_SECONDS, self.timeout_seconds + VISIBILITY_MARGIN_SECONDS)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to attach, under one label; `unattached` says per handler why it is not."""

    label: str
    attachments: tuple[Attachment, ...]
    unattached: tuple[str, ...]

    def describe(self) -> list[str]:
        """Return in words what will be made and read, one line each."""
        lines = []
        for one in self.attachments:
            hook = one.hook
            if hook is None:
                lines.append(f"read    queue {one.queue} (a deployed {one.function} reads it, too)")
                continue
            lines.append(f"create  queue {one.queue}")
            lines.append(f"create  {_HOOK_WORDS[hook.kind].format(hook=hook, queue=one.queue)}")
        return lines


_HOOK_WORDS = {
    "topic": "subscription of {queue} to topic {hook.name}",
    "rule": "rule {hook.name} on the default event bus, target {queue}",
    "bucket": "notification of bucket {hook.name} to {queue}, beside those it has",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The account and region that names stand in. `is_local`: ARNs of others mean this place."""

    account_id: str
    region: str
    is_local: bool

    def arn(self, service: str, resource: str) -> str:
        """Spell an ARN here."""
        return make_arn(service, self.region, self.account_id, resource)


def label_of(app_name: str, stage: str) -> str:
    """Return what every resource we make is tagged with."""
    return f"{app_name}-{stage}"


def plan_of(
    label: str, sources: Iterable[Any], functions: Mapping[str, ProjectFunction], place: Place
) -> Plan:
    """Plan for Chalice's event source configurations. Raises ProjectError naming the handler."""
    attachments, unattached, attached = [], [], set()
    for source in sources:
        kind = type(source).__name__
        function = functions.get(source.name)
        if kind not in _PLANNERS or function is None:
            reason = _NOT_ATTACHED.get(kind, f"{kind} cannot be attached")
            unattached.append(f"{source.name} is not attached: {reason}")
            continue
        attached.add(source.name)
        attachments.append(_PLANNERS[kind](label, source, function, place))
    return Plan(label, tuple(attachments), tuple(unattached))


_STREAM = "a stream cannot deliver into a queue; run it with `chalice-offline local` alone"
_NOT_ATTACHED = {
    "KinesisEventConfig": _STREAM,
    "DynamoDBEventConfig": _STREAM,
}


def own_name(label: str, handler: str, longest: int) -> str:
    """Return the name of a resource made for a handler, at most `longest` characters."""
    name = f"{label}-{handler}{SUFFIX}"
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - len(SUFFIX) - 9]}-{digest}{SUFFIX}"


def queue_policy(queue_arn: str, hook: Hook, account_id: str) -> str:
    """Return the policy that lets exactly this source send into exactly this queue."""
    condition: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": hook.arn}}
    if hook.kind == "bucket":  # a bucket's ARN does not say whose it is
        condition["StringEquals"] = {"aws:SourceAccount": account_id}
    statement = {
        "Sid": "Deliver",
        "Effect": "Allow",
        "Principal": {"Service": _PRINCIPALS[hook.kind]},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_PRINCIPALS = {
    "topic": "sns.amazonaws.com",
    "rule": "events.amazonaws.com",
    "bucket": "s3.amazonaws.com",
}


# ---- one function per decorator ------------------------------------------------------------------


def _sqs(label: str, source: Any, function: ProjectFunction, place: Place) -> Attachment:  # noqa: ARG001
    name, owner = source.queue, ""
    if source.queue_arn:
        arn = _arn_of(source.queue_arn, "sqs", function, place)
        name, owner = arn.resource_name, "" if place.is_local else arn.account_id
    limits = [source.maximum_concurrency or BATCHES_AT_ONCE]
    if function.reserved_concurrency is not None:
        limits.append(function.reserved_concurrency)
    return Attachment(
        handler=function.name,
        function=function.deployed_name,
        timeout_seconds=function.timeout_seconds,
        source=f"queue {name}",
        form="sqs",
        queue=name,
        queue_owner=owner,
        batch_size=source.batch_size,
        window_seconds=source.maximum_batching_window_in_seconds or 0,
        batches_at_once=_at_least_one(min(limits), function),
    )


def _sns(label: str, source: Any, function: ProjectFunction, place: Place) -> Attachment:
    name = source.topic
    arn = place.arn("sns", name)
    if name.startswith("arn:"):
        parsed = _arn_of(name, "sns", function, place)
        name = parsed.resource_name
        arn = place.arn("sns", name) if place.is_local else str(parsed)
    if name.endswith(".fifo"):
        raise ProjectError(
            f"handler {function.name}: topic {name} is FIFO, and those deliver to queues only: "
            "subscribe a queue and use on_sqs_message"
        )
    return _through_own_queue(label, function, f"topic {name}", "sns", Hook("topic", name, arn))


def _s3(label: str, source: Any, function: ProjectFunction, place: Place) -> Attachment:
    bucket = source.bucket
    rules = [
        {"Name": name, "Value": value}
        for name, value in (("prefix", source.prefix), ("suffix", source.suffix))
        if value
    ]
    request: dict[str, Any] = {"Events": list(source.events)}
    if rules:
        request["Filter"] = {"Key": {"FilterRules": rules}}
    arn = f"arn:{parse_arn(place.arn('s3', bucket)).partition}:s3:::{bucket}"
    where = "".join(f" {rule['Name']} {rule['Value']}" for rule in rules)
    words = f"bucket {bucket}{where} ({', '.join(source.events)})"
    return _through_own_queue(label, function, words, "s3", Hook("bucket", bucket, arn, request))


def _event_pattern(label: str, source: Any, function: ProjectFunction, place: Place) -> Attachment:
    pattern = json.dumps(source.event_pattern)
    words = f"default bus, pattern {pattern}"
    return _by_rule(label, function, place, words, {"EventPattern": pattern})


def _schedule(label: str, source: Any, function: ProjectFunction, place: Place) -> Attachment:
    expression = source.schedule_expression
    if not isinstance(expression, str):
        expression = expression.to_string()
    words = f"schedule {expression}"
    return _by_rule(label, function, place, words, {"ScheduleExpression": expression})


def _by_rule(
    label: str, function: ProjectFunction, place: Place, words: str, request: dict[str, Any]
) -> Attachment:
    name = own_name(label, function.name, LONGEST_RULE_NAME)
    hook = Hook("rule", name, place.arn("events", f"rule/{name}"), request)
    return _through_own_queue(label, function, words, "event", hook)


def _through_own_queue(
    label: str, function: ProjectFunction, source: str, form: str, hook: Hook
) -> Attachment:
    limit = function.reserved_concurrency
    return Attachment(
        handler=function.name,
        function=function.deployed_name,
        timeout_seconds=function.timeout_seconds,
        source=source,
        form=form,
        queue=own_name(label, function.name, LONGEST_QUEUE_NAME),
        hook=hook,
        batches_at_once=_at_least_one(
            BATCHES_AT_ONCE if limit is None else min(limit, BATCHES_AT_ONCE), function
        ),
    )


def _at_least_one(limit: int, function: ProjectFunction) -> int:
    if limit < 1:
        raise ProjectError(
            f"handler {function.name}: reserved_concurrency is 0, which stops it on AWS and here"
        )
    return limit


def _arn_of(text: str, service: str, function: ProjectFunction, place: Place) -> Arn:
    try:
        arn = parse_arn(text)
    except ValueError as error:
        raise ProjectError(f"handler {function.name}: {error}") from error
    if arn.service != service or not arn.resource_name:
        raise ProjectError(f"handler {function.name}: {text!r} is no ARN of {service}")
    if not place.is_local and arn.region != place.region:
        raise ProjectError(
            f"handler {function.name}: {text} is in another region than {place.region}"
        )
    return arn


_PLANNERS: dict[str, Callable[[str, Any, ProjectFunction, Place], Attachment]] = {
    "SQSEventConfig": _sqs,
    "SNSEventConfig": _sns,
    "S3EventConfig": _s3,
    "CloudWatchEventConfig": _event_pattern,
    "ScheduledEventConfig": _schedule,
}
