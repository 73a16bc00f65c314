"""Services and members as the AWS SDKs name them, where botocore's names differ.

Scheduler's universal targets and the SDK integrations of Step Functions both name a service by its
service id in lower case without spaces, and spell all members with a capital.
"""

from __future__ import annotations

from typing import Any

# Service ids that differ from botocore's service names; the others are the same.
_NAMES = {
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentity": "cognito-identity",
    "cognitoidentityprovider": "cognito-idp",
    "databasemigration": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "emrserverless": "emr-serverless",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "timestreamwrite": "timestream-write",
}


def botocore_name(sdk_name: str) -> str:
    """Return botocore's name of a service."""
    return _NAMES.get(sdk_name, sdk_name)


def shaped(value: Any, shape: Any) -> Any:
    """Return parameters as an operation takes them: the model's names, blobs as bytes."""
    if shape.type_name == "structure" and isinstance(value, dict):
        by_name = {name.lower(): name for name in shape.members}
        return {
            by_name[name.lower()]: shaped(member, shape.members[by_name[name.lower()]])
            for name, member in value.items()
            if name.lower() in by_name
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [shaped(member, shape.member) for member in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: shaped(member, shape.value) for name, member in value.items()}
    if shape.type_name == "blob" and isinstance(value, str):
        return value.encode()
    return value
