"""The Resource of a Task: an ARN that names a function, an activity or an API call."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SERVICE = re.compile(
    r"arn:aws[a-z-]*:states:(?:[a-z0-9-]*):(?:\d*):"
    r"(?:(aws-sdk):)?([a-z0-9-]+):([A-Za-z0-9]+)(?:\.(sync:2|sync|waitForTaskToken))?"
)
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:.+")
# AWS looks at the shape only: a region and an account that cannot be are taken (recorded).
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[^:]+:[^:]+:function:.+")

# Developer guide, "Integrating optimized services": the calls that there are.
OPTIMISED = {
    "apigateway": frozenset({"invoke"}),
    "athena": frozenset(
        {"getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"}
    ),
    "batch": frozenset({"submitJob"}),
    "bedrock": frozenset({"createModelCustomizationJob", "invokeModel"}),
    "codebuild": frozenset(
        {"batchDeleteBuilds", "batchGetReports", "startBuild", "startBuildBatch", "stopBuild"}
    ),
    "databrew": frozenset({"startJobRun"}),
    "dynamodb": frozenset({"deleteItem", "getItem", "putItem", "updateItem"}),
    "ecs": frozenset({"runTask"}),
    "eks": frozenset({"call", "createCluster", "createNodegroup", "deleteCluster",
                      "deleteNodegroup", "runJob"}),
    "elasticmapreduce": frozenset(
        {"addStep", "cancelStep", "createCluster", "modifyInstanceFleetByName",
         "modifyInstanceGroupByName", "setClusterTerminationProtection", "terminateCluster"}
    ),
    "emr-containers": frozenset(
        {"createVirtualCluster", "deleteVirtualCluster", "startJobRun"}
    ),
    "emr-serverless": frozenset(
        {"cancelJobRun", "createApplication", "deleteApplication", "startApplication",
         "startJobRun", "stopApplication"}
    ),
    "events": frozenset({"putEvents"}),
    "glue": frozenset({"startJobRun"}),
    "http": frozenset({"invoke"}),
    "lambda": frozenset({"invoke"}),
    "mediaconvert": frozenset({"createJob"}),
    "sagemaker": frozenset(
        {"createEndpoint", "createEndpointConfig", "createHyperParameterTuningJob",
         "createLabelingJob", "createModel", "createProcessingJob", "createTrainingJob",
         "createTransformJob", "updateEndpoint"}
    ),
    "sns": frozenset({"publish"}),
    "sqs": frozenset({"sendMessage"}),
    "states": frozenset({"startExecution"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApiCall:
    """arn:aws:states:::[aws-sdk:]service:action[.pattern]."""

    is_sdk: bool
    service: str
    action: str
    pattern: str

    @property
    def resource_type(self) -> str:
        """What events call the service."""
        return f"aws-sdk:{self.service}" if self.is_sdk else self.service

    @property
    def resource(self) -> str:
        """What events call the action."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action


def api_call(resource: str) -> ApiCall | None:
    """Return the API call a resource names; None when it is something else."""
    found = _SERVICE.fullmatch(resource)
    if found is None or is_activity(resource):
        return None
    return ApiCall(found[1] is not None, found[2], found[3], found[4] or "")


def is_activity(resource: str) -> bool:
    """Whether a resource is an activity."""
    return _ACTIVITY.fullmatch(resource) is not None


def is_function(resource: str) -> bool:
    """Whether a resource is a Lambda function."""
    return _FUNCTION.fullmatch(resource) is not None


def is_known(call: ApiCall) -> bool:
    """Whether there is such an integration; SDK calls are looked at when they are made."""
    return call.is_sdk or call.action in OPTIMISED.get(call.service, ())
