"""HTTP APIs out of OpenAPI documents, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from chalice_offline.core.context import Caller

ISSUER = "https://id.example"


def uri(arn: str) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def document(arn: str) -> dict[str, Any]:
    """A document with what HTTP APIs have of their own."""
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": uri(arn),
        "payloadFormatVersion": "2.0",
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "7", "description": "What it sells"},
        "tags": [{"name": "team", "x-amazon-apigateway-tag-value": "orders"}],
        "servers": [{"url": "https://shop.example/v1"}],
        "paths": {
            "/items/{id}": {
                "get": {
                    "operationId": "getItem",
                    "x-amazon-apigateway-integration": {
                        "$ref": "#/components/x-amazon-apigateway-integrations/shop"
                    },
                },
                "put": {
                    "security": [{"people": ["write"]}],
                    "x-amazon-apigateway-integration": integration,
                },
            },
            "/$default": {
                "x-amazon-apigateway-any-method": {
                    "isDefaultRoute": True,
                    "security": [{"machines": []}],
                    "x-amazon-apigateway-integration": integration,
                }
            },
        },
        "components": {
            "x-amazon-apigateway-integrations": {"shop": integration},
            "securitySchemes": {
                "people": {
                    "type": "oauth2",
                    "x-amazon-apigateway-authorizer": {
                        "type": "jwt",
                        "identitySource": "$request.header.Authorization",
                        "jwtConfiguration": {"issuer": ISSUER, "audience": ["web"]},
                    },
                },
                "machines": {
                    "type": "apiKey",
                    "name": "x-key",
                    "in": "header",
                    "x-amazon-apigateway-authorizer": {
                        "type": "request",
                        "identitySource": "$request.header.x-key",
                        "authorizerUri": uri(arn),
                        "authorizerPayloadFormatVersion": "2.0",
                        "enableSimpleResponses": True,
                    },
                },
            },
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"], "maxAge": 60},
        "x-amazon-apigateway-importexport-version": "1.0",
    }


@pytest.fixture
def arn(aws: Any) -> str:
    def handler(event: Any) -> Any:
        if event.get("type") == "REQUEST":
            return {"isAuthorized": event["identitySource"] == ["open"]}
        return event["routeKey"]

    return str(aws.function("shop", handler))


def ask(aws: Any, api_id: str, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    request = {
        "apiId": api_id,
        "stage": "",
        "method": method,
        "path": path,
        "headers": [(name.replace("_", "-"), value) for name, value in headers.items()],
    }
    reply = aws.emulator.call("execute-api", "Request", request, Caller())
    if not isinstance(reply, dict):
        aws.driver.wait(reply)
        reply = reply.result()
    return reply["statusCode"], reply["body"]


def routes(client: Any, api_id: str) -> dict[str, Any]:
    return {one["RouteKey"]: one for one in client.get_routes(ApiId=api_id)["Items"]}


@pytest.mark.parametrize("spell", [json.dumps, yaml.safe_dump], ids=["json", "yaml"])
def test_a_document_is_an_api(aws: Any, arn: str, spell: Any) -> None:
    """Settings, routes, integrations and authorizers; served once there is a stage."""
    client = aws.client("apigatewayv2")
    made = client.import_api(Body=spell(document(arn)))
    assert (made["Name"], made["Version"], made["ProtocolType"]) == ("shop", "7", "HTTP")
    assert made["Tags"] == {"team": "orders"}
    assert made["CorsConfiguration"] == {"AllowOrigins": ["https://a.example"], "MaxAge": 60}
    found = routes(client, made["ApiId"])
    assert found.keys() == {"GET /items/{id}", "PUT /items/{id}", "$default"}
    assert found["GET /items/{id}"]["OperationName"] == "getItem"
    assert found["PUT /items/{id}"]["AuthorizationType"] == "JWT"
    assert found["PUT /items/{id}"]["AuthorizationScopes"] == ["write"]
    client.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    assert ask(aws, made["ApiId"], "GET", "/items/7") == (200, b"GET /items/{id}")
    assert ask(aws, made["ApiId"], "PUT", "/items/7")[0] == 401
    assert ask(aws, made["ApiId"], "GET", "/else", x_key="open") == (200, b"$default")
    assert ask(aws, made["ApiId"], "GET", "/else", x_key="shut")[0] == 403


def test_a_document_goes_out_as_it_came_in(aws: Any, arn: str) -> None:
    """An export imported again is the same API."""
    client = aws.client("apigatewayv2")
    first = client.import_api(Body=json.dumps(document(arn)))["ApiId"]

    def exported(api_id: str) -> Any:
        got = client.export_api(ApiId=api_id, Specification="OAS30", OutputType="YAML")
        found = yaml.safe_load(got["body"].read())
        del found["servers"]
        return found

    before = exported(first)
    second = client.import_api(Body=json.dumps(before))["ApiId"]
    assert exported(second) == before
    assert before["info"] == {"title": "shop", "description": "What it sells", "version": "7"}
    parameters = before["paths"]["/items/{id}"]["get"]["parameters"]
    assert [one["name"] for one in parameters] == ["id"]


def test_an_export_is_of_a_stage_and_without_extensions(aws: Any, arn: str) -> None:
    """What the stage serves, not what was changed since."""
    client = aws.client("apigatewayv2")
    api_id = client.import_api(Body=json.dumps(document(arn)))["ApiId"]
    deployment = client.create_deployment(ApiId=api_id)["DeploymentId"]
    client.create_stage(ApiId=api_id, StageName="dev", DeploymentId=deployment)
    client.create_route(ApiId=api_id, RouteKey="GET /later")
    got = client.export_api(
        ApiId=api_id, Specification="OAS30", OutputType="JSON", StageName="dev",
        IncludeExtensions=False,
    )  # fmt: skip
    text = got["body"].read().decode()
    assert "/later" not in text
    assert "x-amazon-apigateway-integration" not in text
    assert json.loads(text)["servers"][0]["variables"]["basePath"]["default"] == "dev"


def test_a_document_replaces_an_api(aws: Any, arn: str) -> None:
    """The stage goes on, with what the document says."""
    client = aws.client("apigatewayv2")
    api_id = client.import_api(Body=json.dumps(document(arn)))["ApiId"]
    client.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    smaller = document(arn)
    smaller["paths"] = {"/only": {"get": smaller["paths"]["/items/{id}"]["get"]}}
    client.reimport_api(ApiId=api_id, Body=json.dumps(smaller), Basepath="prepend")
    assert list(routes(client, api_id)) == ["GET /v1/only"]
    assert ask(aws, api_id, "GET", "/v1/only") == (200, b"GET /v1/only")
    assert ask(aws, api_id, "GET", "/items/7")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"swagger": "2.0"}',
        '{"openapi": "3.0.1", "paths": {"/a": {"get": []}}}',
        '{"openapi": "3.0.1", "paths": {"/{a}/{a}": {"get": {}}}}',
        '{"openapi": "3.0.1", "paths": {"/a": {"get": {"x-amazon-apigateway-integration": 1}}}}',
    ],
)
def test_a_document_that_is_none_changes_nothing(aws: Any, arn: str, body: str) -> None:
    """BadRequestException; an API that is there stays as it was."""
    client = aws.client("apigatewayv2")
    api_id = client.import_api(Body=json.dumps(document(arn)))["ApiId"]
    before = routes(client, api_id)
    for call in (client.import_api, lambda **asked: client.reimport_api(ApiId=api_id, **asked)):
        with pytest.raises(ClientError) as refused:
            call(Body=body)
        assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert routes(client, api_id) == before
    assert len(client.get_apis()["Items"]) == 1


def test_warnings_are_told_or_refused(aws: Any) -> None:
    """A route without an integration is one."""
    client = aws.client("apigatewayv2")
    body = json.dumps({"openapi": "3.0.1", "info": {}, "paths": {"/a": {"get": {}}}})
    assert "GET /a" in client.import_api(Body=body)["Warnings"][0]
    with pytest.raises(client.exceptions.BadRequestException):
        client.import_api(Body=body, FailOnWarnings=True)
    assert len(client.get_apis()["Items"]) == 1
