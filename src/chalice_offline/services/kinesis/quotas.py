"""What an account and a capacity mode allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import (
    invalid_argument,
    limit_exceeded,
    too_many_shards,
)
from chalice_offline.services.kinesis.stream import ON_DEMAND, PROVISIONED

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def check_shard_quota(kinesis: KinesisState, context: CallContext, more: int) -> None:
    """Raise LimitExceededException when the account may not have so many shards."""
    limit = limits.shards_per_account(context.region)
    present = open_shards(kinesis, context)
    if present + more > limit:
        raise too_many_shards(context.account_id, context.region, present, more, limit)


def check_on_demand_quota(kinesis: KinesisState, context: CallContext, mode: str) -> None:
    """Raise LimitExceededException when the account may not have one more of that mode."""
    streams = kinesis.streams_of(context.account_id, context.region)
    present = sum(stream.mode == ON_DEMAND for stream in streams)
    if mode == ON_DEMAND and present >= limits.ON_DEMAND_STREAMS:
        raise limit_exceeded(
            f"Account {context.account_id} has {present} streams in ON_DEMAND mode in "
            f"{context.region}, and may have {limits.ON_DEMAND_STREAMS}."
        )


def check_provisioned(stream: Stream) -> None:
    """Refuse to change shards that AWS counts itself (API reference, SplitShard, Errors)."""
    if stream.mode == ON_DEMAND:
        raise AwsError(
            "ValidationException",
            f"Request is invalid. Stream {stream.name} under account {stream.key.account_id} is "
            "in On-Demand mode.",
        )


def counted(made_ms: list[int], now_ms: int, most: int, what: str) -> list[int]:
    """Return the instants of the last 24 hours and now; LimitExceeded when there are too many."""
    recent = [instant for instant in made_ms if now_ms - instant < limits.DAY_MS]
    if len(recent) >= most:
        raise limit_exceeded(f"{what} can be changed {most} times within 24 hours.")
    return [*recent, now_ms]


def check_distribution(stream: Stream, strategy: str) -> None:
    """Raise InvalidArgumentException when a stream may not choose shards by itself."""
    if strategy == "AUTO" and stream.mode == PROVISIONED:
        raise invalid_argument(
            "Record distribution strategy AUTO is not supported for streams in PROVISIONED mode."
        )


def open_shards(kinesis: KinesisState, context: CallContext) -> int:
    """Count the open shards of an account, and those that are being made."""
    return sum(
        len(stream.open_shards) or stream.change.get("shard_count", 0)
        for stream in kinesis.streams_of(context.account_id, context.region)
    )
