"""What a template may do only when the request acknowledges it.

Source: CloudFormation API reference, "CreateStack", Capabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.errors import insufficient_capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.services.cloudformation.template import Template

IAM, NAMED_IAM, AUTO_EXPAND = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"

# The types that count, and the property with which one gets a name of its own.
_NAMES = {
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": "",
}


def required_capabilities(template: Template) -> tuple[list[str], str]:
    """Return the capabilities a template asks for, and a sentence with the resources that do."""
    named: list[str] = []
    plain: list[str] = []
    for name, resource in template.resources.items():
        kind = resource["Type"]
        if kind not in _NAMES:
            continue
        has_name = _NAMES[kind] and _NAMES[kind] in resource.get("Properties", {})
        (named if has_name else plain).append(name)
    if not named and not plain:
        return [], ""
    reason = f"The following resource(s) require capabilities: [{_types(template, plain + named)}]"
    return [NAMED_IAM if named else IAM], reason


def check_capabilities(template: Template, given: Iterable[str], *, expands: bool) -> None:
    """Raise InsufficientCapabilitiesException for what is not acknowledged."""
    given = set(given)
    required, _ = required_capabilities(template)
    missing = [one for one in required if one not in given]
    if IAM in missing and NAMED_IAM in given:
        missing.remove(IAM)
    if expands and AUTO_EXPAND not in given:
        missing.append(AUTO_EXPAND)
    if missing:
        raise insufficient_capabilities(missing)


def _types(template: Template, names: list[str]) -> str:
    return ", ".join(sorted({str(template.resources[name]["Type"]) for name in names}))
