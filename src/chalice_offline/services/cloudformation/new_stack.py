"""A stack that does not exist yet: its name, checked, and its id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.stack import Stack

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.cloudformation.state import CloudFormationState

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")


def new_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request, status: str
) -> Stack:
    """Return a stack of the name that a request gives, not kept yet; ValidationError."""
    name = str(request["StackName"])
    if _NAME.fullmatch(name) is None:
        raise validation_error(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    if len(name) > 128:
        raise validation_error(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
            "constraint: Member must have length less than or equal to 128"
        )
    stack = Stack(
        name,
        context.account_id,
        context.region,
        cloudformation.kernel.ids.uuid(),
        context.now_ms,
        status=status,
    )
    parent = cloudformation.stacks.get(str(request.get("ParentId", "")))
    if parent is not None:
        stack.parent_id, stack.root_id = parent.id, parent.root_id or parent.id
    return stack


def new_policy(request: Request) -> str:
    """Return the stack policy of a request, "" for none; ValidationError when it is no policy."""
    import json

    body = request.get("StackPolicyBody")
    if body and request.get("StackPolicyURL"):
        raise validation_error("You cannot specify both StackPolicyURL and StackPolicyBody")
    if not body:
        return ""
    try:
        policy = json.loads(body)
    except ValueError:
        policy = None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, list | dict) or len(body) > limits.TEMPLATE_BODY_BYTES:
        raise validation_error("Error validating stack policy: Invalid stack policy")
    return str(body)
