"""Errors of API calls as Step Functions names them: Lambda.TooManyRequestsException and so on.

Optimised integrations speak as version 1 of the AWS SDK for Java does, aws-sdk integrations as
version 2 (both recorded on AWS).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.protocols import load_service
from chalice_offline.services.stepfunctions.language.failures import StateFailure

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.ids import Ids

# botocore's service -> what its errors begin with, the service's name in their text, and the
# exception for codes without a class of their own.
_OPTIMISED = {
    "athena": ("Athena", "AmazonAthena", "AmazonAthenaException"),
    "batch": ("Batch", "AWSBatch", "AWSBatchException"),
    "codebuild": ("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "ecs": ("ECS", "AmazonECS", "AmazonECSException"),
    "events": ("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "glue": ("Glue", "AWSGlue", "AWSGlueException"),
    "lambda": ("Lambda", "AWSLambda", "AWSLambdaException"),
    "sns": ("SNS", "AmazonSNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQS", "AmazonSQSException"),
    "stepfunctions": ("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")


def api_failure(service: str, error: AwsError, ids: Ids) -> StateFailure:
    """Return the failure of an optimised integration."""
    prefix, name, other = _OPTIMISED[service]
    status, code, shape = _known(service, error)
    cause = (
        f"{error.message} (Service: {name}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {ids.uuid()}; Proxy: null)"
    )
    return StateFailure(f"{prefix}.{_exception(shape) if shape else other}", cause)


def sdk_failure(service: str, error: AwsError, ids: Ids) -> StateFailure:
    """Return the failure of an aws-sdk integration."""
    name = sdk_prefix(service)
    status, _, shape = _known(service, error)
    extended = f", Extended Request ID: {ids.base64(32)}" if service == "s3" else ""
    cause = (
        f"{error.message} (Service: {name}, Status Code: {status}, "
        f"Request ID: {ids.uuid()}{extended})"
    )
    return StateFailure(f"{name}.{_exception(shape) if shape else name + 'Exception'}", cause)


@lru_cache(maxsize=64)
def sdk_prefix(service: str) -> str:
    """Return what version 2 of the SDK for Java calls a service: DynamoDb, Sfn, SecretsManager."""
    words = _WORD.findall(load_service(service).metadata["serviceId"])
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def _exception(shape: str) -> str:
    name = shape.removesuffix("Exception").removesuffix("Error")
    return f"{name}Exception"


def _known(service: str, error: AwsError) -> tuple[int, str, str]:
    """Return status, code on the wire, and shape of an error; no shape for one without a model."""
    for shape in load_service(service).error_shapes:
        wire = shape.metadata.get("error", {})
        if error.code in (shape.name, wire.get("code")):
            return (
                wire.get("httpStatusCode", error.status),
                wire.get("code", shape.name),
                shape.name,
            )
    return _UNMODELLED_STATUS.get(error.code, error.status), error.code, ""


_UNMODELLED_STATUS = {"NoSuchKey": 404, "NoSuchBucket": 404}
