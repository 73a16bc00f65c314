"""Puts together what carries out an operation on a stack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.deployment import Deployment
from chalice_offline.services.cloudformation.exports import check_exports
from chalice_offline.services.cloudformation.history import History
from chalice_offline.services.cloudformation.resource_types.base import Place
from chalice_offline.services.cloudformation.stage import StackStage
from chalice_offline.services.cloudformation.state import PRINCIPAL
from chalice_offline.services.cloudformation.workshop import Workshop

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.state import CloudFormationState


def deployment_of(
    cloudformation: CloudFormationState, context: CallContext, stack: Stack
) -> Deployment:
    """Return a new operation on a stack; it tells those who watch the stack's ARN when it ends."""
    kernel = cloudformation.kernel
    causes = (context.entry,)
    history = History(kernel, stack, causes)
    call = cloudformation.caller(stack, causes, context.endpoint)

    def deliver(operation: str, request: dict[str, Any]) -> Reply:
        return kernel.deliver(
            "cloudformation",
            operation,
            request,
            account_id=stack.account_id,
            region=stack.region,
            causes=causes,
            principal=PRINCIPAL,
            endpoint=context.endpoint,
        )

    def place_for(logical_id: str) -> Place:
        stage = StackStage(
            kernel,
            cloudformation.callbacks,
            cloudformation.macros,
            stack,
            logical_id,
            context.endpoint,
            deliver,
        )
        return Place(call, stack.account_id, stack.region, stage, call.in_region)

    def ended(done: Deployment) -> None:
        if not done.can_go_on:
            cloudformation.deployments.pop(stack.id, None)
        cloudformation.record.write(stack)
        kernel.signal(stack.id)

    workshop = Workshop(kernel, stack, history, place_for)
    check = partial(check_exports, cloudformation, stack)
    deployment = Deployment(kernel, stack, workshop, history, ended, check)
    cloudformation.deployments[stack.id] = deployment
    return deployment


def history_of(cloudformation: CloudFormationState, context: CallContext, stack: Stack) -> History:
    """Return what writes the events of a stack that is not being worked on."""
    return History(cloudformation.kernel, stack, (context.entry,))
