"""What a request wants a stack to be: found out at once, or once macros have run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.macros import refused
from chalice_offline.services.cloudformation.plan import Wanted, plan_of
from chalice_offline.services.cloudformation.unknown import later
from chalice_offline.services.cloudformation.versions import (
    check_macros,
    values_for_transforms,
    version_of,
    written_template,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.plan import Change
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.state import CloudFormationState
    from chalice_offline.services.cloudformation.steps import Steps


@dataclass(frozen=True, slots=True)
class Asked:
    """The steps that find it out. `takes_time`: functions are run, whose answers come later."""

    steps: Steps[Wanted]
    takes_time: bool


def asked(
    cloudformation: CloudFormationState,
    context: CallContext,
    request: Request,
    stack: Stack,
    *,
    may_expand: bool = False,
) -> Asked:
    """Return how to find out what a request wants of a stack; raises what is wrong at first sight.

    `may_expand`: it is a change set, which shows what macros made instead of asking for leave, and
    may import what is still to be exported.
    """
    call = cloudformation.caller(stack, (context.entry,), context.endpoint)
    written = written_template(request, call, stack)
    values = values_for_transforms(written, request, stack, call)
    runs = written.has_macros and not request.get("IsHeld")
    run = cloudformation.macro_runner(stack, call, values).run if runs else refused
    if runs:
        check_macros(written, request, stack, call, may_expand=may_expand)
    blank = cloudformation.inputs(stack, {})

    def steps() -> Steps[Wanted]:
        version = yield from version_of(
            request, written, call, blank, stack, values, run, may_expand=may_expand
        )
        inputs = cloudformation.inputs(stack, version.parameters, version.notification_arns)
        missing: list[str] = []
        seen = _with_exports_to_come(inputs, missing) if may_expand else inputs
        plan = plan_of(version.template, seen, stack.resources, version.tags)
        return Wanted(version, inputs, plan, _warning(plan, missing))

    return Asked(steps(), runs)


def _with_exports_to_come(inputs: Inputs, missing: list[str]) -> Inputs:
    """Return inputs with a value for each export; those that are still missing are noted."""

    def exported(name: str) -> str:
        value = inputs.exported(name)
        if value is None:
            missing.append(name)
            return _export(name)
        return value

    return replace(inputs, exported=exported)


def _export(name: str) -> str:
    return later(f"export {name}")


def _warning(plan: list[Change], missing: list[str]) -> str:
    """Say which resource wants an export that is missing; "" when none does (recorded)."""
    if not missing:
        return ""
    name = missing[0]
    asks = [one.name for one in plan if _export(name) in str(one.properties)]
    return (
        "[WARN] --include-property-values option can return incomplete ChangeSet data because: "
        f"ChangeSet creation failed for resource [{', '.join(asks)}] because: No export named "
        f"{name}"
    )
