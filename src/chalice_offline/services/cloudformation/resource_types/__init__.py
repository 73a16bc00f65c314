"""The resource types of CloudFormation that exist offline, by name; one module per service."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.resource_types import (
    api_gateway,
    api_gateway_access,
    api_gateway_v2,
    aws_lambda,
    cloudwatch,
    cognito,
    custom,
    events,
    global_tables,
    iam,
    kms,
    logs,
    s3,
    ses,
    settings,
    sns,
    sqs,
    stacks,
    streams,
)
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Resource,
    ResourceType,
)

TYPES: dict[str, ResourceType] = {
    **sqs.TYPES,
    **sns.TYPES,
    **s3.TYPES,
    **streams.TYPES,
    **global_tables.TYPES,
    **events.TYPES,
    **settings.TYPES,
    **iam.TYPES,
    **logs.TYPES,
    **cloudwatch.TYPES,
    **kms.TYPES,
    **cognito.TYPES,
    **ses.TYPES,
    **stacks.TYPES,
    **custom.TYPES,
    **aws_lambda.TYPES,
    **api_gateway.TYPES,
    **api_gateway_access.TYPES,
    **api_gateway_v2.TYPES,
}

_CUSTOM = "AWS::CloudFormation::CustomResource"

# Types that stand for nothing a program could notice.
INERT = frozenset({"AWS::CDK::Metadata"})


def type_of(kind: str) -> ResourceType | None:
    """Return a type by its name; None for those that nobody emulates."""
    return TYPES.get(_CUSTOM if kind.startswith("Custom::") else kind)


# Types that are named otherwise than the service that botocore makes them with.
_SERVICES = {"cognito": "cognito-idp"}
_IDENTITY_POOLS = "AWS::Cognito::IdentityPool"


def service_of(kind: str) -> str:
    """Return the service that holds a resource of a type, as botocore spells it."""
    if kind.startswith(_IDENTITY_POOLS):
        return "cognito-identity"
    named = kind.split("::")[1].lower() if "::" in kind else ""
    return _SERVICES.get(named, named)


class _Placeholders(dict[str, Any]):
    """Attributes of what does not exist: each has a text, so that the rest can be made."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __contains__(self, _attribute: object) -> bool:
        return True

    def __missing__(self, attribute: str) -> str:
        text = f"{self._name}.{attribute}"
        # Policies that name it are refused by IAM unless it looks like an ARN.
        return f"arn:aws:offline:::{text}" if attribute.endswith("Arn") else text


def placeholder(name: str) -> Resource:
    """Return what stands for a resource that nobody emulates."""
    return Resource(name, _Placeholders(name))


__all__ = ["INERT", "TYPES", "Place", "Resource", "ResourceType", "placeholder", "type_of"]
