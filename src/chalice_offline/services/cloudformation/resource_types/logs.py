"""CloudWatch Logs: groups, streams, filters, policies. Properties: AWS::Logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    keyed,
    named,
    retagged,
)

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.resource_types.base import (
        Place,
        Properties,
        Resource,
    )


def _retention(place: Place, group: Resource, properties: Properties) -> None:
    name = {"logGroupName": group.reference}
    days = properties.get("RetentionInDays")
    if days:
        place.call("logs", "PutRetentionPolicy", {**name, "retentionInDays": days})
    elif "RetentionInDays" in properties:
        place.call("logs", "DeleteRetentionPolicy", name)


def _retag(place: Place, group: Resource, before: Properties, after: Properties) -> None:
    identified = {"resourceArn": place.arn("logs", f"log-group:{group.reference}")}
    retagged(place, "logs", identified, before, after, how="map")


TYPES = {
    "AWS::Logs::LogGroup": by_calls(
        "logs",
        "CreateLogGroup",
        named(Arn="arn:{partition}:logs:{region}:{account}:log-group:{name}:*"),
        name="LogGroupName",
        key=keyed("logGroupName"),
        delete="DeleteLogGroup",
        finish=_retention,
        finished=("RetentionInDays", "DataProtectionPolicy", "FieldIndexPolicies"),
        change=_retag,
        tags="map",
        longest=512,
    ),
    "AWS::Logs::LogStream": by_calls(
        "logs",
        "CreateLogStream",
        named(),
        name="LogStreamName",
        key=keyed("logStreamName", "LogGroupName"),
        delete="DeleteLogStream",
        fixed=("LogGroupName",),
    ),
    "AWS::Logs::MetricFilter": by_calls(
        "logs",
        "PutMetricFilter",
        named(),
        name="FilterName",
        key=keyed("filterName", "LogGroupName"),
        delete="DeleteMetricFilter",
        update="PutMetricFilter",
        fixed=("LogGroupName",),
    ),
    "AWS::Logs::SubscriptionFilter": by_calls(
        "logs",
        "PutSubscriptionFilter",
        named(),
        name="FilterName",
        key=keyed("filterName", "LogGroupName"),
        delete="DeleteSubscriptionFilter",
        update="PutSubscriptionFilter",
        fixed=("LogGroupName",),
    ),
    "AWS::Logs::ResourcePolicy": by_calls(
        "logs",
        "PutResourcePolicy",
        named(),
        name="PolicyName",
        key=keyed("policyName"),
        delete="DeleteResourcePolicy",
        update="PutResourcePolicy",
    ),
}
