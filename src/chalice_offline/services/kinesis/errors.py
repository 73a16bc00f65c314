"""Kinesis's errors, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def not_found(text: str) -> AwsError:
    """Something that is not there."""
    return AwsError("ResourceNotFoundException", text)


def invalid_argument(text: str) -> AwsError:
    """A value the service refuses, though the model allows it."""
    return AwsError("InvalidArgumentException", text)


def in_use(text: str) -> AwsError:
    """Something that is there already, or busy."""
    return AwsError("ResourceInUseException", text)


def limit_exceeded(text: str) -> AwsError:
    """More than a quota allows."""
    return AwsError("LimitExceededException", text)


def invalid_value(value: object, member: str, constraint: str) -> AwsError:
    """A value the model would not have let in."""
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: "
        f"{constraint}",
    )


def stream_not_found(name: str, account_id: str) -> AwsError:
    """No stream of that name, or none that can be written to and read (recorded on AWS)."""
    return not_found(f"Stream {name} under account {account_id} not found.")


def stream_exists(name: str, account_id: str) -> AwsError:
    """A second stream of a name."""
    return in_use(f"Stream {name} under account {account_id} already exists.")


def stream_not_active(name: str, account_id: str, status: str) -> AwsError:
    """A change while another one is under way."""
    return in_use(f"Stream {name} under account {account_id} not ACTIVE, instead in state {status}")


def shard_not_found(shard_id: str, name: str, account_id: str) -> AwsError:
    """A shard that resharding asks for."""
    return not_found(
        f"Could not find shard {shard_id} in stream {name} under account {account_id}."
    )


def no_such_shard(shard_id: str, name: str, account_id: str) -> AwsError:
    """A shard that a reader asks for: reading has another wording."""
    return not_found(f"Shard {shard_id} in stream {name} under account {account_id} does not exist")


def consumer_not_found(what: str, account_id: str) -> AwsError:
    """No consumer of that name or ARN."""
    return not_found(f"Consumer {what} under account {account_id} not found.")


def rate_exceeded(shard_id: str, name: str, account_id: str) -> AwsError:
    """More than a shard takes or gives in a second."""
    return AwsError(
        "ProvisionedThroughputExceededException", rate_exceeded_text(shard_id, name, account_id)
    )


def rate_exceeded_text(shard_id: str, name: str, account_id: str) -> str:
    """Return the sentence, which PutRecords has for single records."""
    return f"Rate exceeded for shard {shard_id} in stream {name} under account {account_id}."


def too_many_shards(account_id: str, region: str, present: int, more: int, limit: int) -> AwsError:
    """More shards than the account may have."""
    return limit_exceeded(
        f"This request would exceed the shard limit for the account {account_id} in {region}. "
        f"Current shard count for the account: {present}. Limit: {limit}. Number of additional "
        f"shards that would have resulted from this request: {more}. Refer to the AWS Service "
        "Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for "
        "current limits and how to request higher limits."
    )


def dry_run() -> AwsError:
    """What answers a call that would have succeeded and was only tried."""
    return AwsError("DryRunOperationException", "Request would have succeeded, but DryRun is set.")
