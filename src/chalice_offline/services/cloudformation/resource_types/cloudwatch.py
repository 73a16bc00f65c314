"""CloudWatch: alarms and dashboards. Properties: AWS::CloudWatch, template reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    named,
    retagged,
)

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.resource_types.base import (
        Place,
        Properties,
        Resource,
    )


def _alarm(resource: Resource, _properties: Properties) -> dict[str, Any]:
    return {"AlarmName": resource.reference, "AlarmNames": [resource.reference]}


def _retag(place: Place, alarm: Resource, before: Properties, after: Properties) -> None:
    identified = {"ResourceARN": alarm.attributes["Arn"]}
    retagged(place, "cloudwatch", identified, before, after)


_ALARM_ARN = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"

TYPES = {
    "AWS::CloudWatch::Alarm": by_calls(
        "cloudwatch",
        "PutMetricAlarm",
        named(Arn=_ALARM_ARN),
        name="AlarmName",
        key=_alarm,
        delete="DeleteAlarms",
        update="PutMetricAlarm",
        change=_retag,
        tags="list",
    ),
    "AWS::CloudWatch::CompositeAlarm": by_calls(
        "cloudwatch",
        "PutCompositeAlarm",
        named(Arn=_ALARM_ARN),
        name="AlarmName",
        key=_alarm,
        delete="DeleteAlarms",
        update="PutCompositeAlarm",
        change=_retag,
        tags="list",
    ),
    "AWS::CloudWatch::Dashboard": by_calls(
        "cloudwatch",
        "PutDashboard",
        named(),
        name="DashboardName",
        key=lambda board, _: {
            "DashboardName": board.reference,
            "DashboardNames": [board.reference],
        },
        delete="DeleteDashboards",
        update="PutDashboard",
    ),
}
