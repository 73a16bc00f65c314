"""Whether an update would change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.outputs import outputs_of
from chalice_offline.services.cloudformation.plan import Action

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.plan import Wanted
    from chalice_offline.services.cloudformation.stack import Stack

_ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Metadata")


def says_the_same(stack: Stack, wanted: Wanted) -> bool:
    """Whether what is wanted has the resources, outputs and tags that the stack has now."""
    present, version = stack.version, wanted.version
    if present is None or any(change.action is not Action.KEEP for change in wanted.plan):
        return False
    if present.tags != version.tags:
        return False
    for change in wanted.plan:
        was = present.template.resources.get(change.name, {})
        declared = version.template.resources[change.name]
        if any(was.get(name) != declared.get(name) for name in _ATTRIBUTES):
            return False
    there = {name: one.resource for name, one in stack.resources.items()}
    settings = {name: one.properties for name, one in stack.resources.items()}
    try:
        values = Intrinsics(version.template, wanted.inputs, there, settings)
        outputs = outputs_of(version, values)
    except AwsError:
        return False  # the update will say what is wrong
    return outputs == stack.outputs
