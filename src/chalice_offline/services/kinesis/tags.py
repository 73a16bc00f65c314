"""Tags: of streams by their own operations, of streams and consumers by the newer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import counted
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.tag_rules import check_tag_texts, check_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def add_tags_to_stream(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Add tags to a stream, or change them."""
    stream = kinesis.find_stream(context, request)
    _add(kinesis, stream, stream.tags, request["Tags"])
    return {}


def remove_tags_from_stream(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Remove tags of a stream; one it has not does no harm."""
    stream = kinesis.find_stream(context, request)
    _remove(kinesis, stream, stream.tags, request["TagKeys"])
    return {}


def list_tags_for_stream(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """List the tags of a stream by key, a page at a time."""
    stream = kinesis.find_stream(context, request)
    after = request.get("ExclusiveStartTagKey", "")
    found = [key for key in sorted(stream.tags) if key > after]
    page = found[: request.get("Limit", limits.TAGS_PER_STREAM)]
    return {
        "Tags": [{"Key": key, "Value": stream.tags[key]} for key in page],
        "HasMoreTags": len(found) > len(page),
    }


def tag_resource(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Add tags to a stream or consumer, or change them."""
    stream, tags = _tagged(kinesis, context, request["ResourceARN"])
    _add(kinesis, stream, tags, request["Tags"])
    return {}


def untag_resource(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Remove tags of a stream or consumer."""
    stream, tags = _tagged(kinesis, context, request["ResourceARN"])
    _remove(kinesis, stream, tags, request["TagKeys"])
    return {}


def list_tags_for_resource(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """List the tags of a stream or consumer by key."""
    _, tags = _tagged(kinesis, context, request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}


def _tagged(kinesis: KinesisState, context: CallContext, arn: str) -> tuple[Stream, dict[str, str]]:
    if "/consumer/" in arn:
        stream, consumer = kinesis.find_consumer(context, {"ConsumerARN": arn})
        return stream, consumer.tags
    stream = kinesis.find_stream_by_arn(context, arn)
    return stream, stream.tags


def _add(kinesis: KinesisState, stream: Stream, tags: dict[str, str], more: dict[str, str]) -> None:
    stay = counted(tags.keys() - more.keys())
    check_tags(stream.name, stream.key.account_id, more, had=stay)
    tags.update(more)
    kinesis.save(stream)


def _remove(kinesis: KinesisState, stream: Stream, tags: dict[str, str], keys: list[str]) -> None:
    check_tag_texts(stream.name, stream.key.account_id, keys, "remove tags from")
    for key in keys:
        tags.pop(key, None)
    kinesis.save(stream)
