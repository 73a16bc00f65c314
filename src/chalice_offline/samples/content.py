"""What of an event is its sender's, and not the service's: put from one event into a sample."""

from __future__ import annotations

import copy
from typing import Any

Place = tuple[str | int, ...]

_MESSAGE: Place = ("Records", 0)
_CONTENT: dict[str, tuple[Place, ...]] = {
    "sqs": (
        (*_MESSAGE, "body"),
        (*_MESSAGE, "md5OfBody"),
        (*_MESSAGE, "messageAttributes"),
        (*_MESSAGE, "md5OfMessageAttributes"),
        (*_MESSAGE, "attributes", "MessageGroupId"),
    ),
    "sns": tuple((*_MESSAGE, "Sns", name) for name in ("Subject", "Message", "MessageAttributes")),
    "s3": ((*_MESSAGE, "eventName"), (*_MESSAGE, "s3", "object")),
    "kinesis": ((*_MESSAGE, "kinesis", "data"), (*_MESSAGE, "kinesis", "partitionKey")),
    "dynamodb": ((*_MESSAGE, "eventName"), (*_MESSAGE, "dynamodb")),
    "event": (("source",), ("detail-type",), ("resources",), ("detail",)),
    "route": (
        ("path",),
        ("pathParameters",),
        ("queryStringParameters",),
        ("multiValueQueryStringParameters",),
        ("headers",),
        ("multiValueHeaders",),
        ("body",),
        ("isBase64Encoded",),
    ),
}


def has_content(kind: str) -> bool:
    """Whether samples of a kind hold anything that a sender chose."""
    return kind in _CONTENT


def with_content(kind: str, sample: Any, event: Any) -> Any:
    """Return a sample with the content of an event of the same kind: of a batch the first record.

    Ids, instants and receipts stay the sample's own: whoever has seen the event may not take it
    for the same one again.
    """
    made = copy.deepcopy(sample)
    for place in _CONTENT[kind]:
        *way, name = place
        there, here = _at(event, way), _at(made, way)
        if isinstance(here, dict):
            if isinstance(there, dict) and name in there:
                here[name] = there[name]
            else:
                here.pop(name, None)
    return made


def _at(value: Any, way: list[str | int]) -> Any:
    for name in way:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return None
    return value
