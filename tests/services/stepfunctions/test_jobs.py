"""Jobs of other services: the task ends when the job does, and stops it when it ends before."""

from __future__ import annotations

import json
from typing import Any

import pytest

BUILD = {
    "name": "site",
    "source": {"type": "S3", "location": "bucket/source.zip"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    },
    "serviceRole": "arn:aws:iam::000000000000:role/builds",
}


def _task(resource: str, **members: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **members}


def test_a_query_is_waited_for(workflows: Any, definition: Any) -> None:
    """The result is the query as GetQueryExecution describes it."""
    state = _task(
        "athena:startQueryExecution.sync",
        Parameters={
            "QueryString": "SELECT 1",
            "ResultConfiguration": {"OutputLocation": "s3://results/"},
        },
    )
    found = workflows.run(definition(state))
    query = found["output"]["QueryExecution"]
    assert (query["Query"], query["Status"]["State"]) == ("SELECT 1", "SUCCEEDED")
    kinds = [kind for _, _, kind in workflows.history(found["executionArn"])]
    assert kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_build_is_waited_for(workflows: Any, definition: Any) -> None:
    """BatchGetBuilds knows it by the id that StartBuild gave."""
    workflows.aws.client("codebuild").create_project(**BUILD)
    state = _task("codebuild:startBuild.sync", Parameters={"ProjectName": "site"})
    build = workflows.run(definition(state))["output"]["Build"]
    assert (build["ProjectName"], build["BuildStatus"]) == ("site", "SUCCEEDED")


def test_what_the_service_refuses_fails_the_task(workflows: Any, definition: Any) -> None:
    """With the service's own error, which can be caught by its name."""
    state = _task("codebuild:startBuild.sync", Parameters={"ProjectName": "nowhere"})
    found = workflows.run(definition(state))
    assert found["error"] == "CodeBuild.ResourceNotFoundException"


@pytest.mark.parametrize("resource", ["emr-containers:startJobRun.sync", "sqs:sendMessage.sync"])
def test_a_job_that_nobody_runs_fails_in_a_sentence(
    workflows: Any, definition: Any, resource: str
) -> None:
    """It says which integration is not there."""
    url = workflows.aws.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    state = _task(resource, Parameters={"QueueUrl": url, "MessageBody": "x"})
    found = workflows.run(definition(state))
    assert found["error"] == "States.TaskFailed"
    assert found["cause"].startswith("chalice-offline does not emulate")


def _containers(workflows: Any, **members: Any) -> dict[str, Any]:
    """Return a state that runs a task of containers, and make what it needs."""
    ecs, ec2 = workflows.aws.client("ecs"), workflows.aws.client("ec2")
    ecs.create_cluster(clusterName="jobs")
    container = {"name": "one", "image": "one", "memory": 128}
    ecs.register_task_definition(
        family="one", containerDefinitions=[container], requiresCompatibilities=["FARGATE"]
    )
    network = {
        "Subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        "SecurityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }
    parameters = {
        "Cluster": "jobs",
        "TaskDefinition": "one",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": network},
    }
    return _task("ecs:runTask.sync", Parameters=parameters, **members)


def test_a_task_of_containers_is_looked_at_until_it_stops(workflows: Any, definition: Any) -> None:
    """Every five seconds."""
    found = workflows.run(definition(_containers(workflows)))
    assert found["output"]["LastStatus"] == "STOPPED", json.dumps(found, default=str)
    took = (found["stopDate"] - found["startDate"]).total_seconds()
    assert took > 0
    assert took % 5 == 0


def test_a_job_is_stopped_with_its_task(workflows: Any, definition: Any) -> None:
    """Here by the task's timeout."""
    found = workflows.run(definition(_containers(workflows, TimeoutSeconds=3)))
    assert found["error"] == "States.Timeout"
    ecs = workflows.aws.client("ecs")
    (task,) = ecs.list_tasks(cluster="jobs", desiredStatus="STOPPED")["taskArns"]
    assert (
        ecs.describe_tasks(cluster="jobs", tasks=[task])["tasks"][0]["desiredStatus"] == "STOPPED"
    )
