"""Which properties of a resource `Fn::GetAtt` gives: those that its type can be asked for.

Source: recorded; what a type's schema calls write-only (`writeOnlyProperties`) stays where it is.
"""

from __future__ import annotations

from typing import Any

_WRITE_ONLY = {
    "AWS::ApiGateway::Deployment": ("StageName", "StageDescription", "DeploymentCanarySettings"),
    "AWS::ApiGateway::RestApi": ("Body", "BodyS3Location", "CloneFrom", "Mode", "Parameters"),
    "AWS::ApiGatewayV2::Api": ("Body", "BodyS3Location", "CredentialsArn", "RouteKey", "Target"),
    "AWS::ApiGatewayV2::Deployment": ("StageName",),
    "AWS::Events::Connection": ("AuthParameters",),
    "AWS::IAM::User": ("LoginProfile",),
    "AWS::KMS::Key": ("PendingWindowInDays", "RotationPeriodInDays"),
    "AWS::Lambda::Function": ("Code", "SnapStart"),
    "AWS::Lambda::LayerVersion": ("Content",),
    "AWS::S3::Bucket": ("AccessControl",),
    "AWS::SNS::Subscription": ("Region",),
    "AWS::SSM::Parameter": ("Description", "Tier", "AllowedPattern", "Policies"),
    "AWS::SecretsManager::Secret": ("SecretString", "GenerateSecretString"),
    "AWS::StepFunctions::StateMachine": (
        "Definition",
        "DefinitionS3Location",
        "DefinitionSubstitutions",
    ),
}


def readable(kind: str, properties: dict[str, Any], attribute: str) -> Any:
    """Return the value at a property's path ("Name", "Quota.Limit"); None when none is told."""
    own = not kind.startswith("AWS::") or kind.startswith("AWS::CloudFormation::")
    if own or attribute.partition(".")[0] in _WRITE_ONLY.get(kind, ()):
        return None
    value: Any = properties
    for part in attribute.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
