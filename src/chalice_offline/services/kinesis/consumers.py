"""Consumers of enhanced fan-out: Register, Deregister, Describe, List."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.kinesis import changes, limits
from chalice_offline.services.kinesis.errors import in_use, limit_exceeded
from chalice_offline.services.kinesis.stream import DELETING, Consumer
from chalice_offline.services.kinesis.tag_rules import check_tags
from chalice_offline.services.kinesis.tokens import read_token, write_token

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.state import KinesisState


def register_stream_consumer(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Register a consumer, which is ACTIVE a moment later."""
    stream = kinesis.find_usable_stream(context, request)
    name = request["ConsumerName"]
    account_id = stream.key.account_id
    if name in stream.consumers:
        raise in_use(
            f"Consumer {name} under stream {stream.name} already exists for account {account_id}."
        )
    if len(stream.consumers) >= limits.CONSUMERS_PER_STREAM:
        raise limit_exceeded(
            f"Stream {stream.name} under account {account_id} has "
            f"{limits.CONSUMERS_PER_STREAM} consumers, which is the maximum."
        )
    tags = dict(request.get("Tags", {}))
    check_tags(stream.name, account_id, tags)
    arn = f"{stream.arn}/consumer/{name}:{context.now_ms // 1000}"
    consumer = Consumer(name=name, arn=arn, created_ms=context.now_ms, tags=tags)
    stream.consumers[name] = consumer
    kinesis.save(stream)
    changes.finish_consumer_later(kinesis, stream, name)
    return {"Consumer": consumer.describe()}


def deregister_stream_consumer(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Take a consumer away; its subscriptions end."""
    stream, consumer = kinesis.find_consumer(context, request)
    consumer.status = DELETING
    kinesis.save(stream)
    changes.finish_consumer_later(kinesis, stream, consumer.name)
    kinesis.tell_watchers(stream)
    return {}


def describe_stream_consumer(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Describe a consumer."""
    stream, consumer = kinesis.find_consumer(context, request)
    return {"ConsumerDescription": consumer.describe() | {"StreamARN": stream.arn}}


def list_stream_consumers(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """List a stream's consumers by name, a page at a time."""
    stream = kinesis.find_stream(context, request)
    after = ""
    if request.get("NextToken"):
        after = read_token("ListStreamConsumers", request["NextToken"], context.now_ms)
    found = [stream.consumers[name] for name in sorted(stream.consumers) if name > after]
    page = found[: request.get("MaxResults", limits.LISTED_CONSUMERS_DEFAULT)]
    result: Result = {"Consumers": [consumer.describe() for consumer in page]}
    if len(found) > len(page):
        token = write_token("ListStreamConsumers", page[-1].name, context.now_ms)
        result["NextToken"] = token
    return result
