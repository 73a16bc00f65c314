"""What a mapping is set to, and what AWS refuses of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter
from chalice_offline.services.lambda_.event_source_mappings.filters import RecordFilter
from chalice_offline.services.lambda_.event_source_mappings.records import epoch_seconds

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Request

UNLIMITED = -1
# Kept and told again; nothing here follows from them.
_INERT = ("KMSKeyArn", "MetricsConfig", "LoggingConfig", "ProvisionedPollerConfig")
_FOREIGN = (
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
    "Queues",
)
_DESTINATIONS = ("sqs", "sns", "s3")


@dataclass(frozen=True, slots=True)
class Settings:
    """One mapping's settings. Those from `position` on only streams have."""

    batch_size: int
    filter: RecordFilter
    window_seconds: int = 0
    maximum_concurrency: int | None = None
    reports_item_failures: bool = False
    inert: dict[str, Any] = field(default_factory=dict)
    position: str = ""
    position_seconds: float | None = None
    parallelization: int = 1
    maximum_age_seconds: int = UNLIMITED
    maximum_retries: int = UNLIMITED
    bisects: bool = False
    tumbling_seconds: int = 0
    on_failure_arn: str = ""


def first_settings(source: Arn, request: Request, now_ms: int) -> Settings:
    """Return the settings of a mapping that is to be made."""
    default = limits.SQS_BATCH_DEFAULT if source.service == "sqs" else limits.STREAM_BATCH_DEFAULT
    settings = Settings(batch_size=default, filter=RecordFilter(None, source.service))
    if source.service != "sqs":
        settings = replace(settings, **_position(source, request, now_ms))
    return changed_settings(settings, source, request)


def changed_settings(settings: Settings, source: Arn, request: Request) -> Settings:
    """Return settings with what a request changes of them; raises AwsError for what may not be."""
    for member in _FOREIGN:
        if member in request:
            raise invalid_parameter(f"{member} is not supported for {source.service} sources.")
    changes: dict[str, Any] = {
        name: request[member] for member, name in _PLAIN.items() if member in request
    }
    if "ScalingConfig" in request:
        changes["maximum_concurrency"] = request["ScalingConfig"].get("MaximumConcurrency")
    if "FunctionResponseTypes" in request:
        types = request["FunctionResponseTypes"]
        changes["reports_item_failures"] = "ReportBatchItemFailures" in types
    if "FilterCriteria" in request:
        changes["filter"] = RecordFilter(request["FilterCriteria"], source.service)
    if "DestinationConfig" in request:
        check_destination_kind(source, request)
        changes["on_failure_arn"] = _on_failure(request["DestinationConfig"])
    inert = settings.inert | {name: request[name] for name in _INERT if name in request}
    changed = replace(settings, **changes, inert=inert)
    if source.service == "sqs":
        _check_queue_settings(changed, source, request)
    else:
        _check_stream_settings(changed)
    return changed


_PLAIN = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "window_seconds",
    "ParallelizationFactor": "parallelization",
    "MaximumRecordAgeInSeconds": "maximum_age_seconds",
    "MaximumRetryAttempts": "maximum_retries",
    "BisectBatchOnFunctionError": "bisects",
    "TumblingWindowInSeconds": "tumbling_seconds",
}
_ONLY_STREAMS = (
    "StartingPosition",
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "TumblingWindowInSeconds",
)


def _position(source: Arn, request: Request, now_ms: int) -> dict[str, Any]:
    position = request.get("StartingPosition")
    if not position:
        raise invalid_parameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    if position != "AT_TIMESTAMP":
        return {"position": position}
    if source.service == "dynamodb":
        raise invalid_parameter(f"Unsupported starting position for arn type: {source}")
    if "StartingPositionTimestamp" not in request:
        raise invalid_parameter(
            "StartingPositionTimestamp must be provided when StartingPosition is AT_TIMESTAMP."
        )
    seconds = epoch_seconds(request["StartingPositionTimestamp"])
    if seconds * 1000 > now_ms:
        raise invalid_parameter("StartingPositionTimestamp cannot be in the future.")
    return {"position": position, "position_seconds": seconds}


def check_destination_kind(source: Arn, request: Request) -> None:
    """Refuse a destination for failures of a queue's mapping: the queue has its own."""
    if source.service == "sqs" and "DestinationConfig" in request:
        raise invalid_parameter(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )


def _on_failure(config: dict[str, Any]) -> str:
    to = str(config.get("OnFailure", {}).get("Destination", ""))
    if not to:
        return ""
    try:
        service = parse_arn(to).service
    except ValueError:
        service = ""
    if service not in _DESTINATIONS:
        raise invalid_parameter(f"The destination ARN {to} is invalid.")
    return to


def _check_queue_settings(settings: Settings, source: Arn, request: Request) -> None:
    for member in _ONLY_STREAMS:
        if member in request:
            raise invalid_parameter(
                f"Unsupported {member} parameter for given event source mapping type."
            )
    concurrency = settings.maximum_concurrency
    if concurrency is not None and concurrency not in limits.SQS_MAXIMUM_CONCURRENCY:
        raise invalid_parameter(
            f"MaximumConcurrency must be between {limits.SQS_MAXIMUM_CONCURRENCY[0]} and "
            f"{limits.SQS_MAXIMUM_CONCURRENCY[-1]}, and is {concurrency}"
        )
    size, window = settings.batch_size, settings.window_seconds
    fifo = source.resource.endswith(".fifo")
    if fifo and window:
        raise invalid_parameter("Batching window is not supported for FIFO queues")
    maximum = limits.SQS_BATCH_MAX_FIFO if fifo else limits.SQS_BATCH_MAX
    if not 1 <= size <= maximum:
        raise invalid_parameter(f"Batch size must be between 1 and {maximum} for this queue")
    if size > limits.SQS_BATCH_MAX_WITHOUT_WINDOW and not window:
        raise invalid_parameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )


def _check_stream_settings(settings: Settings) -> None:
    if settings.maximum_concurrency is not None:
        raise invalid_parameter(
            "Unsupported ScalingConfig parameter for given event source mapping type."
        )
    age = settings.maximum_age_seconds
    if age != UNLIMITED and age < limits.RECORD_AGE_SECONDS_MIN:
        raise invalid_parameter(
            f"MaximumRecordAgeInSeconds must be {UNLIMITED} or between "
            f"{limits.RECORD_AGE_SECONDS_MIN} and {limits.RECORD_AGE_SECONDS_MAX}, and is {age}"
        )
    if settings.tumbling_seconds and settings.parallelization > 1:
        raise invalid_parameter(
            "TumblingWindowInSeconds cannot be combined with a ParallelizationFactor above 1: a "
            "window has one state per shard."
        )
