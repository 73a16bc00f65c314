"""Event buses, rules, archives, connections, API destinations; schedules and their groups.

Properties: AWS CloudFormation template reference, AWS::Events and AWS::Scheduler.
"""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    only,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import retagged

# ---- buses ---------------------------------------------------------------------------------------


def _create_bus(place: Place, bus: str, properties: Properties) -> Resource:
    request = {"Name": bus} | only(properties, "Description", "DeadLetterConfig", "Tags")
    place.call("events", "CreateEventBus", request)
    return Resource(bus, {"Arn": place.arn("events", f"event-bus/{bus}"), "Name": bus})


def _complete_bus(place: Place, bus: Resource, properties: Properties) -> None:
    if "Policy" in properties:
        policy = {"EventBusName": bus.reference, "Policy": text(properties["Policy"])}
        place.call("events", "PutPermission", policy)


def _update_bus(place: Place, bus: Resource, before: Properties, after: Properties) -> None:
    settings = {"Description": "", **only(after, "Description", "DeadLetterConfig")}
    place.call("events", "UpdateEventBus", {"Name": bus.reference, **settings})
    if "Policy" in before and "Policy" not in after:
        request = {"EventBusName": bus.reference, "RemoveAllPermissions": True}
        place.call("events", "RemovePermission", request)
    _complete_bus(place, bus, after)
    tags = {"ResourceARN": bus.attributes["Arn"]}
    if after.get("Tags"):
        place.call("events", "TagResource", {**tags, "Tags": after["Tags"]})
    if gone := gone_tags(before, after):
        place.call("events", "UntagResource", {**tags, "TagKeys": gone})


def _delete_bus(place: Place, bus: Resource, _properties: Properties) -> None:
    place.call("events", "DeleteEventBus", {"Name": bus.reference})


def _put_permission(place: Place, _policy: Resource, properties: Properties) -> None:
    request = only(properties, "EventBusName", "StatementId", "Action", "Principal", "Condition")
    if "Statement" in properties:
        statement = {"Sid": properties["StatementId"], **properties["Statement"]}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        request = only(properties, "EventBusName") | {"Policy": json.dumps(document)}
    place.call("events", "PutPermission", request)


def _remove_permission(place: Place, _policy: Resource, properties: Properties) -> None:
    request = only(properties, "EventBusName", "StatementId")
    place.call("events", "RemovePermission", request)


# ---- rules ---------------------------------------------------------------------------------------


def _put_rule(place: Place, rule: str, properties: Properties) -> Resource:
    request = {"Name": rule} | only(
        properties, "EventBusName", "ScheduleExpression", "State", "Description", "RoleArn", "Tags"
    )
    if "EventPattern" in properties:
        request["EventPattern"] = text(properties["EventPattern"])
    arn = place.call("events", "PutRule", request)["RuleArn"]
    bus = properties.get("EventBusName", "default")
    return Resource(rule if bus == "default" else f"{bus}|{rule}", {"Arn": arn})


def _put_targets(place: Place, rule: Resource, properties: Properties) -> None:
    targets = properties.get("Targets", [])
    if not targets:
        return
    reply = place.call("events", "PutTargets", _rule(rule, properties) | {"Targets": targets})
    if reply.get("FailedEntryCount"):
        raise ValueError(reply["FailedEntries"])


def _update_rule(place: Place, rule: Resource, before: Properties, after: Properties) -> None:
    # What PutRule does not name it takes away, but for the state, which it sets to enabled.
    _put_rule(place, _name_of(rule), after)
    kept = set(_target_ids(after))
    _remove_targets(place, rule, before, except_for=kept)
    _put_targets(place, rule, after)
    retagged(place, "events", {"ResourceARN": rule.attributes["Arn"]}, before, after)


def _remove_targets(
    place: Place, rule: Resource, properties: Properties, *, except_for: set[str]
) -> None:
    gone = [one for one in _target_ids(properties) if one not in except_for]
    if gone:
        place.call("events", "RemoveTargets", _rule(rule, properties) | {"Ids": gone})


def _target_ids(properties: Properties) -> list[str]:
    """Return the targets' ids; what is no target was never put, also where it is taken back."""
    targets = properties.get("Targets")
    if not isinstance(targets, list):
        return []
    ids = [target.get("Id") for target in targets if isinstance(target, dict)]
    return [one for one in ids if isinstance(one, str)]


def _delete_rule(place: Place, rule: Resource, properties: Properties) -> None:
    _remove_targets(place, rule, properties, except_for=set())
    request = {"Name": _name_of(rule)} | only(properties, "EventBusName")
    place.call("events", "DeleteRule", request)


def _name_of(rule: Resource) -> str:
    return rule.reference.rpartition("|")[2]


def _rule(rule: Resource, properties: Properties) -> dict[str, Any]:
    return {"Rule": _name_of(rule)} | only(properties, "EventBusName")


# ---- archives, connections, API destinations -----------------------------------------------------


def _archive_request(archive: str, properties: Properties) -> dict[str, Any]:
    request = {"ArchiveName": archive} | only(properties, "Description", "RetentionDays")
    if "EventPattern" in properties:
        request["EventPattern"] = text(properties["EventPattern"])
    return request


def _create_archive(place: Place, archive: str, properties: Properties) -> Resource:
    request = _archive_request(archive, properties) | {"EventSourceArn": properties["SourceArn"]}
    arn = place.call("events", "CreateArchive", request)["ArchiveArn"]
    return Resource(archive, {"Arn": arn, "ArchiveName": archive})


def _update_archive(
    place: Place, archive: Resource, _before: Properties, after: Properties
) -> None:
    place.call("events", "UpdateArchive", _archive_request(archive.reference, after))


def _delete_archive(place: Place, archive: Resource, _properties: Properties) -> None:
    place.call("events", "DeleteArchive", {"ArchiveName": archive.reference})


def _create_connection(place: Place, connection: str, properties: Properties) -> Resource:
    request = {"Name": connection}
    request |= only(properties, "AuthorizationType", "AuthParameters", "Description")
    arn = place.call("events", "CreateConnection", request)["ConnectionArn"]
    return Resource(connection, {"Arn": arn})


def _update_connection(
    place: Place, connection: Resource, _before: Properties, after: Properties
) -> None:
    request = {"Name": connection.reference}
    request |= only(after, "AuthorizationType", "AuthParameters", "Description")
    place.call("events", "UpdateConnection", request)


def _delete_connection(place: Place, connection: Resource, _properties: Properties) -> None:
    place.call("events", "DeleteConnection", {"Name": connection.reference})


def _create_api_destination(place: Place, destination: str, properties: Properties) -> Resource:
    request = properties | {"Name": destination}
    arn = place.call("events", "CreateApiDestination", request)["ApiDestinationArn"]
    return Resource(destination, {"Arn": arn})


def _update_api_destination(
    place: Place, destination: Resource, _before: Properties, after: Properties
) -> None:
    request = after | {"Name": destination.reference}
    place.call("events", "UpdateApiDestination", request)


def _delete_api_destination(place: Place, destination: Resource, _properties: Properties) -> None:
    place.call("events", "DeleteApiDestination", {"Name": destination.reference})


# ---- schedules -----------------------------------------------------------------------------------


def _create_schedule(place: Place, schedule: str, properties: Properties) -> Resource:
    request = properties | {"Name": schedule}
    arn = place.call("scheduler", "CreateSchedule", request)["ScheduleArn"]
    return Resource(schedule, {"Arn": arn})


def _update_schedule(
    place: Place, schedule: Resource, _before: Properties, after: Properties
) -> None:
    place.call("scheduler", "UpdateSchedule", after | {"Name": schedule.reference})


def _delete_schedule(place: Place, schedule: Resource, properties: Properties) -> None:
    request = {"Name": schedule.reference} | only(properties, "GroupName")
    place.call("scheduler", "DeleteSchedule", request)


def _create_group(place: Place, group: str, properties: Properties) -> Resource:
    request = {"Name": group} | only(properties, "Tags")
    arn = place.call("scheduler", "CreateScheduleGroup", request)["ScheduleGroupArn"]
    return Resource(group, {"Arn": arn})


def _update_group(place: Place, group: Resource, before: Properties, after: Properties) -> None:
    tags = {"ResourceArn": group.attributes["Arn"]}
    if after.get("Tags"):
        place.call("scheduler", "TagResource", {**tags, "Tags": after["Tags"]})
    if gone := gone_tags(before, after):
        place.call("scheduler", "UntagResource", {**tags, "TagKeys": gone})


def _delete_group(place: Place, group: Resource, _properties: Properties) -> None:
    place.call("scheduler", "DeleteScheduleGroup", {"Name": group.reference})


TYPES = {
    "AWS::Events::EventBus": ResourceType(
        _create_bus,
        _delete_bus,
        complete=_complete_bus,
        update=_update_bus,
        name="Name",
        fixed=("EventSourceName",),
    ),
    "AWS::Events::EventBusPolicy": ResourceType(
        lambda _place, name, _properties: Resource(name),
        _remove_permission,
        complete=_put_permission,
        update=lambda place, policy, _before, after: _put_permission(place, policy, after),
        fixed=("EventBusName", "StatementId"),
    ),
    "AWS::Events::Rule": ResourceType(
        _put_rule,
        _delete_rule,
        complete=_put_targets,
        look=lambda place, name, properties: place.call(
            "events", "DescribeRule", {"Name": name} | only(properties, "EventBusName")
        ),
        update=_update_rule,
        name="Name",
        fixed=("EventBusName",),
    ),
    "AWS::Events::Archive": ResourceType(
        _create_archive,
        _delete_archive,
        update=_update_archive,
        name="ArchiveName",
        fixed=("SourceArn",),
    ),
    "AWS::Events::Connection": ResourceType(
        _create_connection, _delete_connection, update=_update_connection, name="Name"
    ),
    "AWS::Events::ApiDestination": ResourceType(
        _create_api_destination,
        _delete_api_destination,
        update=_update_api_destination,
        name="Name",
    ),
    "AWS::Scheduler::Schedule": ResourceType(
        _create_schedule,
        _delete_schedule,
        update=_update_schedule,
        name="Name",
        fixed=("GroupName",),
    ),
    "AWS::Scheduler::ScheduleGroup": ResourceType(
        _create_group, _delete_group, update=_update_group, name="Name"
    ),
}
