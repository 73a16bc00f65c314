"""The resource types of CloudFormation that exist offline, by name; one module per service."""

from chalice_offline.chalice_app.cloudformation.resource_types import (
    events,
    s3,
    settings,
    sns,
    sqs,
    streams,
)
from chalice_offline.chalice_app.cloudformation.resource_types.base import (
    Place,
    Resource,
    ResourceType,
)

TYPES: dict[str, ResourceType] = {
    **sqs.TYPES,
    **sns.TYPES,
    **s3.TYPES,
    **streams.TYPES,
    **events.TYPES,
    **settings.TYPES,
}

# Types that change nothing an offline handler could notice: permissions are not enforced here,
# alarms watch nothing, keys encrypt nothing.
INERT = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
    }
)

__all__ = ["INERT", "TYPES", "Place", "Resource", "ResourceType"]
