"""KMS keys and aliases. Properties: AWS::KMS, template reference."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    replied,
    retagged,
)


def _identified(key: Resource, properties: Properties) -> dict[str, Any]:
    return {"KeyId": key.reference, "Description": properties.get("Description", "")}


def _finish(place: Place, key: Resource, properties: Properties) -> None:
    identified = {"KeyId": key.reference}
    if "EnableKeyRotation" in properties:
        rotates = text(properties["EnableKeyRotation"]) == "true"
        place.call("kms", "EnableKeyRotation" if rotates else "DisableKeyRotation", identified)
    if "Enabled" in properties:
        enabled = text(properties["Enabled"]) != "false"
        place.call("kms", "EnableKey" if enabled else "DisableKey", identified)


def _change(place: Place, key: Resource, before: Properties, after: Properties) -> None:
    identified = {"KeyId": key.reference}
    if "KeyPolicy" in after:
        request = identified | {"PolicyName": "default", "Policy": text(after["KeyPolicy"])}
        place.call("kms", "PutKeyPolicy", request)
    retagged(place, "kms", identified, before, after, how="TagKey")


def _create_alias(place: Place, _name: str, properties: Properties) -> Resource:
    place.call("kms", "CreateAlias", properties)
    return Resource(properties["AliasName"])


def _update_alias(
    place: Place, _alias: Resource, _before: Properties, after: dict[str, Any]
) -> None:
    place.call("kms", "UpdateAlias", after)


TYPES = {
    "AWS::KMS::Key": by_calls(
        "kms",
        "CreateKey",
        replied("KeyMetadata.KeyId", Arn="KeyMetadata.Arn", KeyId="KeyMetadata.KeyId"),
        key=_identified,
        delete="ScheduleKeyDeletion",
        update="UpdateKeyDescription",
        finish=_finish,
        finished=(
            "EnableKeyRotation", "Enabled", "PendingWindowInDays", "RotationPeriodInDays",
        ),
        change=_change,
        spelled={"KeyPolicy": "Policy"},
        fixed=("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
        tags="TagKey",
    ),
    "AWS::KMS::Alias": ResourceType(
        _create_alias,
        lambda place, alias, _: place.call("kms", "DeleteAlias", {"AliasName": alias.reference}),
        update=_update_alias,
        fixed=("AliasName",),
    ),
}  # fmt: skip
