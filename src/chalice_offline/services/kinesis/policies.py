"""Resource policies of streams and consumers: kept, checked for being a policy, not enforced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.kinesis.errors import invalid_argument, not_found

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def put_resource_policy(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Attach a policy, in place of the one there was."""
    arn = request["ResourceARN"]
    stream = _stream_of(kinesis, context, arn)
    try:
        policy = json.loads(request["Policy"])
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise invalid_argument("Policy is not a valid JSON policy document.")
    _set(stream, arn, request["Policy"])
    kinesis.save(stream)
    return {}


def get_resource_policy(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Return the policy; an empty document when there is none (recorded on AWS)."""
    arn = request["ResourceARN"]
    return {"Policy": _get(_stream_of(kinesis, context, arn), arn) or "{}"}


def delete_resource_policy(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Take the policy away; there must be one."""
    arn = request["ResourceARN"]
    stream = _stream_of(kinesis, context, arn)
    if not _get(stream, arn):
        raise not_found(f"No resource policy found for resource ARN {arn}")
    _set(stream, arn, "")
    kinesis.save(stream)
    return {}


def _stream_of(kinesis: KinesisState, context: CallContext, arn: str) -> Stream:
    if "/consumer/" in arn:
        return kinesis.find_consumer(context, {"ConsumerARN": arn})[0]
    return kinesis.find_stream_by_arn(context, arn)


def _get(stream: Stream, arn: str) -> str:
    return stream.policy if arn == stream.arn else stream.consumer_policies.get(arn, "")


def _set(stream: Stream, arn: str, policy: str) -> None:
    if arn == stream.arn:
        stream.policy = policy
    elif policy:
        stream.consumer_policies[arn] = policy
    else:
        stream.consumer_policies.pop(arn, None)
