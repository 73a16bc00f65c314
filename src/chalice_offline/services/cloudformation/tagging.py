"""The tags that CloudFormation adds to what it makes: its own, and those of the stack.

Source: template reference, "CloudFormation resource tagging"; and of each type the `tagging` of its
schema: which property holds its tags, and whether the type gets CloudFormation's own
(`cloudFormationSystemTags`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.tags import is_reserved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.services.cloudformation.stack import Stack, StackResource

#: How CloudFormation says it of stacks; resources say it in the words of their service.
RESERVED = "aws: prefixed tag key names are not allowed for external use."
_OWN = "aws:cloudformation:"


@dataclass(frozen=True, slots=True)
class _Tagged:
    """The property with a type's tags: a list of keys and values, or a map."""

    prop: str = "Tags"
    is_map: bool = False
    gets_own: bool = True


_LIST, _MAP, _WITHOUT_OWN = _Tagged(), _Tagged(is_map=True), _Tagged(gets_own=False)

# Left out are types whose tags no service here holds: dashboards, code signing, what SES has.
_TYPES = {
    "AWS::ApiGateway::ApiKey": _LIST,
    "AWS::ApiGateway::DomainName": _LIST,
    "AWS::ApiGateway::RestApi": _LIST,
    "AWS::ApiGateway::Stage": _LIST,
    "AWS::ApiGateway::UsagePlan": _LIST,
    "AWS::ApiGatewayV2::Api": _MAP,
    "AWS::ApiGatewayV2::DomainName": _MAP,
    "AWS::ApiGatewayV2::Stage": _MAP,
    "AWS::ApiGatewayV2::VpcLink": _MAP,
    "AWS::CloudFormation::Stack": _LIST,
    "AWS::CloudWatch::Alarm": _LIST,
    "AWS::CloudWatch::CompositeAlarm": _LIST,
    "AWS::Cognito::IdentityPool": _Tagged("IdentityPoolTags"),
    "AWS::Cognito::UserPool": _Tagged("UserPoolTags", is_map=True),
    "AWS::DynamoDB::Table": _WITHOUT_OWN,
    "AWS::Events::EventBus": _LIST,
    "AWS::Events::Rule": _LIST,
    "AWS::IAM::Role": _WITHOUT_OWN,
    "AWS::IAM::User": _WITHOUT_OWN,
    "AWS::KMS::Key": _WITHOUT_OWN,
    "AWS::Kinesis::Stream": _LIST,
    "AWS::Lambda::EventSourceMapping": _LIST,
    "AWS::Lambda::Function": _LIST,
    "AWS::Logs::LogGroup": _LIST,
    "AWS::S3::Bucket": _LIST,
    "AWS::SNS::Topic": _LIST,
    "AWS::SQS::Queue": _WITHOUT_OWN,
    "AWS::SSM::Parameter": _MAP,
    "AWS::Scheduler::ScheduleGroup": _LIST,
    "AWS::SecretsManager::Secret": _LIST,
    "AWS::StepFunctions::Activity": _LIST,
    "AWS::StepFunctions::StateMachine": _LIST,
}


def added_tags(
    kind: str, stack: Stack, stack_tags: Mapping[str, str], logical_id: str
) -> dict[str, str]:
    """Return the tags that a resource of a stack gets besides those of its template."""
    tagged = _TYPES.get(kind)
    if tagged is None:
        return {}
    tags = _of_users(stack_tags)
    if tagged.gets_own:
        tags |= {
            f"{_OWN}stack-name": stack.name,
            f"{_OWN}stack-id": stack.id,
            f"{_OWN}logical-id": logical_id,
        }
    return tags


def with_added(
    kind: str, properties: dict[str, Any], added: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return properties with further tags; what the template says of a key goes before them.

    None stands for what was made before there were any. Raises AwsError for a template with a tag
    that only AWS may set.
    """
    tagged = _TYPES.get(kind)
    if tagged is None or added is None:
        return properties
    present = properties.get(tagged.prop) or ({} if tagged.is_map else [])
    keys = _keys(present)
    _check_keys(keys)
    more = {key: value for key, value in added.items() if key not in keys}
    if not more:
        return properties
    if isinstance(present, dict):
        return properties | {tagged.prop: present | more}
    if isinstance(present, list):
        listed = [{"Key": key, "Value": value} for key, value in more.items()]
        return properties | {tagged.prop: present + listed}
    return properties  # the service says what is wrong with it


def has_other_tags(one: StackResource, stack_tags: Mapping[str, str]) -> bool:
    """Whether a resource is to get other tags because its stack has others.

    What an older version of this program has made has none of these tags, and is not changed for
    that alone: nobody asked for it.
    """
    if one.kind not in _TYPES or one.added_tags is None:
        return False
    return _of_users(one.added_tags) != _of_users(stack_tags)


def _of_users(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags without AWS's own: those of a nested stack are about the stack, not its parts."""
    return {key: value for key, value in tags.items() if not is_reserved(key)}


def _keys(tags: Any) -> list[str]:
    if isinstance(tags, dict):
        return list(tags)
    listed = tags if isinstance(tags, list) else ()
    return [str(one["Key"]) for one in listed if isinstance(one, dict) and "Key" in one]


def _check_keys(keys: Iterable[str]) -> None:
    if any(is_reserved(key) for key in keys):
        raise AwsError("InvalidRequest", RESERVED)
