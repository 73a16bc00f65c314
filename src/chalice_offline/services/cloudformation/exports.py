"""Exports: each name belongs to one stack of a region, and stays while another stack imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.errors import validation_error

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.state import CloudFormationState


def check_exports(
    cloudformation: CloudFormationState, stack: Stack, outputs: list[dict[str, str]]
) -> None:
    """Raise ValidationError when a stack may not have these outputs in place of its own."""
    present = cloudformation.exports(stack.account_id, stack.region)
    wanted: dict[str, str] = {}
    for one in outputs:
        name = one.get("ExportName")
        if name is None:
            continue
        owner = present.get(name, (stack, ""))[0]
        if name in wanted or owner is not stack:
            raise validation_error(
                f"Export with name {name} is already exported by stack {owner.name}"
            )
        wanted[name] = one["OutputValue"]
    for name, value in stack.exports().items():
        if wanted.get(name) != value:
            _check_unused(cloudformation, stack, name, "updated" if name in wanted else "deleted")


def check_exports_are_unused(cloudformation: CloudFormationState, stack: Stack) -> None:
    """Raise ValidationError when another stack imports what this one exports."""
    for name in stack.exports():
        _check_unused(cloudformation, stack, name, "deleted")


def _check_unused(cloudformation: CloudFormationState, stack: Stack, name: str, doing: str) -> None:
    users = [
        other.name
        for other in cloudformation.stacks.values()
        if name in other.imports
        and (other.account_id, other.region) == (stack.account_id, stack.region)
        and not other.is_deleted
        and other is not stack
    ]
    if users:
        raise validation_error(
            f"Export {name} cannot be {doing} as it is in use by {' and '.join(users)}"
        )
