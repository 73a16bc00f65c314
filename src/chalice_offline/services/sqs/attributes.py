"""The attributes of a queue: their rules, their defaults, and how they are shown.

Everything is text on the wire. `QueueAttributes` holds the parsed values; the tables below say
what each attribute may be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.errors import (
    invalid_attribute,
    over_limit,
    unknown_attribute,
)
from chalice_offline.services.sqs.redrive import (
    RedriveAllowPolicy,
    RedrivePolicy,
    parse_redrive_allow_policy,
    parse_redrive_policy,
    spelled_redrive_policy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# attribute -> (lowest, highest value)
_NUMBERS: Final = {
    "DelaySeconds": (0, limits.DELAY_SECONDS),
    "MaximumMessageSize": (limits.MESSAGE_SIZE_BYTES_LOWEST, limits.MESSAGE_SIZE_BYTES),
    "MessageRetentionPeriod": (limits.RETENTION_SECONDS_LOWEST, limits.RETENTION_SECONDS),
    "ReceiveMessageWaitTimeSeconds": (0, limits.WAIT_TIME_SECONDS),
    "VisibilityTimeout": (0, limits.VISIBILITY_TIMEOUT_SECONDS),
    "KmsDataKeyReusePeriodSeconds": (limits.KMS_REUSE_SECONDS_LOWEST, limits.KMS_REUSE_SECONDS),
}
_BOOLEANS: Final = frozenset({"ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled"})
_CHOICES: Final = {
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_TEXTS: Final = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"})
_FIFO_ONLY: Final = frozenset({"FifoQueue", "ContentBasedDeduplication", *_CHOICES})
_SETTABLE: Final = frozenset({*_NUMBERS, *_BOOLEANS, *_CHOICES, *_TEXTS})
READABLE: Final = frozenset(
    {
        *_SETTABLE,
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    }
)
_DEFAULTS: Final = {
    "DelaySeconds": "0",
    "MaximumMessageSize": str(limits.MESSAGE_SIZE_BYTES),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "SqsManagedSseEnabled": "true",
    "KmsDataKeyReusePeriodSeconds": "300",
}
_FIFO_DEFAULTS: Final = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_TWO_ENCRYPTIONS: Final = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
    "SSE or SQS SSE."
)


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """What a queue's attributes say, parsed; `texts` keeps them as AWS shows them."""

    texts: Mapping[str, str]
    is_fifo: bool
    delay_ms: int
    maximum_size_bytes: int
    retention_ms: int
    wait_ms: int
    visibility_timeout_ms: int
    content_based_deduplication: bool
    scoped_to_group: bool
    redrive_policy: RedrivePolicy | None
    redrive_allow_policy: RedriveAllowPolicy | None


def create(given: Mapping[str, str], *, is_fifo: bool) -> QueueAttributes:
    """Return the attributes of a new queue; AwsError when one given is not acceptable."""
    texts = checked(given, is_fifo=is_fifo)
    return _parsed({**_DEFAULTS, **(_FIFO_DEFAULTS if is_fifo else {})}, texts)


def change(present: QueueAttributes, given: Mapping[str, str]) -> QueueAttributes:
    """Return the attributes after SetQueueAttributes; AwsError when one is not acceptable."""
    texts = checked(given, is_fifo=present.is_fifo)
    if present.is_fifo and texts.get("FifoQueue") == "false":
        raise invalid_attribute("FifoQueue", "Modifying queue type is not supported.")
    return _parsed(present.texts, texts)


def checked(given: Mapping[str, str], *, is_fifo: bool) -> dict[str, str]:
    """Return the attributes of a request, each checked on its own and in AWS's spelling."""
    texts: dict[str, str] = {}
    for name, value in given.items():
        if name not in _SETTABLE:
            raise unknown_attribute(name)
        if name in _FIFO_ONLY and not is_fifo:
            raise _standard_has_no(name)
        texts[name] = _spelled(name, value)
    if texts.get("KmsMasterKeyId") and texts.get("SqsManagedSseEnabled") == "true":
        raise AwsError("InvalidAttributeName", _TWO_ENCRYPTIONS)
    return texts


def first_difference(present: QueueAttributes, given: Mapping[str, str]) -> str | None:
    """Return the first attribute of a request whose value differs from the queue's, or None."""
    for name, value in checked(given, is_fifo=present.is_fifo).items():
        if present.texts.get(name, "") != value:
            return name
    return None


def shown(present: QueueAttributes) -> dict[str, str]:
    """Return the attributes a client sees: the key's reuse period only with a key [recorded]."""
    texts = dict(present.texts)
    if "KmsMasterKeyId" not in texts:
        texts.pop("KmsDataKeyReusePeriodSeconds", None)
    return texts


def _spelled(name: str, value: str) -> str:
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
        if not low <= number <= high:
            raise invalid_attribute(name)
        return str(number)
    if name in _BOOLEANS:
        if value.lower() not in ("true", "false"):
            raise invalid_attribute(name)
        return value.lower()
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise invalid_attribute(name)
        return value
    if name == "Policy":
        _check_policy(value)
    return spelled_redrive_policy(value) if name == "RedrivePolicy" else value


def _standard_has_no(name: str) -> AwsError:
    # Recorded: two of the four are worded otherwise.
    if name in _CHOICES:
        text = f"You can specify the {name} only when FifoQueue is set to true."
        return AwsError("InvalidAttributeName", text)
    return unknown_attribute(name)


def _check_policy(text: str) -> None:
    if not text:
        return
    if len(text.encode("utf-8", "replace")) > limits.POLICY_BYTES:
        raise invalid_attribute("Policy", f"Policy is longer than {limits.POLICY_BYTES} bytes.")
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid_attribute("Policy") from None
    if not isinstance(policy, dict):
        raise invalid_attribute("Policy")
    statements = policy.get("Statement", [])
    if isinstance(statements, list) and len(statements) > limits.POLICY_STATEMENTS:
        raise over_limit(
            f"{len(statements)} statements were found in the submitted policy, max allowed is "
            f"{limits.POLICY_STATEMENTS}"
        )


def _parsed(present: Mapping[str, str], changes: Mapping[str, str]) -> QueueAttributes:
    texts = _without_empty(_with_one_encryption({**present, **changes}, changes))
    scope = texts.get("DeduplicationScope", "queue")
    if texts.get("FifoThroughputLimit") == "perMessageGroupId" and scope != "messageGroup":
        raise invalid_attribute(
            "FifoThroughputLimit",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope "
            "is messageGroup.",
        )
    return QueueAttributes(
        texts=texts,
        is_fifo="FifoQueue" in texts,
        delay_ms=int(texts["DelaySeconds"]) * 1000,
        maximum_size_bytes=int(texts["MaximumMessageSize"]),
        retention_ms=int(texts["MessageRetentionPeriod"]) * 1000,
        wait_ms=int(texts["ReceiveMessageWaitTimeSeconds"]) * 1000,
        visibility_timeout_ms=int(texts["VisibilityTimeout"]) * 1000,
        content_based_deduplication=texts.get("ContentBasedDeduplication") == "true",
        scoped_to_group=scope == "messageGroup",
        redrive_policy=parse_redrive_policy(texts.get("RedrivePolicy", "")),
        redrive_allow_policy=parse_redrive_allow_policy(texts.get("RedriveAllowPolicy", "")),
    )


def _with_one_encryption(texts: dict[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Apply what AWS does on its own: switching one kind of encryption on ends the other."""
    if changes.get("SqsManagedSseEnabled") == "true":
        texts["KmsMasterKeyId"] = ""
    elif texts.get("KmsMasterKeyId"):
        texts["SqsManagedSseEnabled"] = "false"
    return texts


def _without_empty(texts: Mapping[str, str]) -> dict[str, str]:
    """Leave out what was set to "": that is how a policy or a key is removed [recorded]."""
    return {name: text for name, text in texts.items() if text}
