"""A reset of CloudFormation: stacks are forgotten, and what they made stays where it is.

The stack that a project's own resources are in stays: it would be there after a start.
"""

from __future__ import annotations

from chalice_offline.services.cloudformation.callbacks import Callbacks
from chalice_offline.services.cloudformation.state import CloudFormationState


def renewed(cloudformation: CloudFormationState) -> CloudFormationState:
    """Return CloudFormation with nothing but the stacks of projects, nested ones included."""
    kept = {one.id: one for one in cloudformation.stacks.values() if one.is_project}
    kept |= {one.id: one for one in cloudformation.stacks.values() if one.root_id in kept}
    for deployment in cloudformation.deployments.values():
        deployment.abandon()
    for stack in cloudformation.stacks.values():
        if stack.id not in kept:
            cloudformation.record.forget(stack)
    fresh = CloudFormationState(cloudformation.kernel, Callbacks(cloudformation.kernel))
    fresh.stacks = kept
    return fresh
