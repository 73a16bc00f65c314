"""What a change set tells of each change: what is done, and what asks for it.

Source: API reference, "ResourceChange" and "ResourceChangeDetail", and recordings: with values, and
without, AWS tells different things.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.functions_in import references_in
from chalice_offline.services.cloudformation.plan import Action
from chalice_offline.services.cloudformation.property_text import text
from chalice_offline.services.cloudformation.resource_types import type_of
from chalice_offline.services.cloudformation.unknown import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.cloudformation.change_set import ChangeSet
    from chalice_offline.services.cloudformation.plan import Change

_KNOWN_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
# What is known later is shown without what it will be of.
_OF_WHAT = re.compile(r"(?<=\{\{changeSet:KNOWN_AFTER_APPLY)(:[^}]*)(?=\}\})")
_ACTIONS = {
    Action.CREATE: "Add",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.REMOVE: "Remove",
}
_TAGS = {
    "Target": {"Attribute": "Tags", "RequiresRecreation": "Never"},
    "Evaluation": "Static",
    "ChangeSource": "DirectModification",
}


def changes_of(found: ChangeSet, *, with_values: bool) -> list[Change]:
    """Return the changes that a change set tells of.

    With values it leaves out what changes only because another resource will (recorded).
    """
    if not with_values:
        return found.changes
    return [
        one
        for one in found.changes
        if one.action is not Action.UPDATE
        or one.retags
        or one.present is None
        or one.shown != one.present.properties
    ]


def described(change: Change, found: ChangeSet, *, with_values: bool) -> Result:
    """Return a change as DescribeChangeSet shows it."""
    shown: Result = {
        "Action": _ACTIONS[change.action],
        "LogicalResourceId": change.name,
        "ResourceType": change.kind,
        "Scope": [],
        "Details": [],
    }
    if change.present is not None and change.present.physical_id:
        shown["PhysicalResourceId"] = change.present.physical_id
    if change.action in (Action.UPDATE, Action.REPLACE):
        replaces = change.action is Action.REPLACE
        replacement = "True" if change.is_certain else "Conditional"
        shown["Replacement"] = replacement if replaces else "False"
        shown["Scope"] = [*["Properties"] * bool(change.changed), *["Tags"] * change.retags]
        for name in change.changed:
            shown["Details"] += _details(change, name, found, with_values=with_values)
        shown["Details"] += [_TAGS] * change.retags
        if replaces:
            shown["PolicyAction"] = "ReplaceAndDelete"
    if change.action is Action.REMOVE and change.present is not None:
        keeps = change.present.deletion_policy.startswith("Retain")
        shown["PolicyAction"] = "Retain" if keeps else "Delete"
    if with_values:
        if change.present is not None:
            shown["BeforeContext"] = json.dumps({"Properties": change.present.properties})
        if change.action is not Action.REMOVE:
            after = json.dumps({"Properties": change.shown})
            shown["AfterContext"] = _OF_WHAT.sub("", after)
    return shown


def _details(
    change: Change, name: str, found: ChangeSet, *, with_values: bool
) -> Iterator[dict[str, Any]]:
    """Yield what asks for a change of one property.

    A parameter, or another resource that is replaced, for certain; a resource that is changed,
    perhaps; else the template itself.
    """
    target = _target(change, name, with_values=with_values)
    causes = list(_causes(change, name, found, with_values=with_values))
    for source, entity, evaluation in causes:
        yield {
            "Target": target,
            "Evaluation": evaluation,
            "ChangeSource": source,
            "CausingEntity": entity,
        }
    sources = {source for source, _, _ in causes}
    if not causes:
        yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
    elif with_values or "ParameterReference" in sources:
        yield {"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"}


def _causes(
    change: Change, name: str, found: ChangeSet, *, with_values: bool
) -> Iterator[tuple[str, str, str]]:
    assert found.version is not None, "what has changes has a version"
    template = found.version.template
    written = template.resources[change.name].get("Properties", {}).get(name)
    others = {one.name: one for one in found.changes}
    for referred, attribute in dict.fromkeys(references_in(written)):
        entity = f"{referred}.{attribute}" if attribute else referred
        source = "ResourceAttribute" if attribute else "ResourceReference"
        other = others.get(referred)
        if referred in found.changed_parameters:
            yield "ParameterReference", referred, "Static"
        elif other is not None and other.action in (Action.REPLACE, Action.CREATE):
            yield source, entity, "Static"
        elif other is not None and attribute and not with_values:
            yield source, entity, "Dynamic"


def _target(change: Change, name: str, *, with_values: bool) -> dict[str, Any]:
    target: dict[str, Any] = {
        "Attribute": "Properties",
        "Name": name,
        "RequiresRecreation": "Always" if _recreates(change, name) else "Never",
    }
    if not with_values or change.present is None:
        return target
    before, after = change.present.properties, change.shown
    target["Path"] = f"/Properties/{name}"
    if name in before:
        target["BeforeValue"] = text(before[name])
    if name in after:
        value = after[name]
        target["AfterValue"] = _KNOWN_LATER if is_unknown(value) else text(value)
    kinds = {(True, True): "Modify", (False, True): "Add", (True, False): "Remove"}
    target["AttributeChangeType"] = kinds.get((name in before, name in after), "Modify")
    return target


def _recreates(change: Change, name: str) -> bool:
    type_ = type_of(change.kind)
    return type_ is not None and (type_.update is None or name == type_.name or name in type_.fixed)
