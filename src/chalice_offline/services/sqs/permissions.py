"""AddPermission and RemovePermission: statements of the queue's policy by label."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common import policies
from chalice_offline.services.sqs import attributes, limits
from chalice_offline.services.sqs.errors import (
    invalid_parameter,
    invalid_value,
    missing_parameter,
    over_limit,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

_LABEL = re.compile(rf"[A-Za-z0-9_-]{{1,{limits.LABEL_LENGTH}}}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_GRANTABLE = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)
# API Reference: "Cross-account permissions don't apply to this action."
_OWNERS_ONLY = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)


def add_permission(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Add a statement that lets other accounts call some actions on a queue."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    label: str = request["Label"]
    _check_request(label, request["Actions"], request["AWSAccountIds"])
    policy = _policy(queue)
    if policies.has(policy["Statement"], label):
        raise invalid_value("Label", label, "Already exists.")
    statement = policies.allow(
        label,
        region=queue.key.region,
        account_ids=request["AWSAccountIds"],
        actions=[f"SQS:{action}" for action in request["Actions"]],
        resource=queue.arn,
    )
    _set_policy(queue, {**policy, "Statement": [*policy["Statement"], statement]})
    return {}


def remove_permission(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Take the statement with this label away; the last one takes the policy with it."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    label: str = request["Label"]
    policy = _policy(queue)
    kept = policies.without(policy["Statement"], label)
    if len(kept) == len(policy["Statement"]):
        raise invalid_value("Label", label, "can't find label.")
    _set_policy(queue, {**policy, "Statement": kept} if kept else None)
    return {}


def _check_request(label: str, actions: list[str], account_ids: list[str]) -> None:
    if not _LABEL.fullmatch(label):
        raise invalid_parameter(
            f"Value {label} for parameter Label is invalid. Reason: Can only include alphanumeric "
            "characters, hyphens, or underscores. 1 to 80 in length."
        )
    if not actions:
        raise missing_parameter("Actions")
    if not account_ids or not all(_ACCOUNT_ID.fullmatch(account) for account in account_ids):
        listed = ", ".join(account_ids)
        raise invalid_value("PrincipalId", f"[{listed}]", "Unable to verify.")
    if len(actions) > limits.POLICY_ACTIONS:
        raise over_limit(
            f"{len(actions)} Actions were found, maximum allowed is {limits.POLICY_ACTIONS}."
        )
    for action in actions:
        if action in _OWNERS_ONLY:
            reason = "Only the queue owner is allowed to invoke this action."
            raise invalid_value("ActionName", f"SQS:{action}", reason)
        if action not in _GRANTABLE:
            reason = "Please refer to the appropriate WSDL for a list of valid actions."
            raise invalid_value("ActionName", f"SQS:{action}", reason)


def _policy(queue: Queue) -> dict[str, Any]:
    """Return the queue's policy, or the one AddPermission starts with (recorded)."""
    text = queue.attributes.texts.get("Policy")
    if not text:
        return {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    policy: dict[str, Any] = json.loads(text)
    return {**policy, "Statement": policies.statements_of(policy)}


def _set_policy(queue: Queue, policy: dict[str, Any] | None) -> None:
    text = "" if policy is None else json.dumps(policy, separators=(",", ":"))
    queue.change_attributes(attributes.change(queue.attributes, {"Policy": text}))
