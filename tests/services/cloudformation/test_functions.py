"""Functions and APIs in stacks: made, changed, taken back and deleted, also by the transform."""

from __future__ import annotations

import json
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/runs"
SOURCE = "def handler(event, context):\n    return {'got': event}\n"
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Code": {"ZipFile": SOURCE},
        "Handler": "index.handler",
        "Role": ROLE,
        "Runtime": "python3.12",
        "Timeout": "20",
        "MemorySize": 256,
        "Environment": {"Variables": {"COLOUR": "red"}},
        "Tags": [{"Key": "team", "Value": "shop"}],
    },
}
VERSION = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Greet"}}}
ALIAS = {
    "Type": "AWS::Lambda::Alias",
    "Properties": {
        "FunctionName": {"Ref": "Greet"},
        "FunctionVersion": {"Fn::GetAtt": ["First", "Version"]},
        "Name": "live",
    },
}
PERMISSION = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "FunctionName": {"Ref": "Greet"},
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
    },
}
OUT = {"Outputs": {"Name": {"Value": {"Ref": "Greet"}}}}


def with_(function: dict[str, Any], **properties: Any) -> dict[str, Any]:
    merged = {**function["Properties"], **properties}
    kept = {name: value for name, value in merged.items() if value is not None}
    return {**function, "Properties": kept}


def digest(stacks: Any, name: str) -> str:
    """Return the digest of a function's code, which is the same for the same source."""
    found = stacks.aws.client("lambda").get_function_configuration(FunctionName=name)
    return str(found["CodeSha256"])


def test_function_is_active_once_its_stack_is_complete(stacks: Any) -> None:
    """Its name is made up by CloudFormation; texts in a template are numbers to Lambda."""
    template = {"Resources": {"Greet": FUNCTION}, **OUT}
    assert stacks.create("shop", template) == "CREATE_COMPLETE"
    name = stacks.outputs("shop")["Name"]
    assert name.startswith("shop-Greet-")
    found = stacks.aws.client("lambda").get_function(FunctionName=name)
    assert found["Configuration"]["State"] == "Active"
    assert found["Configuration"]["Timeout"] == 20
    assert stacks.tags(found["Tags"]) == {"team": "shop"}
    number = stacks.aws.client("lambda").publish_version(FunctionName=name)["Version"]
    version = stacks.aws.client("lambda").get_function(FunctionName=name, Qualifier=number)
    assert "Tags" not in version, "a version has none of its own"


def test_update_changes_code_and_settings_in_place(stacks: Any) -> None:
    """What the template no longer says is Lambda's default again; the function stays the same."""
    stacks.create("shop", {"Resources": {"Greet": FUNCTION}, **OUT})
    name = stacks.outputs("shop")["Name"]
    code = digest(stacks, name)
    changed = with_(
        FUNCTION,
        Code={"ZipFile": SOURCE.replace("got", "heard")},
        Timeout=None,
        Environment=None,
        ReservedConcurrentExecutions=3,
        Tags=[{"Key": "cost", "Value": "low"}],
    )
    template = {"Resources": {"Greet": changed}, **OUT}
    assert stacks.update("shop", template) == "UPDATE_COMPLETE"
    assert stacks.outputs("shop")["Name"] == name
    found = stacks.aws.client("lambda").get_function(FunctionName=name)
    assert found["Configuration"]["Timeout"] == 3
    assert found["Configuration"]["LastUpdateStatus"] == "Successful"
    assert (
        "Variables" not in found["Configuration"].get("Environment", {})
        or not (found["Configuration"]["Environment"]["Variables"])
    )
    assert stacks.tags(found["Tags"]) == {"cost": "low"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert digest(stacks, name) != code


def test_failed_update_takes_code_and_settings_back(stacks: Any) -> None:
    """The function is changed first, then its neighbour fails."""
    stacks.create("shop", {"Resources": {"Greet": FUNCTION}, **OUT})
    name = stacks.outputs("shop")["Name"]
    code = digest(stacks, name)
    changed = with_(FUNCTION, Code={"ZipFile": SOURCE.replace("got", "heard")}, Timeout=9)
    broken = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": "Greet",
        "Properties": {"QueueName": "broken", "Nonsense": 1},
    }
    template = {"Resources": {"Greet": changed, "Broken": broken}, **OUT}
    assert stacks.update("shop", template) == "UPDATE_ROLLBACK_COMPLETE"
    found = stacks.aws.client("lambda").get_function_configuration(FunctionName=name)
    assert found["Timeout"] == 20
    assert found["CodeSha256"] == code


def test_versions_aliases_and_permissions_go_with_their_stack(stacks: Any) -> None:
    """An alias points to a version of the same stack; nothing is left when it is deleted."""
    declared = {"Greet": FUNCTION, "First": VERSION, "Live": ALIAS, "May": PERMISSION}
    assert stacks.create("shop", {"Resources": declared, **OUT}) == "CREATE_COMPLETE"
    lambda_ = stacks.aws.client("lambda")
    name = stacks.outputs("shop")["Name"]
    assert lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    (statement,) = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    stacks.client.delete_stack(StackName="shop")
    stacks.client.get_waiter("stack_delete_complete").wait(StackName="shop")
    assert lambda_.list_functions()["Functions"] == []


def test_mapping_that_is_refused_takes_its_function_back(stacks: Any) -> None:
    """A queue whose visibility is shorter than the function's timeout, in Lambda's words."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 5}}
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "FunctionName": {"Ref": "Greet"},
        },
    }
    declared = {"Queue": queue, "Greet": FUNCTION, "Reads": mapping}
    assert stacks.create("shop", {"Resources": declared}) == "ROLLBACK_COMPLETE"
    assert any("visibility timeout: 5 seconds" in one.lower() for one in stacks.reasons("shop"))
    lambda_ = stacks.aws.client("lambda")
    assert lambda_.list_functions()["Functions"] == []
    assert lambda_.list_event_source_mappings()["EventSourceMappings"] == []
    assert stacks.queues() == []


API: dict[str, Any] = {
    "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop"}},
    "Orders": {
        "Type": "AWS::ApiGateway::Resource",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "PathPart": "orders",
        },
    },
    "List": {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Ref": "Orders"},
            "HttpMethod": "GET",
            "AuthorizationType": "NONE",
            "MethodResponses": [{"StatusCode": 200}],
            "Integration": {
                "Type": "MOCK",
                "RequestTemplates": {"application/json": '{"statusCode": 200}'},
                "IntegrationResponses": [
                    {"StatusCode": 200, "ResponseTemplates": {"application/json": '{"ok": true}'}}
                ],
            },
        },
    },
    "Deployed": {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": "List",
        "Properties": {"RestApiId": {"Ref": "Api"}},
    },
    "Stage": {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "DeploymentId": {"Ref": "Deployed"},
            "StageName": "live",
            "Variables": {"colour": "red"},
            "MethodSettings": [
                {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingBurstLimit": 7}
            ],
        },
    },
}
API_OUT = {"Outputs": {"Api": {"Value": {"Ref": "Api"}}, "Orders": {"Value": {"Ref": "Orders"}}}}


def test_api_is_made_of_its_parts_and_its_stage_changes_in_place(stacks: Any) -> None:
    """Resource, method, deployment, stage with settings; deleted as a whole."""
    gateway = stacks.aws.client("apigateway")
    assert stacks.create("shop", {"Resources": API, **API_OUT}) == "CREATE_COMPLETE"
    outputs = stacks.outputs("shop")
    asked = gateway.test_invoke_method(
        restApiId=outputs["Api"], resourceId=outputs["Orders"], httpMethod="GET"
    )
    assert (asked["status"], json.loads(asked["body"])) == (200, {"ok": True})
    stage = gateway.get_stage(restApiId=outputs["Api"], stageName="live")
    assert stage["variables"] == {"colour": "red"}
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 7
    changed = with_(API["Stage"], Variables={"size": "big"}, MethodSettings=None)
    template = {"Resources": {**API, "Stage": changed}, **API_OUT}
    assert stacks.update("shop", template) == "UPDATE_COMPLETE"
    stage = gateway.get_stage(restApiId=outputs["Api"], stageName="live")
    assert stage["variables"] == {"size": "big"}
    assert stage.get("methodSettings", {}) == {}
    stacks.client.delete_stack(StackName="shop")
    assert gateway.get_rest_apis()["items"] == []


def test_serverless_function_of_an_http_api(stacks: Any) -> None:
    """The transform describes the API by a document; its stage deploys by itself."""
    pytest.importorskip("samtranslator")
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "InlineCode": SOURCE,
            "Handler": "index.handler",
            "Runtime": "python3.12",
            "Events": {
                "Route": {"Type": "HttpApi", "Properties": {"Path": "/orders", "Method": "get"}}
            },
        },
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Greet": function}}
    wish = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
    assert stacks.create("shop", template, **wish) == "CREATE_COMPLETE", stacks.reasons("shop")
    apis = stacks.aws.client("apigatewayv2")
    (api,) = apis.get_apis()["Items"]
    assert [one["RouteKey"] for one in apis.get_routes(ApiId=api["ApiId"])["Items"]] == [
        "GET /orders"
    ]
    stacks.client.delete_stack(StackName="shop")
    stacks.client.get_waiter("stack_delete_complete").wait(StackName="shop")
    assert apis.get_apis()["Items"] == []


def test_serverless_function_with_a_route_and_a_schedule(stacks: Any) -> None:
    """The transform makes role, function, API, stage and permissions, in the caller's region."""
    pytest.importorskip("samtranslator")
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "InlineCode": SOURCE,
            "Handler": "index.handler",
            "Runtime": "python3.12",
            "Events": {
                "Route": {"Type": "Api", "Properties": {"Path": "/orders", "Method": "get"}},
                "Tick": {"Type": "Schedule", "Properties": {"Schedule": "rate(5 minutes)"}},
            },
        },
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Greet": function},
        **OUT,
    }
    wish = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
    assert stacks.create("shop", template, **wish) == "CREATE_COMPLETE"
    gateway = stacks.aws.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    stages = gateway.get_stages(restApiId=api["id"])["item"]
    assert sorted(one["stageName"] for one in stages) == ["Prod", "Stage"]
    stacks.client.delete_stack(StackName="shop")
    stacks.client.get_waiter("stack_delete_complete").wait(StackName="shop")
    assert stacks.aws.client("lambda").list_functions()["Functions"] == []
    assert stacks.aws.client("events").list_rules()["Rules"] == []
    assert stacks.aws.client("iam").list_roles()["Roles"] == []
