"""What the API Gateway tests share: an API by document, and requests to its stage."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.pending import Pending


class Reply(NamedTuple):
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """One API, stage "dev"."""

    def __init__(self, aws: Any, document: dict[str, Any]) -> None:
        self.aws = aws
        self.gateway = aws.client("apigateway")
        body = json.dumps({"swagger": "2.0", "info": {"title": "shop"}} | document)
        self.id = self.gateway.import_rest_api(body=body)["id"]
        self.deploy()

    def deploy(self) -> None:
        self.gateway.create_deployment(restApiId=self.id, stageName="dev")

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        route, _, query = path.partition("?")
        request = {
            "apiId": self.id,
            "stage": "dev",
            "method": method,
            "path": route,
            "rawQuery": query,
            "headers": [(name.replace("_", "-"), value) for name, value in headers.items()],
            "body": body,
        }
        reply = self.aws.emulator.call("execute-api", "Request", request, Caller())
        if isinstance(reply, Pending):
            self.aws.driver.wait(reply)
            reply = reply.result()
        fields = {name.lower(): value for name, value in reply["headers"]}
        return Reply(reply["statusCode"], fields, reply["body"])


def function_uri(arn: str) -> str:
    """Return how an integration names a function."""
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def proxy(arn: str) -> dict[str, Any]:
    """Return the method that a function answers."""
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": function_uri(arn)}
    return {"x-amazon-apigateway-integration": integration}


def mock(template: str, status: int = 200) -> dict[str, Any]:
    """Return a method that answers with a template of its own."""
    return {
        "responses": {"200": {"description": ""}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {
                "default": {
                    "statusCode": str(status),
                    "responseTemplates": {"application/json": template},
                }
            },
        },
    }


@pytest.fixture
def serve(aws: Any) -> Any:
    """Import a document and deploy it."""
    return lambda document: Served(aws, document)
