"""Settings of a stream: retention, capacity mode, monitoring, encryption, record size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.kinesis import changes, limits
from chalice_offline.services.kinesis.errors import invalid_argument
from chalice_offline.services.kinesis.quotas import check_distribution, counted
from chalice_offline.services.kinesis.stream import ON_DEMAND, PROVISIONED, UPDATING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def increase_stream_retention_period(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Keep records longer."""
    stream = kinesis.find_active_stream(context, request)
    hours = _retention_hours(request)
    if hours < stream.retention_hours:
        raise _wrong_direction(stream, hours, "shorter", "Decrease")
    stream.retention_hours = hours
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def decrease_stream_retention_period(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Keep records for a shorter time; those older than that are gone at once."""
    stream = kinesis.find_active_stream(context, request)
    hours = _retention_hours(request)
    if hours > stream.retention_hours:
        raise _wrong_direction(stream, hours, "longer", "Increase")
    stream.retention_hours = hours
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def update_stream_mode(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Change between provisioned and on-demand capacity; the shards stay as they are."""
    stream = kinesis.find_active_stream(context, request)
    wanted = request["StreamModeDetails"]["StreamMode"]
    if wanted != stream.mode:
        stream.mode_changed_ms = counted(
            stream.mode_changed_ms,
            context.now_ms,
            limits.MODE_CHANGES_PER_DAY,
            f"The mode of stream {stream.name} under account {stream.key.account_id}",
        )
    stream.mode = wanted
    if stream.mode == PROVISIONED:
        stream.warm_mib, stream.distribution = None, "USER_PARTITION_KEY"
    else:
        stream.warm_mib = request.get("WarmThroughputMiBps", stream.warm_mib)
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def update_stream_warm_throughput(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Keep an on-demand stream ready for a throughput; nothing here gets faster of it."""
    stream = kinesis.find_active_stream(context, request)
    if stream.mode != ON_DEMAND:
        raise invalid_argument("Warm throughput is not supported for streams in PROVISIONED mode.")
    stream.warm_mib = request["WarmThroughputMiBps"]
    changes.begin(kinesis, stream, UPDATING, "set")
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "WarmThroughput": stream.warm_throughput,
    }


def update_stream_record_distribution_strategy(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Let the stream choose shards by itself, or by partition key; at once."""
    stream = kinesis.find_active_stream(context, request)
    check_distribution(stream, request["RecordDistributionStrategy"])
    stream.distribution = request["RecordDistributionStrategy"]
    kinesis.save(stream)
    return {}


def update_max_record_size(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Take records of more than 1 MiB."""
    stream = kinesis.find_active_stream(context, request)
    stream.record_kib = request["MaxRecordSizeInKiB"]
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def enable_enhanced_monitoring(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Note which metrics are wanted per shard."""
    stream = kinesis.find_active_stream(context, request)
    return _monitor(kinesis, stream, {*stream.metrics, *_metrics(request)})


def disable_enhanced_monitoring(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Note which metrics are wanted no more."""
    stream = kinesis.find_active_stream(context, request)
    return _monitor(kinesis, stream, set(stream.metrics) - set(_metrics(request)))


def start_stream_encryption(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Mark what comes from now on as encrypted with a KMS key."""
    stream = kinesis.find_active_stream(context, request)
    if request["EncryptionType"] != "KMS":
        raise invalid_argument("EncryptionType must be KMS to start encryption.")
    stream.encryption_key = request["KeyId"]
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def stop_stream_encryption(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Mark what comes from now on as not encrypted."""
    stream = kinesis.find_active_stream(context, request)
    stream.encryption_key = ""
    changes.begin(kinesis, stream, UPDATING, "set")
    return {}


def _retention_hours(request: Request) -> int:
    hours: int = request["RetentionPeriodHours"]
    if hours < limits.RETENTION_HOURS_MIN:
        raise invalid_argument(
            f"Minimum allowed retention period is {limits.RETENTION_HOURS_MIN} hours. Requested "
            f"retention period ({hours} hours) is too short."
        )
    if hours > limits.RETENTION_HOURS_MAX:
        raise invalid_argument(
            f"Maximum allowed retention period is {limits.RETENTION_HOURS_MAX} hours. Requested "
            f"retention period ({hours} hours) is too long."
        )
    return hours


def _wrong_direction(stream: Stream, hours: int, relation: str, other: str) -> Exception:
    return invalid_argument(
        f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
        f"{relation} than existing retention period ({stream.retention_hours} hours). Use "
        f"{other}RetentionPeriod API."
    )


def _metrics(request: Request) -> Iterable[str]:
    wanted = request["ShardLevelMetrics"]
    return limits.METRICS if "ALL" in wanted else wanted


def _monitor(kinesis: KinesisState, stream: Stream, wanted: set[str]) -> Result:
    before = list(stream.metrics)
    stream.metrics = [metric for metric in limits.METRICS if metric in wanted]
    changes.begin(kinesis, stream, UPDATING, "set")
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": list(stream.metrics),
    }
