"""resources.json on an engine: tables may be elsewhere, and creation may be repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.attach.creation import create_or_find
from chalice_offline.attach.endpoint import endpoint_of
from chalice_offline.core.errors import AwsError, ProjectError

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Resources": {
        "Items": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": {"Fn::Sub": "items-${Stage}"},
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "at", "Enabled": True},
            },
        },
        "Name": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "table",
                "Type": "String",
                "Value": {"Ref": "Items"},
                "Description": {"Fn::GetAtt": ["Items", "Arn"]},
            },
        },
    },
}


class Stacks:
    """A CloudFormation that notes what it is asked to create."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        status = "CREATE_COMPLETE" if self.created else "DELETE_COMPLETE"
        return {"Stacks": [{"StackStatus": status}]}

    def create_stack(self, **request: Any) -> dict[str, Any]:
        self.created.append(request)
        return {}


def provision(attached: Any, template: dict[str, Any]) -> Stacks:
    """Provision with DynamoDB at an endpoint of its own, and CloudFormation noted."""
    url = attached.aws.aws_server.url
    attached.endpoint = endpoint_of(url, {"AWS_ENDPOINT_URL_DYNAMODB": url}, {})
    stacks = Stacks()
    attached.endpoint._clients["cloudformation"] = stacks
    attached.write("")
    path = attached.directory / ".chalice" / "resources.json"
    path.write_text(json.dumps(template))
    attached.prepare().provision()
    return stacks


def test_tables_are_created_elsewhere_and_the_rest_refers_to_them(attached: Any) -> None:
    """With DynamoDB elsewhere the stack has no tables, and knows them by name and ARN."""
    stacks = provision(attached, TEMPLATE)
    assert attached.client("dynamodb").list_tables()["TableNames"] == ["items-dev"]
    (request,) = stacks.created
    assert request["StackName"] == "shop-dev"
    assert request["Parameters"] == [{"ParameterKey": "Stage", "ParameterValue": "dev"}]
    resources = json.loads(request["TemplateBody"])["Resources"]
    assert list(resources) == ["Name"]
    assert resources["Name"]["Properties"]["Value"] == "items-dev"
    assert resources["Name"]["Properties"]["Description"].endswith(":table/items-dev")


def test_tables_that_are_there_stay_as_they_are(attached: Any) -> None:
    """Provisioning twice is no error."""
    provision(attached, TEMPLATE)
    provision(attached, TEMPLATE)
    assert attached.client("dynamodb").list_tables()["TableNames"] == ["items-dev"]


def test_reference_that_cannot_cross_is_refused(attached: Any) -> None:
    """A Fn::Sub with a table in it works in one stack only, and says so."""
    value = {"Fn::Sub": "table ${Items}"}
    name = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
    template = TEMPLATE | {"Resources": TEMPLATE["Resources"] | {"Name": name}}
    with pytest.raises(ProjectError, match="refers to Items in a way that only one stack"):
        provision(attached, template)


def test_project_without_a_template_is_told(attached: Any) -> None:
    """--provision without resources.json names the file."""
    attached.write("")
    with pytest.raises(ProjectError, match=r"there is no .*resources\.json; --provision"):
        attached.prepare().provision()


def test_creating_twice_gives_what_is_there() -> None:
    """A name that exists is looked up; every other refusal stays one."""

    def call(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeEventBus":
            return {"Arn": f"arn:{request['Name']}"}
        raise AwsError("ResourceAlreadyExistsException" if service == "events" else "Denied")

    create = create_or_find(call)
    assert create("events", "CreateEventBus", {"Name": "orders"}) == {"EventBusArn": "arn:orders"}
    with pytest.raises(AwsError, match="Denied"):
        create("sqs", "CreateQueue", {"QueueName": "q"})


def test_long_template_goes_through_a_bucket_that_is_gone_afterwards(attached: Any) -> None:
    """CloudFormation takes 51,200 bytes in a request."""
    long = {**TEMPLATE, "Metadata": {"notes": "x" * 60_000}}
    (request,) = provision(attached, long).created
    assert "TemplateBody" not in request
    assert request["TemplateURL"].endswith("/resources.json")
    assert attached.endpoint.client("s3").list_buckets()["Buckets"] == []
