"""The event sources a project's decorators name, and the AWS calls that bind them.

A binding is made the way `chalice deploy` makes it, with the same AWS calls, so the services
check it as AWS would. What a decorator names and nobody declared is created, with a warning.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.functions import ProjectFunction

    Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]

AwsCall = tuple[str, str, dict[str, Any]]

_log = logging.getLogger(__name__)

# AWS's advice for a queue that feeds a function: at least six times the function's timeout, so
# that a batch is not received again while it is being handled or throttled (AWS Lambda developer
# guide, "Creating and configuring an Amazon SQS event source mapping").
VISIBILITY_PER_TIMEOUT = 6
LONGEST_VISIBILITY_SECONDS = 43_200


@dataclass(frozen=True, slots=True)
class Binding:
    """A function and what it listens to, in words for the user.

    `undo` are the AWS calls that unbind it, `notification` its part of a bucket's notification
    configuration: a bucket has only one, so these are put together for all handlers.
    """

    function: str
    source: str
    undo: tuple[AwsCall, ...] = ()
    bucket: str = ""
    notification: dict[str, Any] = field(default_factory=dict)


class SourceBinder:
    """Binds event sources in one account and region through `call(service, operation, request)`."""

    def __init__(self, call: Call, account_id: str, region: str, app_prefix: str) -> None:
        self.call = call
        self._account_id = account_id
        self._region = region
        self._app_prefix = app_prefix
        self._buckets: list[str] = []

    def bind(self, source: Any, function: ProjectFunction) -> Binding:
        """Bind one of Chalice's event source configurations to its function.

        Raises ProjectError naming the handler when the binding cannot work.
        """
        kind = type(source).__name__
        bind = _BINDERS.get(kind)
        if bind is None:
            raise ProjectError(f"handler {function.name}: {kind} is not supported offline yet")
        try:
            return bind(self, source, function)
        except AwsError as error:
            raise ProjectError(f"handler {function.name}: {one_line(error.message)}") from error

    def put_notifications(self, bindings: list[Binding]) -> None:
        """Put the notification configuration of every bucket that has, or had, a handler.

        Raises ProjectError naming the handlers when S3 refuses it (overlapping filters).
        """
        wanted: dict[str, list[Binding]] = {bucket: [] for bucket in self._buckets}
        for binding in bindings:
            if binding.bucket:
                wanted.setdefault(binding.bucket, []).append(binding)
        self._buckets = list(wanted)
        for bucket, handlers in wanted.items():
            self._put_notification(bucket, handlers)

    def _put_notification(self, bucket: str, handlers: list[Binding]) -> None:
        present = self.call("s3", "GetBucketNotificationConfiguration", {"Bucket": bucket})
        present.pop("ResponseMetadata", None)
        of_functions = present.get("LambdaFunctionConfigurations", [])
        kept = [c for c in of_functions if not self._is_ours(c)]
        configurations = kept + [handler.notification for handler in handlers]
        if configurations == of_functions:
            return
        wanted = present | {"LambdaFunctionConfigurations": configurations}
        request = {"Bucket": bucket, "NotificationConfiguration": wanted}
        try:
            self.call("s3", "PutBucketNotificationConfiguration", request)
        except AwsError as error:
            names = ", ".join(handler.function for handler in handlers)
            plural = "s" if len(handlers) > 1 else ""
            raise ProjectError(
                f"handler{plural} {names}: bucket {bucket}: {one_line(error.message)}"
            ) from error

    def _is_ours(self, configuration: dict[str, Any]) -> bool:
        return str(configuration.get("Id", "")).startswith(f"{self._app_prefix}-")

    # ---- one method per decorator ----------------------------------------------------------------

    def _sqs(self, source: Any, function: ProjectFunction) -> Binding:
        if source.queue_arn:
            name = self._local_name(source.queue_arn, "sqs", function)
        else:
            name = source.queue
        self._ensure_queue(name, function)
        request: dict[str, Any] = {
            "EventSourceArn": self._arn("sqs", name),
            "FunctionName": function.deployed_name,
            "BatchSize": source.batch_size,
        }
        if source.maximum_batching_window_in_seconds:
            request["MaximumBatchingWindowInSeconds"] = source.maximum_batching_window_in_seconds
        if source.maximum_concurrency:
            request["ScalingConfig"] = {"MaximumConcurrency": source.maximum_concurrency}
        undo = self._map(request)
        return Binding(function.name, f"queue {name}", undo)

    def _sns(self, source: Any, function: ProjectFunction) -> Binding:
        name = source.topic
        if name.startswith("arn:"):
            name = self._local_name(name, "sns", function)
        topic_arn = self._arn("sns", name)
        if not self._exists("sns", "GetTopicAttributes", {"TopicArn": topic_arn}):
            self._created("topic", name, function)
            self.call("sns", "CreateTopic", {"Name": name})
        subscription = self.call(
            "sns",
            "Subscribe",
            {
                "TopicArn": topic_arn,
                "Protocol": "lambda",
                "Endpoint": self._function_arn(function),
                "ReturnSubscriptionArn": True,
            },
        )["SubscriptionArn"]
        undo: AwsCall = ("sns", "Unsubscribe", {"SubscriptionArn": subscription})
        return Binding(function.name, f"topic {name}", (undo,))

    def _s3(self, source: Any, function: ProjectFunction) -> Binding:
        bucket = source.bucket
        if not self._exists("s3", "HeadBucket", {"Bucket": bucket}):
            self._created("bucket", bucket, function)
            self.call("s3", "CreateBucket", self._create_bucket_request(bucket))
        rules = [
            {"Name": name, "Value": value}
            for name, value in (("Prefix", source.prefix), ("Suffix", source.suffix))
            if value
        ]
        configuration: dict[str, Any] = {
            "Id": function.deployed_name,
            "LambdaFunctionArn": self._function_arn(function),
            "Events": list(source.events),
        }
        if rules:
            configuration["Filter"] = {"Key": {"FilterRules": rules}}
        where = "".join(f" {rule['Name'].lower()} {rule['Value']}" for rule in rules)
        described = f"bucket {bucket}{where} ({', '.join(source.events)})"
        return Binding(function.name, described, bucket=bucket, notification=configuration)

    def _event_pattern(self, source: Any, function: ProjectFunction) -> Binding:
        pattern = json.dumps(source.event_pattern)
        undo = self._rule(source, function, {"EventPattern": pattern})
        return Binding(function.name, f"default bus, pattern {pattern}", undo)

    def _schedule(self, source: Any, function: ProjectFunction) -> Binding:
        expression = source.schedule_expression
        if not isinstance(expression, str):
            expression = expression.to_string()
        request = {"ScheduleExpression": expression}
        if source.description:
            request["Description"] = source.description
        undo = self._rule(source, function, request)
        return Binding(function.name, f"schedule {expression}", undo)

    def _kinesis(self, source: Any, function: ProjectFunction) -> Binding:
        name = source.stream
        if not self._exists("kinesis", "DescribeStream", {"StreamName": name}):
            self._created("stream", name, function)
            self.call("kinesis", "CreateStream", {"StreamName": name, "ShardCount": 1})
        arn = make_arn("kinesis", self._region, self._account_id, f"stream/{name}")
        undo = self._stream_mapping(arn, source, function)
        return Binding(function.name, f"stream {name}", undo)

    def _dynamodb(self, source: Any, function: ProjectFunction) -> Binding:
        arn = parse_arn_of(source.stream_arn, "dynamodb", function)
        kind, _, rest = arn.resource.partition("/")
        table, _, stream = rest.partition("/")
        if kind != "table" or not stream.startswith("stream/"):
            raise ProjectError(
                f"handler {function.name}: {source.stream_arn!r} is not the ARN of a stream "
                "(arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL)"
            )
        if not self._exists("dynamodb", "DescribeTable", {"TableName": table}):
            self._created("table (with a string key `id`)", table, function)
            self.call("dynamodb", "CreateTable", _table_with_stream(table))
        described = self.call("dynamodb", "DescribeTable", {"TableName": table})["Table"]
        stream_arn = described.get("LatestStreamArn")
        if not stream_arn:
            raise ProjectError(f"handler {function.name}: table {table} has no stream")
        if stream_arn != source.stream_arn:
            self._bound_locally(source.stream_arn, stream_arn, function)
        undo = self._stream_mapping(stream_arn, source, function)
        return Binding(function.name, f"stream of table {table}", undo)

    # ---- within ----------------------------------------------------------------------------------

    def _rule(
        self, source: Any, function: ProjectFunction, request: dict[str, Any]
    ) -> tuple[AwsCall, ...]:
        rule = f"{self._app_prefix}-{source.name}-event"
        self.call("events", "PutRule", {"Name": rule, **request})
        target = {"Id": "1", "Arn": self._function_arn(function)}
        self.call("events", "PutTargets", {"Rule": rule, "Targets": [target]})
        return (
            ("events", "RemoveTargets", {"Rule": rule, "Ids": ["1"]}),
            ("events", "DeleteRule", {"Name": rule}),
        )

    def _map(self, request: dict[str, Any]) -> tuple[AwsCall, ...]:
        mapping = self.call("lambda", "CreateEventSourceMapping", request)
        return (("lambda", "DeleteEventSourceMapping", {"UUID": mapping["UUID"]}),)

    def _stream_mapping(
        self, arn: str, source: Any, function: ProjectFunction
    ) -> tuple[AwsCall, ...]:
        request: dict[str, Any] = {
            "EventSourceArn": arn,
            "FunctionName": function.deployed_name,
            "BatchSize": source.batch_size,
            "StartingPosition": source.starting_position,
        }
        if source.maximum_batching_window_in_seconds:
            request["MaximumBatchingWindowInSeconds"] = source.maximum_batching_window_in_seconds
        return self._map(request)

    def _ensure_queue(self, name: str, function: ProjectFunction) -> None:
        if self._exists("sqs", "GetQueueUrl", {"QueueName": name}):
            return
        self._created("queue", name, function)
        visibility = min(
            VISIBILITY_PER_TIMEOUT * function.timeout_seconds, LONGEST_VISIBILITY_SECONDS
        )
        attributes = {"VisibilityTimeout": str(visibility)}
        if name.endswith(".fifo"):
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self.call("sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes})

    def _exists(self, service: str, operation: str, request: dict[str, Any]) -> bool:
        try:
            self.call(service, operation, request)
        except AwsError as error:
            if error.code in _MISSING:
                return False
            raise
        return True

    def _local_name(self, text: str, service: str, function: ProjectFunction) -> str:
        arn = parse_arn_of(text, service, function)
        local = self._arn(service, arn.resource_name)
        if text != local:
            self._bound_locally(text, local, function)
        return str(arn.resource_name)

    def _arn(self, service: str, name: str) -> str:
        return make_arn(service, self._region, self._account_id, name)

    def _function_arn(self, function: ProjectFunction) -> str:
        return self._arn("lambda", f"function:{function.deployed_name}")

    def _create_bucket_request(self, bucket: str) -> dict[str, Any]:
        request: dict[str, Any] = {"Bucket": bucket}
        if self._region != "us-east-1":  # S3 takes no location constraint there
            request["CreateBucketConfiguration"] = {"LocationConstraint": self._region}
        return request

    def _created(self, kind: str, name: str, function: ProjectFunction) -> None:
        _log.warning(
            "%s %s is declared nowhere: created for handler %s. On AWS it must exist before "
            "`chalice deploy`; declare it in .chalice/resources.json",
            kind,
            name,
            function.name,
        )

    def _bound_locally(self, named: str, local: str, function: ProjectFunction) -> None:
        _log.warning("handler %s names %s: bound to the local %s", function.name, named, local)


def parse_arn_of(text: str, service: str, function: ProjectFunction) -> Any:
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


def _table_with_stream(table: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


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

_BINDERS: dict[str, Callable[[SourceBinder, Any, ProjectFunction], Binding]] = {
    "SQSEventConfig": SourceBinder._sqs,  # noqa: SLF001 - this module's own table
    "SNSEventConfig": SourceBinder._sns,  # noqa: SLF001
    "S3EventConfig": SourceBinder._s3,  # noqa: SLF001
    "CloudWatchEventConfig": SourceBinder._event_pattern,  # noqa: SLF001
    "ScheduledEventConfig": SourceBinder._schedule,  # noqa: SLF001
    "KinesisEventConfig": SourceBinder._kinesis,  # noqa: SLF001
    "DynamoDBEventConfig": SourceBinder._dynamodb,  # noqa: SLF001
}
