"""Publish and PublishBatch."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns import deliveries, limits, replays
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.message import (
    Message,
    check_attributes,
    size_of,
    well_formed,
)
from chalice_offline.services.sns.names import arn_of, is_phone_number, local_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.topic import Topic

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]+")
_FIFO_ID = re.compile(r"[!-~]+")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_TARGETS = ("TopicArn", "TargetArn", "PhoneNumber")


def publish(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Publish one message to a topic, a platform endpoint or a phone number."""
    named = [name for name in _TARGETS if name in request]
    if not named:
        raise invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter")
    if len(named) > 1:
        raise invalid_parameter(f"{named[0]} Reason: cannot be given together with {named[1]}")
    if named == ["PhoneNumber"]:
        return _publish_to_phone(sns, context, request)
    target = request[named[0]]
    if named == ["TargetArn"] and ":endpoint/" in target:
        return _publish_to_endpoint(sns, context, request)
    local_arn(context, request, named[0])
    by_protocol = _check_content(request)
    topic = sns.find_topic(context, request, named[0])
    _check_group(topic, request)
    if size_of(request["Message"], request.get("MessageAttributes", {})) > (
        topic.maximum_message_bytes
    ):
        raise invalid_parameter("Message too long")
    return _publish_to_topic(sns, context, topic, request, by_protocol)


def publish_batch(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Publish up to 10 messages to a topic, in the order given.

    Recorded: one message that is not valid fails the request as a whole.
    """
    entries = request.get("PublishBatchRequestEntries", [])
    _check_entry_ids(entries)
    topic = sns.find_topic(context, request)
    by_protocol = [_check_content(entry) for entry in entries]
    for entry in entries:
        _check_group(topic, entry)
    size = sum(size_of(entry["Message"], entry.get("MessageAttributes", {})) for entry in entries)
    if size > topic.maximum_message_bytes:
        raise AwsError(
            "BatchRequestTooLongException",
            "The length of all the messages put together is more than the limit.",
        )
    successful = []
    for entry, structured in zip(entries, by_protocol, strict=True):
        reply = _publish_to_topic(sns, context, topic, entry, structured)
        successful.append({"Id": entry["Id"], **reply})
    return {"Successful": successful, "Failed": []}


def _publish_to_topic(
    sns: SnsState,
    context: CallContext,
    topic: Topic,
    request: Mapping[str, Any],
    by_protocol: Mapping[str, str] | None,
) -> Result:
    text = well_formed(request["Message"])
    message = Message(
        message_id=sns.kernel.ids.uuid(),
        topic_arn=topic.arn,
        text=text,
        published_ms=context.now_ms,
        entry=context.entry,
        service_url=context.endpoint,
        subject=well_formed(request["Subject"]) if "Subject" in request else None,
        by_protocol=by_protocol,
        attributes=request.get("MessageAttributes", {}),
        group_id=request.get("MessageGroupId", ""),
        trace_header=context.trace_header,
        signature_version=topic.signature_version,
    )
    if not topic.is_fifo:
        deliveries.publish(sns, topic, message)
        return {"MessageId": message.message_id}
    message.deduplication_id = (
        request.get("MessageDeduplicationId") or hashlib.sha256(text.encode()).hexdigest()
    )
    return _publish_in_order(sns, topic, message)


def _publish_in_order(sns: SnsState, topic: Topic, message: Message) -> Result:
    """Publish to a FIFO topic; a duplicate gets the reply of the original (recorded)."""
    key = topic.deduplication_key(message.group_id, message.deduplication_id)
    original = topic.original_of(key, message.published_ms)
    if original is not None:
        detail = {
            "MessageId": original.message_id,
            "MessageDeduplicationId": message.deduplication_id,
        }
        sns.kernel.note(
            f"sns {topic.arn}", detail, (message.entry, original.entry), "duplicate: not delivered"
        )
        message = original
    else:
        message.sequence_number = topic.next_sequence_number()
        topic.messages[key] = message
        replays.keep(topic, message)
        deliveries.publish(sns, topic, message)
    return {"MessageId": message.message_id, "SequenceNumber": message.sequence_number}


def _publish_to_phone(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Write down a text message: nothing leaves this machine."""
    number = request["PhoneNumber"]
    if not is_phone_number(number):
        raise invalid_parameter(f"PhoneNumber Reason: {number} is not valid to publish to")
    by_protocol = _check_content(request)
    _check_size(request)
    message_id = sns.kernel.ids.uuid()
    text = request["Message"] if by_protocol is None else by_protocol.get("sms")
    detail = {
        "MessageId": message_id,
        "Message": by_protocol["default"] if text is None and by_protocol else text,
    }
    sns.kernel.note(f"sns sms {number}", detail, (context.entry,), "sent")
    return {"MessageId": message_id}


def _publish_to_endpoint(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Write down a push notification: nothing leaves this machine."""
    arn = request["TargetArn"]
    platform = arn_of(arn, "TargetArn").resource.split("/")[1]
    endpoint = sns.find_endpoint_or_none(arn)
    if endpoint is None:
        raise invalid_parameter("TargetArn Reason: No endpoint found for the target arn specified")
    if endpoint.attributes["Enabled"].lower() != "true":
        raise AwsError("EndpointDisabledException", "Endpoint is disabled")
    by_protocol = _check_content(request, platform)
    _check_size(request)
    message_id = sns.kernel.ids.uuid()
    text = request["Message"]
    if by_protocol is not None:
        text = by_protocol.get(platform, by_protocol.get("default", ""))
    detail = {"MessageId": message_id, "Message": text}
    sns.kernel.note(f"sns application {arn}", detail, (context.entry,), "sent")
    return {"MessageId": message_id}


# ---- what AWS refuses (texts recorded) --------------------------------------------------------


def _check_content(request: Mapping[str, Any], platform: str = "") -> dict[str, str] | None:
    """Check subject, message and attributes; return the messages by protocol, if there are."""
    subject = request.get("Subject")
    if subject is not None and (
        not 0 < len(subject) <= limits.SUBJECT_LENGTH_MAX or _CONTROL_CHARACTER.search(subject)
    ):
        raise invalid_parameter("Subject")
    if not request.get("Message"):
        raise invalid_parameter("Empty message")
    check_attributes(request.get("MessageAttributes", {}))
    structure = request.get("MessageStructure")
    if structure is None:
        return None
    if structure != "json":
        raise invalid_parameter("MessageStructure")
    return _messages_by_protocol(request["Message"], platform)


def _messages_by_protocol(text: str, platform: str) -> dict[str, str]:
    try:
        messages = json.loads(text)
    except (ValueError, RecursionError):
        messages = None
    if not isinstance(messages, dict):
        raise invalid_parameter("Message Structure - JSON message body failed to parse")
    strings = {key: well_formed(value) for key, value in messages.items() if isinstance(value, str)}
    if "default" not in strings and platform not in strings:
        raise invalid_parameter("Message Structure - No default entry in JSON message body")
    return strings


def _check_size(request: Request) -> None:
    size = size_of(request["Message"], request.get("MessageAttributes", {}))
    if size > limits.MESSAGE_BYTES_DEFAULT:
        raise invalid_parameter("Message too long")


def _check_group(topic: Topic, request: Mapping[str, Any]) -> None:
    """Check message group and deduplication id; standard topics take a group only."""
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        value = request.get(name)
        if value is not None and not (
            len(value) <= limits.FIFO_ID_LENGTH_MAX and _FIFO_ID.fullmatch(value)
        ):
            raise invalid_parameter(
                f"{name} Reason: {name} can only include alphanumeric and punctuation "
                "characters. 1 to 128 in length"
            )
    has_deduplication_id = "MessageDeduplicationId" in request
    if not topic.is_fifo:
        if has_deduplication_id:
            raise invalid_parameter(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            )
        return
    if "MessageGroupId" not in request:
        raise invalid_parameter("The MessageGroupId parameter is required for FIFO topics")
    if not has_deduplication_id and not topic.deduplicates_by_content:
        raise invalid_parameter(
            "The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def _check_entry_ids(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise AwsError(
            "EmptyBatchRequestException", "The batch request doesn't contain any entries."
        )
    if len(entries) > limits.BATCH_ENTRIES_MAX:
        raise AwsError(
            "TooManyEntriesInBatchRequestException",
            "The batch request contains more entries than permissible.",
        )
    ids = [entry["Id"] for entry in entries]
    if len(dict.fromkeys(ids)) != len(ids):
        raise AwsError(
            "BatchEntryIdsNotDistinctException",
            "Two or more batch entries in the request have the same Id.",
        )
    for entry_id in ids:
        if len(entry_id) > limits.BATCH_ENTRY_ID_LENGTH_MAX:
            raise _invalid_entry_id(f"is too long: {entry_id}")
        if not _ENTRY_ID.fullmatch(entry_id):
            raise _invalid_entry_id(f"contains an impermissible character: {entry_id}")


def _invalid_entry_id(problem: str) -> AwsError:
    return AwsError(
        "InvalidBatchEntryIdException",
        f"The Id of a batch entry in the batch request {problem}",
    )
