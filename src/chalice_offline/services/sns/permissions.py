"""AddPermission, RemovePermission, and the data protection policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.core.arn import partition_of
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.json_text import compact, parse_object
from chalice_offline.services.sns.limits import DATA_PROTECTION_POLICY_LENGTH_MAX
from chalice_offline.services.sns.names import required

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState

_ACTIONS = (
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "UntagResource",
)


def add_permission(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Add a statement to a topic's policy, its Sid being the label."""
    topic = sns.find_topic(context, request)
    label = required(request, "Label")
    policy = json.loads(topic.policy)
    statements = _statements(policy)
    if any(statement.get("Sid") == label for statement in statements):
        raise invalid_parameter("Statement already exists")
    actions = request.get("ActionName", [])
    if any(action not in _ACTIONS for action in actions):
        raise invalid_parameter("Policy statement action out of service scope!")
    partition = partition_of(topic.region)
    principals = [
        f"arn:{partition}:iam::{account}:root" for account in request.get("AWSAccountId", [])
    ]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all(principals)},
        "Action": _one_or_all([f"SNS:{action}" for action in actions]),
        "Resource": topic.arn,
    }
    topic.policy = compact({**policy, "Statement": [*statements, statement]})
    return {}


def remove_permission(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Take the statement with a label out of a topic's policy; none of that label is fine."""
    topic = sns.find_topic(context, request)
    label = required(request, "Label")
    policy = json.loads(topic.policy)
    kept = [statement for statement in _statements(policy) if statement.get("Sid") != label]
    topic.policy = compact({**policy, "Statement": kept})
    return {}


def put_data_protection_policy(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Store a topic's data protection policy; messages are not audited or masked."""
    topic = sns.find_topic(context, request, "ResourceArn")
    text = request.get("DataProtectionPolicy", "")
    if len(text) > DATA_PROTECTION_POLICY_LENGTH_MAX:
        raise invalid_parameter("DataProtectionPolicy")
    if text:
        parse_object(text, lambda reason: invalid_parameter(f"DataProtectionPolicy: {reason}"))
    topic.data_protection_policy = text
    return {}


def get_data_protection_policy(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Return a topic's data protection policy, "" when it has none."""
    topic = sns.find_topic(context, request, "ResourceArn")
    return {"DataProtectionPolicy": topic.data_protection_policy}


def _statements(policy: dict[str, object]) -> list[dict[str, object]]:
    statements = policy.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]  # type: ignore[list-item]


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
