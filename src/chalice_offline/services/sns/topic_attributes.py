"""What a topic's attributes may be; shared by CreateTopic and SetTopicAttributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.sns import delivery_policies, limits, replays
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.json_text import compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.sns.topic import Topic

    Refuse = Callable[[str], AwsError]
    Check = Callable[[Topic, str, Refuse], str]

_POLICY_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
# What a repeated CreateTopic may name although it was never set.
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeliveryPolicy": "",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "FifoTopic": "false",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": str(limits.MESSAGE_BYTES_DEFAULT),
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_FIFO_ONLY = ("ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope")
# "<protocol>SuccessFeedbackRoleArn" and so on.
_FEEDBACK_PROTOCOLS = ("Application", "Firehose", "HTTP", "Lambda", "SQS")
_SAMPLE_RATE_MAX = 100


def default_policy(arn: str, account_id: str) -> str:
    """Return the access policy of a new topic (recorded)."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _POLICY_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account_id}},
    }
    policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return compact(policy)


def set_attribute(topic: Topic, name: str, value: str, prefix: str) -> None:
    """Check one attribute and change the topic; "" takes an optional one away.

    `prefix` goes before the reason of a refusal ("Attributes Reason: " in CreateTopic).
    """

    def refuse(reason: str) -> AwsError:
        return invalid_parameter(prefix + reason)

    if name in _FIFO_ONLY and not topic.is_fifo:
        raise refuse(f"{name}: Invalid attribute for a standard topic")
    if name == "Policy":
        topic.policy = _policy(topic, value, refuse)
        return
    stored = CHECKS[name](topic, value, refuse)
    if stored:
        topic.attributes[name] = stored
    else:
        topic.attributes.pop(name, None)


def agrees(topic: Topic, name: str, value: str) -> bool:
    """Whether an existing topic has the value a repeated CreateTopic asks for."""
    present = topic.policy if name == "Policy" else topic.attributes.get(name)
    if present is None:
        present = _DEFAULTS.get(name, "")
    return present == value or _same_json(present, value)


def shown(topic: Topic) -> dict[str, str]:
    """Return the attributes as GetTopicAttributes lists them (recorded)."""
    attributes = dict(topic.attributes)
    attributes["DisplayName"] = topic.attributes.get("DisplayName", "")
    attributes["Policy"] = topic.policy
    attributes["Owner"] = topic.account_id
    attributes["TopicArn"] = topic.arn
    attributes["EffectiveDeliveryPolicy"] = compact(
        delivery_policies.effective_topic_policy(topic.attributes.get("DeliveryPolicy", ""))
    )
    attributes["SubscriptionsConfirmed"] = str(topic.audience.confirmed)
    attributes["SubscriptionsPending"] = str(len(topic.audience) - topic.audience.confirmed)
    attributes["SubscriptionsDeleted"] = str(topic.subscriptions_deleted)
    if topic.is_fifo:
        attributes.setdefault("ContentBasedDeduplication", "false")
        beginning_ms = replays.beginning_ms(topic)
        if beginning_ms is not None:
            attributes["BeginningArchiveTime"] = iso_milliseconds(beginning_ms)
    else:
        attributes.pop("FifoTopic", None)
    return attributes


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(one and other) and json.loads(one) == json.loads(other)
    except (ValueError, RecursionError):
        return False


# ---- one check per attribute: the value as it is stored, or "" for none -----------------------


def _any_text(_topic: Topic, value: str, _refuse: Refuse) -> str:
    return value


def _one_of(name: str, *values: str) -> Check:
    def check(_topic: Topic, value: str, refuse: Refuse) -> str:
        if value not in values:
            raise refuse(f"{name}: Invalid value [{value}]. Must be {' or '.join(values)}.")
        return value

    return check


def _policy(topic: Topic, value: str, refuse: Refuse) -> str:
    if not value:
        return default_policy(topic.arn, topic.account_id)
    try:
        policy: Any = json.loads(value)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or not _are_statements(policy.get("Statement", [])):
        raise refuse("Policy Error: null")  # reported by users of AWS
    return value


def _are_statements(value: Any) -> bool:
    statements = value if isinstance(value, list) else [value]
    return all(isinstance(statement, dict) for statement in statements)


def _delivery_policy(_topic: Topic, value: str, refuse: Refuse) -> str:
    if not value:
        return ""
    return delivery_policies.topic_policy(value, lambda reason: refuse(f"DeliveryPolicy: {reason}"))


def _maximum_message_size(topic: Topic, value: str, refuse: Refuse) -> str:
    lowest, highest = limits.MESSAGE_BYTES_MIN, limits.MESSAGE_BYTES_MAX
    if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
        raise refuse(f"MaximumMessageSize: must be between {lowest} and {highest}")
    if int(value) > limits.MESSAGE_BYTES_DEFAULT and not _takes_large_messages(topic):
        raise refuse(
            "MaximumMessageSize: above 262144 a topic must have 100 or fewer subscriptions, all "
            "of them Amazon SQS, Amazon Data Firehose or Lambda subscriptions"
        )
    return str(int(value))


def _takes_large_messages(topic: Topic) -> bool:
    return len(topic.audience) <= limits.LARGE_MESSAGE_SUBSCRIPTIONS_MAX and all(
        subscription.protocol in limits.LARGE_MESSAGE_PROTOCOLS for subscription in topic.audience
    )


def _archive_policy(_topic: Topic, value: str, refuse: Refuse) -> str:
    if not value or value == "{}":
        return ""
    replays.check_archive_policy(value, lambda reason: refuse(f"ArchivePolicy: {reason}"))
    return value


def _sample_rate(_topic: Topic, value: str, refuse: Refuse) -> str:
    if not value.isascii() or not value.isdigit() or int(value) > _SAMPLE_RATE_MAX:
        raise refuse("SampleRate: must be between 0 and 100")
    return value


CHECKS: dict[str, Check] = {
    "ArchivePolicy": _archive_policy,
    "ContentBasedDeduplication": _one_of("ContentBasedDeduplication", "true", "false"),
    "DeliveryPolicy": _delivery_policy,
    "DisplayName": _any_text,
    "FifoThroughputScope": _one_of("FifoThroughputScope", "Topic", "MessageGroup"),
    "KmsMasterKeyId": _any_text,
    "MaximumMessageSize": _maximum_message_size,
    "SignatureVersion": _one_of("SignatureVersion", "1", "2"),
    "TracingConfig": _one_of("TracingConfig", "Active", "PassThrough"),
    **{f"{protocol}SuccessFeedbackRoleArn": _any_text for protocol in _FEEDBACK_PROTOCOLS},
    **{f"{protocol}FailureFeedbackRoleArn": _any_text for protocol in _FEEDBACK_PROTOCOLS},
    **{f"{protocol}SuccessFeedbackSampleRate": _sample_rate for protocol in _FEEDBACK_PROTOCOLS},
}
SETTABLE = (*CHECKS, "Policy")
