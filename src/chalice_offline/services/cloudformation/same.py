"""Whether an update would change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.outputs import outputs_of
from chalice_offline.services.cloudformation.plan import Action

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.plan import Change
    from chalice_offline.services.cloudformation.stack import Stack, TemplateVersion

_ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Metadata")


def says_the_same(
    stack: Stack, version: TemplateVersion, inputs: Inputs, plan: list[Change]
) -> bool:
    """Whether a version has the resources, outputs and tags that the stack has now."""
    present = stack.version
    if present is None or any(change.action is not Action.KEEP for change in plan):
        return False
    if present.tags != version.tags:
        return False
    for change in plan:
        was = present.template.resources.get(change.name, {})
        wanted = version.template.resources[change.name]
        if any(was.get(name) != wanted.get(name) for name in _ATTRIBUTES):
            return False
    there = {name: one.resource for name, one in stack.resources.items()}
    try:
        outputs = outputs_of(version, Intrinsics(version.template, inputs, there))
    except AwsError:
        return False  # the update will say what is wrong
    return outputs == stack.outputs
