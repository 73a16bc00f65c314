"""The event sources a project's decorators name, and the AWS calls that bind them.

A binding is made the way `chalice deploy` makes it, with the same AWS calls, so the services
check it as AWS would. What a decorator names and nobody declared is created, with a warning.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.functions import ProjectFunction

    Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]

_log = logging.getLogger(__name__)

# AWS's advice for a queue that feeds a function: at least six times the function's timeout, so
# that a batch is not received again while it is being handled or throttled (AWS Lambda developer
# guide, "Creating and configuring an Amazon SQS event source mapping").
VISIBILITY_PER_TIMEOUT = 6
LONGEST_VISIBILITY_SECONDS = 43_200


@dataclass(frozen=True, slots=True)
class Binding:
    """A function and what it listens to, in words for the user."""

    function: str
    source: str


class SourceBinder:
    """Binds event sources in one account and region through `call(service, operation, request)`."""

    def __init__(self, call: Call, account_id: str, region: str, app_prefix: str) -> None:
        self._call = call
        self._account_id = account_id
        self._region = region
        self._app_prefix = app_prefix
        self._notifications: dict[str, list[dict[str, Any]]] = {}

    def bind(self, source: Any, function: ProjectFunction) -> Binding:
        """Bind one of Chalice's event source configurations to its function.

        Raises ProjectError naming the handler when the binding cannot work.
        """
        kind = type(source).__name__
        bind = _BINDERS.get(kind)
        if bind is None:
            raise ProjectError(f"handler {function.name}: {kind} is not supported offline yet")
        try:
            return Binding(function.name, bind(self, source, function))
        except AwsError as error:
            raise ProjectError(f"handler {function.name}: {error.message}") from error

    def finish(self) -> None:
        """Put the collected bucket notifications, one configuration per bucket.

        Raises ProjectError naming the handlers when S3 refuses it (overlapping filters).
        """
        for bucket, configurations in self._notifications.items():
            present = self._call("s3", "GetBucketNotificationConfiguration", {"Bucket": bucket})
            kept = [
                configuration
                for configuration in present.get("LambdaFunctionConfigurations", [])
                if not str(configuration.get("Id", "")).startswith(f"{self._app_prefix}-")
            ]
            wanted = present | {"LambdaFunctionConfigurations": kept + configurations}
            request = {"Bucket": bucket, "NotificationConfiguration": wanted}
            try:
                self._call("s3", "PutBucketNotificationConfiguration", request)
            except AwsError as error:
                names = ", ".join(str(c["Id"]) for c in configurations)
                raise ProjectError(f"handlers {names} on bucket {bucket}: {error.message}") from error

    # ---- one method per decorator ----------------------------------------------------------------

    def _sqs(self, source: Any, function: ProjectFunction) -> str:
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
        self._call("lambda", "CreateEventSourceMapping", request)
        return f"queue {name}"

    def _sns(self, source: Any, function: ProjectFunction) -> str:
        name = source.topic
        if name.startswith("arn:"):
            name = self._local_name(name, "sns", function)
        topic_arn = self._arn("sns", name)
        if not self._exists("sns", "GetTopicAttributes", {"TopicArn": topic_arn}):
            self._created("topic", name, function)
            self._call("sns", "CreateTopic", {"Name": name})
        self._call(
            "sns",
            "Subscribe",
            {
                "TopicArn": topic_arn,
                "Protocol": "lambda",
                "Endpoint": self._function_arn(function),
                "ReturnSubscriptionArn": True,
            },
        )
        return f"topic {name}"

    def _s3(self, source: Any, function: ProjectFunction) -> str:
        bucket = source.bucket
        if not self._exists("s3", "HeadBucket", {"Bucket": bucket}):
            self._created("bucket", bucket, function)
            self._call("s3", "CreateBucket", self._create_bucket_request(bucket))
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
        self._notifications.setdefault(bucket, []).append(configuration)
        where = "".join(f" {rule['Name'].lower()} {rule['Value']}" for rule in rules)
        return f"bucket {bucket}{where} ({', '.join(source.events)})"

    def _event_pattern(self, source: Any, function: ProjectFunction) -> str:
        pattern = json.dumps(source.event_pattern)
        self._rule(source, function, {"EventPattern": pattern})
        return f"default bus, pattern {pattern}"

    def _schedule(self, source: Any, function: ProjectFunction) -> str:
        expression = source.schedule_expression
        if not isinstance(expression, str):
            expression = expression.to_string()
        request = {"ScheduleExpression": expression}
        if source.description:
            request["Description"] = source.description
        self._rule(source, function, request)
        return f"schedule {expression}"

    def _kinesis(self, source: Any, function: ProjectFunction) -> str:
        name = source.stream
        if not self._exists("kinesis", "DescribeStream", {"StreamName": name}):
            self._created("stream", name, function)
            self._call("kinesis", "CreateStream", {"StreamName": name, "ShardCount": 1})
        arn = make_arn("kinesis", self._region, self._account_id, f"stream/{name}")
        self._stream_mapping(arn, source, function)
        return f"stream {name}"

    def _dynamodb(self, source: Any, function: ProjectFunction) -> str:
        arn = parse_arn_of(source.stream_arn, "dynamodb", function)
        table = arn.resource.split("/")[1]
        if not self._exists("dynamodb", "DescribeTable", {"TableName": table}):
            self._created("table (with a string key `id`)", table, function)
            self._call("dynamodb", "CreateTable", _table_with_stream(table))
        described = self._call("dynamodb", "DescribeTable", {"TableName": table})["Table"]
        stream_arn = described.get("LatestStreamArn")
        if not stream_arn:
            raise ProjectError(f"handler {function.name}: table {table} has no stream")
        if stream_arn != source.stream_arn:
            self._bound_locally(source.stream_arn, stream_arn, function)
        self._stream_mapping(stream_arn, source, function)
        return f"stream of table {table}"

    # ---- within ----------------------------------------------------------------------------------

    def _rule(self, source: Any, function: ProjectFunction, request: dict[str, Any]) -> None:
        rule = f"{self._app_prefix}-{source.name}-event"
        self._call("events", "PutRule", {"Name": rule, **request})
        target = {"Id": "1", "Arn": self._function_arn(function)}
        self._call("events", "PutTargets", {"Rule": rule, "Targets": [target]})

    def _stream_mapping(self, arn: str, source: Any, function: ProjectFunction) -> None:
        request: dict[str, Any] = {
            "EventSourceArn": arn,
            "FunctionName": function.deployed_name,
            "BatchSize": source.batch_size,
            "StartingPosition": source.starting_position,
        }
        if source.maximum_batching_window_in_seconds:
            request["MaximumBatchingWindowInSeconds"] = source.maximum_batching_window_in_seconds
        self._call("lambda", "CreateEventSourceMapping", request)

    def _ensure_queue(self, name: str, function: ProjectFunction) -> None:
        if self._exists("sqs", "GetQueueUrl", {"QueueName": name}):
            return
        self._created("queue", name, function)
        visibility = min(VISIBILITY_PER_TIMEOUT * function.timeout_seconds, LONGEST_VISIBILITY_SECONDS)
        attributes = {"VisibilityTimeout": str(visibility)}
        if name.endswith(".fifo"):
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self._call("sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes})

    def _exists(self, service: str, operation: str, request: dict[str, Any]) -> bool:
        try:
            self._call(service, operation, request)
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
        return arn.resource_name

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
        raise ProjectError(f"handler {function.name}: {text!r} is not the ARN of a resource of {service}")
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

_BINDERS: dict[str, Callable[[SourceBinder, Any, ProjectFunction], str]] = {
    "SQSEventConfig": SourceBinder._sqs,  # noqa: SLF001 - this module's own table
    "SNSEventConfig": SourceBinder._sns,  # noqa: SLF001
    "S3EventConfig": SourceBinder._s3,  # noqa: SLF001
    "CloudWatchEventConfig": SourceBinder._event_pattern,  # noqa: SLF001
    "ScheduledEventConfig": SourceBinder._schedule,  # noqa: SLF001
    "KinesisEventConfig": SourceBinder._kinesis,  # noqa: SLF001
    "DynamoDBEventConfig": SourceBinder._dynamodb,  # noqa: SLF001
}
