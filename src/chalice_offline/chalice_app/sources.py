"""The event sources a project's decorators name, as bindings.

A binding is made the way `chalice deploy` makes it, with the same AWS calls, so the services
check it as AWS would. What a decorator names and nobody declared is created, with a warning; but
for a table, whose keys nobody could guess.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.listening import Binding
from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.chalice_app.project_stack import ProjectStack
    from chalice_offline.core.arn import Arn

_log = logging.getLogger(__name__)

# AWS's advice for a queue that feeds a function: at least six times the function's timeout, so
# that a batch is not received again while it is being handled or throttled (AWS Lambda developer
# guide, "Creating and configuring an Amazon SQS event source mapping").
VISIBILITY_PER_TIMEOUT = 6
LONGEST_VISIBILITY_SECONDS = 43_200

QUEUE = "AWS::SQS::Queue"


class Sources:
    """Reads event sources in one account, through `call(service, operation, request, region)`."""

    def __init__(
        self, call: Call, stack: ProjectStack, account_id: str, region: str, app_prefix: str
    ) -> None:
        """`stack` makes what nobody declared."""
        self._call = call
        self._stack = stack
        self._account_id = account_id
        self._region = region
        self._app_prefix = app_prefix

    def binding(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:
        """Return the binding of one of Chalice's event source configurations to its function.

        What it names is there afterwards. Raises ProjectError naming the handler when it cannot
        work.
        """
        kind = type(source).__name__
        read = _READERS.get(kind)
        if read is None:
            raise ProjectError(f"handler {function.name}: {kind} is not supported offline yet")
        beyond = function.beyond.resolved(self._account_id, self._region)
        try:
            return read(self, source, replace(function, beyond=beyond), changes)
        except AwsError as error:
            raise ProjectError(f"handler {function.name}: {one_line(error.message)}") from error

    # ---- one method per decorator ----------------------------------------------------------------

    def _sqs(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:
        name = source.queue
        if source.queue_arn:
            name = self._local_name(source.queue_arn, "sqs", function)
        arn = self._arn("sqs", name)
        self._ensure_queue(name, function, changes)
        self._check_visibility(name, function)
        request = self._mapping(arn, source, function)
        if source.maximum_concurrency:
            request.setdefault("ScalingConfig", {"MaximumConcurrency": source.maximum_concurrency})
        return self._bound(function, f"queue {name}", "mapping", arn, request)

    def _sns(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:
        name = source.topic
        if name.startswith("arn:"):
            name = self._local_name(name, "sns", function)
        arn = self._arn("sns", name)
        properties = {"TopicName": name} | ({"FifoTopic": True} if _is_fifo(name) else {})
        self._ensure("AWS::SNS::Topic", properties, function, changes)
        request: dict[str, Any] = {"TopicArn": arn, "Endpoint": self._function_arn(function)}
        if function.beyond.subscription:
            request["Attributes"] = function.beyond.subscription
        return self._bound(function, f"topic {name}", "subscription", arn, request)

    def _s3(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:
        bucket = source.bucket
        self._ensure("AWS::S3::Bucket", {"BucketName": bucket}, function, changes)
        filters = function.beyond.filters or [
            {name: value for name, value in _filter_of(source).items() if value}
        ]
        configurations = notification_configurations(
            function.deployed_name, self._function_arn(function), list(source.events), filters
        )
        where = ", ".join(
            " ".join(f"{name.lower()} {value}" for name, value in one.items()) for one in filters
        )
        words = f"bucket {bucket}{where and ' ' + where} ({', '.join(source.events)})"
        key = f"{function.deployed_name} notification {bucket}"
        request = {"Configurations": configurations}
        return Binding(function.name, words, "notification", key, request, bucket=bucket)

    def _event_pattern(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:  # noqa: ARG002 - nothing to make
        pattern = json.dumps(source.event_pattern)
        request = {"EventPattern": pattern}
        bus = function.beyond.rule.get("EventBusName", "default")
        return self._rule(source, function, f"{bus} bus, pattern {pattern}", request)

    def _schedule(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:  # noqa: ARG002
        expression = source.schedule_expression
        if not isinstance(expression, str):
            expression = expression.to_string()
        request = {"ScheduleExpression": expression}
        if source.description:
            request["Description"] = source.description
        return self._rule(source, function, f"schedule {expression}", request)

    def _kinesis(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:
        name = source.stream
        properties = {"Name": name, "ShardCount": 1}
        self._ensure("AWS::Kinesis::Stream", properties, function, changes)
        arn = self._arn("kinesis", f"stream/{name}")
        request = self._mapping(arn, source, function)
        return self._bound(function, f"stream {name}", "mapping", arn, request)

    def _dynamodb(self, source: Any, function: ProjectFunction, changes: Changes) -> Binding:  # noqa: ARG002
        arn = parse_arn_of(source.stream_arn, "dynamodb", function)
        kind, _, rest = arn.resource.partition("/")
        table, _, stream = rest.partition("/")
        if kind != "table" or not stream.startswith("stream/"):
            raise ProjectError(
                f"handler {function.name}: {source.stream_arn!r} is not the ARN of a stream "
                "(arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL)"
            )
        region = arn.region or self._region
        self._tell_place(arn, function)
        request = self._mapping("", source, function) | {"Table": table}
        key = f"{region} table {table}"
        words = f"stream of table {table}"
        return self._bound(function, words, "table stream", key, request, region)

    # ---- within ----------------------------------------------------------------------------------

    def _bound(
        self,
        function: ProjectFunction,
        words: str,
        way: str,
        source: str,
        request: dict[str, Any],
        region: str | None = None,
    ) -> Binding:
        key = f"{function.deployed_name} {source}"
        return Binding(function.name, words, way, key, request, region)

    def _rule(
        self, source: Any, function: ProjectFunction, words: str, request: dict[str, Any]
    ) -> Binding:
        name = rule_name(self._app_prefix, source.name)
        request = {
            "Name": name,
            **request,
            **function.beyond.rule,
            "Target": self._function_arn(function),
        }
        bus = request.get("EventBusName", "default")
        return self._bound(function, words, "rule", f"rule {bus} {name}", request)

    def _mapping(self, arn: str, source: Any, function: ProjectFunction) -> dict[str, Any]:
        request: dict[str, Any] = {
            "FunctionName": self._function_arn(function),
            "BatchSize": source.batch_size,
        }
        if arn:
            request["EventSourceArn"] = arn
        position = getattr(source, "starting_position", None)
        if position:
            request["StartingPosition"] = position
        if source.maximum_batching_window_in_seconds:
            request["MaximumBatchingWindowInSeconds"] = source.maximum_batching_window_in_seconds
        return request | function.beyond.mapping

    def _ensure_queue(self, name: str, function: ProjectFunction, changes: Changes) -> None:
        visibility = min(
            VISIBILITY_PER_TIMEOUT * function.timeout_seconds, LONGEST_VISIBILITY_SECONDS
        )
        properties: dict[str, Any] = {"QueueName": name, "VisibilityTimeout": visibility}
        if _is_fifo(name):
            properties |= {"FifoQueue": True, "ContentBasedDeduplication": True}
        present = self._stack.undeclared(QUEUE, name)
        if present is None:
            self._ensure(QUEUE, properties, function, changes)
        elif int(present.get("VisibilityTimeout", 30)) < visibility:  # it may take longer now
            self._stack.change_undeclared(QUEUE, present | properties, changes)

    def _check_visibility(self, name: str, function: ProjectFunction) -> None:
        """Refuse what Lambda refuses when a mapping is made, also of one that is there already."""
        url = self._call("sqs", "GetQueueUrl", {"QueueName": name})["QueueUrl"]
        request = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
        reply = self._call("sqs", "GetQueueAttributes", request)
        visibility = int(reply["Attributes"]["VisibilityTimeout"])
        if visibility < function.timeout_seconds:
            raise ProjectError(
                f"handler {function.name}: Queue visibility timeout: {visibility} seconds is less "
                f"than Function timeout: {function.timeout_seconds} seconds"
            )

    def _ensure(
        self, kind: str, properties: dict[str, Any], function: ProjectFunction, changes: Changes
    ) -> None:
        """Make what a handler names, unless it is there. The first property is the name."""
        name = str(next(iter(properties.values())))
        what = kind.rpartition("::")[2].lower()
        if self._stack.keep_undeclared(kind, name, changes):
            _log.warning(
                "%s %s is declared no more: kept for handler %s", what, name, function.name
            )
            return
        if self._exists(kind, name):
            return
        _log.warning(
            "%s %s is declared nowhere: created for handler %s. On AWS it must exist before "
            "`chalice deploy`; declare it in .chalice/resources.json",
            what,
            name,
            function.name,
        )
        self._stack.make_undeclared(kind, properties, changes)

    def _exists(self, kind: str, name: str) -> bool:
        service, operation, request = {
            QUEUE: ("sqs", "GetQueueUrl", {"QueueName": name}),
            "AWS::SNS::Topic": ("sns", "GetTopicAttributes", {"TopicArn": self._arn("sns", name)}),
            "AWS::S3::Bucket": ("s3", "HeadBucket", {"Bucket": name}),
            "AWS::Kinesis::Stream": ("kinesis", "DescribeStreamSummary", {"StreamName": name}),
        }[kind]
        try:
            self._call(service, operation, request)
        except AwsError as error:
            if error.code in _MISSING:
                return False
            raise
        return True

    def _local_name(self, text: str, service: str, function: ProjectFunction) -> str:
        """Return the name of an ARN's resource, which offline is in our account and region."""
        arn = parse_arn_of(text, service, function)
        local = self._arn(service, arn.resource_name)
        if text != local:
            _log.warning("handler %s names %s: bound to the local %s", function.name, text, local)
        return arn.resource_name

    def _tell_place(self, arn: Arn, function: ProjectFunction) -> None:
        """Say where a stream is read that is not where the app runs, or whose label is not known.

        Unlike a queue's name, a table's says nothing without its region: tests make tables there.
        """
        if arn.region != self._region:
            _log.warning(
                "handler %s names %s: bound there, in %s. On AWS a function reads streams of its "
                "own region only, and this app runs in %s (see --region)",
                function.name,
                arn,
                arn.region,
                self._region,
            )

    def _arn(self, service: str, name: str) -> str:
        return make_arn(service, self._region, self._account_id, name)

    def _function_arn(self, function: ProjectFunction) -> str:
        return self._arn("lambda", f"function:{function.deployed_name}")


def rule_name(app_prefix: str, handler: str) -> str:
    """Return the name that Chalice gives the rule of a handler; `app_prefix` is app and stage."""
    return f"{app_prefix}-{handler}-event"


def notification_configurations(
    name: str, function_arn: str, events: list[str], filters: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """Return what of a bucket's notifications one function hears of: a part for each filter.

    The first has the Id that Chalice gives it.
    """
    found = []
    for number, filter_ in enumerate(filters):
        configuration: dict[str, Any] = {
            "Id": f"{name}-{number}" if number else name,
            "LambdaFunctionArn": function_arn,
            "Events": events,
        }
        rules = [{"Name": key, "Value": value} for key, value in filter_.items()]
        if rules:
            configuration["Filter"] = {"Key": {"FilterRules": rules}}
        found.append(configuration)
    return found


def _filter_of(source: Any) -> dict[str, str]:
    return {"Prefix": source.prefix or "", "Suffix": source.suffix or ""}


def parse_arn_of(text: str, service: str, function: ProjectFunction) -> Arn:
    """Take apart the ARN a decorator names; ProjectError when it is no ARN of `service`."""
    try:
        arn = parse_arn(text)
    except ValueError as error:
        raise ProjectError(f"handler {function.name}: {error}") from error
    if arn.service != service or not arn.resource_name:
        raise ProjectError(
            f"handler {function.name}: {text!r} is not the ARN of a resource of {service}"
        )
    return arn


def _is_fifo(name: str) -> bool:
    return name.endswith(".fifo")


# The codes with which each service says that there is no such resource.
_MISSING = frozenset(
    {
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "NoSuchBucket",
        "404",
        "ResourceNotFoundException",
    }
)

_READERS: dict[str, Callable[[Sources, Any, ProjectFunction, Changes], Binding]] = {
    "SQSEventConfig": Sources._sqs,  # noqa: SLF001 - this module's own table
    "SNSEventConfig": Sources._sns,  # noqa: SLF001
    "S3EventConfig": Sources._s3,  # noqa: SLF001
    "CloudWatchEventConfig": Sources._event_pattern,  # noqa: SLF001
    "ScheduledEventConfig": Sources._schedule,  # noqa: SLF001
    "KinesisEventConfig": Sources._kinesis,  # noqa: SLF001
    "DynamoDBEventConfig": Sources._dynamodb,  # noqa: SLF001
}
