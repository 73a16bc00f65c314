"""AddPermission, RemovePermission, and the data protection policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.common import policies
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
    statements = policies.statements_of(policy)
    if policies.has(statements, label):
        raise invalid_parameter("Statement already exists")
    actions = request.get("ActionName", [])
    if any(action not in _ACTIONS for action in actions):
        raise invalid_parameter("Policy statement action out of service scope!")
    statement = policies.allow(
        label,
        region=topic.region,
        account_ids=request.get("AWSAccountId", []),
        actions=[f"SNS:{action}" for action in actions],
        resource=topic.arn,
    )
    topic.policy = compact({**policy, "Statement": [*statements, statement]})
    return {}


def remove_permission(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Take the statement with a label out of a topic's policy; none of that label is fine."""
    topic = sns.find_topic(context, request)
    label = required(request, "Label")
    policy = json.loads(topic.policy)
    kept = policies.without(policies.statements_of(policy), label)
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
