"""SQS spoke the query protocol before it spoke JSON, and older SDKs still do.

botocore's present SQS model describes the JSON protocol only. The tables below are the XML
and form names that the 2012-11-05 query API gives to the same shapes (SQS API Reference,
"Making Query API requests"; botocore's model up to 1.31.80), laid over the JSON model.
Some botocore versions around 1.34.0 describe the query protocol only; there the names are
taken off again for JSON, which other SDKs still send.
"""

from __future__ import annotations

import re
from typing import Any

from chalice_offline.core.errors import AwsError

# list shape -> the name of one member; every SQS list is flattened
LIST_MEMBER_NAMES = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}

# map shape -> names of (one entry, its key, its value); every SQS map is flattened
MAP_NAMES = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}

QUERY_METADATA = {
    "protocol": "query",
    "protocols": ["query"],
    "xmlNamespace": "http://queue.amazonaws.com/doc/2012-11-05/",
}
JSON_METADATA = {
    "protocol": "json",
    "protocols": ["json"],
    "jsonVersion": "1.0",
    "targetPrefix": "AmazonSQS",
}
# Operations on all of an account's queues: a queue's own address refuses them (recorded).
NOT_AT_A_QUEUE = frozenset({"CreateQueue", "ListQueues"})

_QUEUE_PATH = re.compile(
    r"(?:/queue/[a-z0-9-]+)?/\d{12}/[A-Za-z0-9_-]{1,80}(?:\.fifo)?/?", re.ASCII
)
_WIRE_TRAITS = frozenset({"locationName", "flattened"})


def is_queue_path(path: str) -> bool:
    """Tell whether a path is a QueueUrl's: /<account>/<name>, perhaps after /queue/<region>."""
    return _QUEUE_PATH.fullmatch(path) is not None


def invalid_action(action: str) -> AwsError:
    """Return the error for an action SQS does not have, or not at this address."""
    return AwsError("InvalidAction", f"The action {action} is not valid for this endpoint.")


def query_description(description: dict[str, Any]) -> dict[str, Any]:
    """Return botocore's SQS service description as the query protocol sees it.

    The description given is not changed; shapes the tables do not name are shared with it.
    """
    return {
        **description,
        "metadata": {**description["metadata"], **QUERY_METADATA},
        "operations": {
            name: _with_result_wrapper(operation)
            for name, operation in description["operations"].items()
        },
        "shapes": {
            name: _with_query_names(name, shape) for name, shape in description["shapes"].items()
        },
    }


def json_description(description: dict[str, Any]) -> dict[str, Any]:
    """Return botocore's SQS service description as the JSON protocol sees it."""
    if description["metadata"]["protocol"] == "json":
        return description
    return {
        **description,
        "metadata": {**description["metadata"], **JSON_METADATA},
        "shapes": {
            name: _without_wire_names(shape) for name, shape in description["shapes"].items()
        },
    }


def _without_wire_names(shape: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in shape.items() if key not in _WIRE_TRAITS}
    for part in ("member", "key", "value"):
        if part in kept:
            kept[part] = _without_wire_names(kept[part])
    if "members" in kept:
        kept["members"] = {
            name: _without_wire_names(member) for name, member in kept["members"].items()
        }
    return kept


def _with_result_wrapper(operation: dict[str, Any]) -> dict[str, Any]:
    if "output" not in operation:
        return operation
    wrapper = f"{operation['name']}Result"
    return {**operation, "output": {**operation["output"], "resultWrapper": wrapper}}


def _with_query_names(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    if name in LIST_MEMBER_NAMES:
        member = {**shape["member"], "locationName": LIST_MEMBER_NAMES[name]}
        return {**shape, "flattened": True, "member": member}
    if name in MAP_NAMES:
        entry_name, key_name, value_name = MAP_NAMES[name]
        return {
            **shape,
            "flattened": True,
            "locationName": entry_name,
            "key": {**shape["key"], "locationName": key_name},
            "value": {**shape["value"], "locationName": value_name},
        }
    return shape
