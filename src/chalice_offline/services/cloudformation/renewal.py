"""A reset of CloudFormation: stacks are forgotten, and what they made stays where it is.

The stack that a project's own resources are in stays: it would be there after a start.
"""

from __future__ import annotations

from chalice_offline.services.cloudformation.macros import Macros
from chalice_offline.services.cloudformation.state import CloudFormationState


def renewed(cloudformation: CloudFormationState) -> CloudFormationState:
    """Return CloudFormation with nothing but the stacks of projects, nested ones included."""
    kept = {one.id: one for one in cloudformation.stacks.values() if one.is_project}
    kept |= {one.id: one for one in cloudformation.stacks.values() if one.root_id in kept}
    under_way = {}
    for stack_id, deployment in cloudformation.deployments.items():
        if stack_id in kept:
            under_way[stack_id] = deployment
        else:
            deployment.abandon()
    for stack in cloudformation.stacks.values():
        if stack.id not in kept:
            cloudformation.record.forget(stack)
    if not any(stack.is_busy for stack in kept.values()):  # else it may wait for one of them
        cloudformation.callbacks.forget()
    fresh = CloudFormationState(cloudformation.kernel, cloudformation.callbacks)
    fresh.stacks, fresh.deployments = kept, under_way
    fresh.macros = Macros(cloudformation.macros.of_stacks(kept))
    return fresh
