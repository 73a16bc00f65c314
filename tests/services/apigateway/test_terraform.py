"""Terraform's calls for API Gateway, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.apigateway.conftest import function_uri, mock
from tests.services.terraform import Terraform, replace


@pytest.fixture
def terraform(aws: Any) -> Terraform:
    return Terraform(aws.client("apigateway"), "NotFoundException")


def rest_api(terraform: Terraform, **settings: Any) -> tuple[str, str]:
    """Create an API; its root is found among its resources."""
    made = terraform.client.create_rest_api(name="shop", **settings)
    (root,) = [
        one
        for one in terraform.read("get_resources", restApiId=made["id"])["items"]
        if one["path"] == "/"
    ]
    assert root["id"] == made["rootResourceId"]
    return made["id"], root["id"]


def test_aws_api_gateway_rest_api(terraform: Terraform) -> None:
    """Create, read, patch every argument, delete."""
    client = terraform.client
    api_id, _ = rest_api(
        terraform,
        description="first",
        endpointConfiguration={"types": ["REGIONAL"]},
        binaryMediaTypes=["image/png"],
        minimumCompressionSize=100,
        apiKeySource="HEADER",
        disableExecuteApiEndpoint=False,
        tags={"team": "shop"},
    )
    found = terraform.read("get_rest_api", restApiId=api_id)
    assert found["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert (found["minimumCompressionSize"], found["tags"]) == (100, {"team": "shop"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    client.update_rest_api(
        restApiId=api_id,
        patchOperations=[
            replace("/apiKeySource", "AUTHORIZER"),
            {"op": "remove", "path": "/binaryMediaTypes/image~1png"},
            {"op": "add", "path": "/binaryMediaTypes/image~1gif"},
            replace("/description", ""),
            replace("/disableExecuteApiEndpoint", "true"),
            replace("/endpointConfiguration/types/0", "EDGE"),
            replace("/endpointConfiguration/ipAddressType", "dualstack"),
            {"op": "replace", "path": "/minimumCompressionSize"},
            replace("/name", "store"),
            replace("/policy", policy),
        ],
    )
    found = terraform.read("get_rest_api", restApiId=api_id)
    assert (found["name"], found["apiKeySource"]) == ("store", "AUTHORIZER")
    assert found["binaryMediaTypes"] == ["image/gif"]
    assert found["disableExecuteApiEndpoint"] is True
    assert found["endpointConfiguration"] == {"types": ["EDGE"], "ipAddressType": "dualstack"}
    assert "description" not in found
    assert "minimumCompressionSize" not in found
    assert "2012-10-17" in found["policy"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api_id}"
    client.tag_resource(resourceArn=arn, tags={"team": "kitchen"})
    client.untag_resource(resourceArn=arn, tagKeys=["other"])
    assert terraform.read("get_rest_api", restApiId=api_id)["tags"] == {"team": "kitchen"}
    client.delete_rest_api(restApiId=api_id)
    terraform.is_gone("get_rest_api", restApiId=api_id)


def test_aws_api_gateway_rest_api_with_a_body(terraform: Terraform) -> None:
    """CreateRestApi, PutRestApi, and what the body took away is put back."""
    api_id, _ = rest_api(terraform, description="mine")
    document = {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}}
    document["paths"] = {"/items": {"get": mock("{}")}}
    put = terraform.client.put_rest_api(
        restApiId=api_id, mode="overwrite", body=json.dumps(document), failOnWarnings=False
    )
    assert put["id"] == api_id
    terraform.client.update_rest_api(
        restApiId=api_id,
        patchOperations=[replace("/description", "mine"), replace("/name", "shop")],
    )
    found = terraform.read("get_rest_api", restApiId=api_id)
    assert (found["name"], found["description"]) == ("shop", "mine")
    paths = [one["path"] for one in terraform.read("get_resources", restApiId=api_id)["items"]]
    assert sorted(paths) == ["/", "/items"]


def test_methods_integrations_and_responses(terraform: Terraform) -> None:
    """Resource, method, integration, responses: each created, read, and deleted from the end."""
    client = terraform.client
    api_id, root = rest_api(terraform)
    resource = client.create_resource(restApiId=api_id, parentId=root, pathPart="items")
    place = {"restApiId": api_id, "resourceId": resource["id"]}
    assert terraform.read("get_resource", **place)["path"] == "/items"
    place |= {"httpMethod": "POST"}
    client.put_method(
        **place,
        authorizationType="NONE",
        apiKeyRequired=True,
        requestModels={"application/json": "Error"},
        requestParameters={"method.request.header.X-Id": True},
    )
    method = terraform.read("get_method", **place)
    assert (method["apiKeyRequired"], method["authorizationType"]) == (True, "NONE")
    client.update_method(
        **place,
        patchOperations=[
            replace("/apiKeyRequired", "false"),
            {"op": "remove", "path": "/requestModels/application~1json"},
            {
                "op": "add",
                "path": "/requestParameters/method.request.querystring.q",
                "value": "false",
            },
        ],
    )
    method = terraform.read("get_method", **place)
    assert method["requestParameters"] == {
        "method.request.header.X-Id": True,
        "method.request.querystring.q": False,
    }
    client.put_integration(
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=function_uri("arn:aws:lambda:us-east-1:000000000000:function:work"),
        passthroughBehavior="WHEN_NO_MATCH",
        timeoutInMillis=29000,
        requestParameters={},
        requestTemplates={},
        cacheKeyParameters=[],
    )
    integration = terraform.read("get_integration", **place)
    assert (integration["type"], integration["timeoutInMillis"]) == ("AWS_PROXY", 29000)
    client.update_integration(**place, patchOperations=[replace("/timeoutInMillis", "5000")])
    assert terraform.read("get_integration", **place)["timeoutInMillis"] == 5000
    status = place | {"statusCode": "200"}
    client.put_method_response(**status, responseModels={"application/json": "Empty"})
    assert terraform.read("get_method_response", **status)["statusCode"] == "200"
    client.put_integration_response(
        **status, selectionPattern="", responseTemplates={"application/json": ""}
    )
    assert terraform.read("get_integration_response", **status)["statusCode"] == "200"
    for what in ("integration_response", "method_response"):
        getattr(client, f"delete_{what}")(**status)
        terraform.is_gone(f"get_{what}", **status)
    client.delete_integration(**place)
    terraform.is_gone("get_integration", **place)
    client.delete_method(**place)
    terraform.is_gone("get_method", **place)
    del place["httpMethod"]
    client.delete_resource(**place)
    terraform.is_gone("get_resource", **place)


def deployed(terraform: Terraform) -> tuple[str, str]:
    """Return an API and its deployment."""
    document = {"swagger": "2.0", "info": {"title": "shop"}, "paths": {"/": {"get": mock("{}")}}}
    made = terraform.client.import_rest_api(body=json.dumps(document))
    deployment = terraform.client.create_deployment(restApiId=made["id"], description="first")
    return made["id"], deployment["id"]


def test_aws_api_gateway_deployment_and_stage(terraform: Terraform) -> None:
    """A stage with variables, logs, tracing and method settings; then neither is there."""
    client = terraform.client
    api_id, deployment = deployed(terraform)
    found = terraform.read("get_deployment", restApiId=api_id, deploymentId=deployment)
    assert found["description"] == "first"
    stage = {"restApiId": api_id, "stageName": "live"}
    client.create_stage(
        **stage,
        deploymentId=deployment,
        cacheClusterEnabled=False,
        variables={"a": "1"},
        tracingEnabled=True,
        tags={"team": "shop"},
    )
    group = "arn:aws:logs:us-east-1:000000000000:log-group:access"
    client.update_stage(
        **stage,
        patchOperations=[
            replace("/description", "the live one"),
            replace("/tracingEnabled", "false"),
            {"op": "remove", "path": "/variables/a"},
            replace("/variables/b", "2"),
            replace("/accessLogSettings/destinationArn", group),
            replace("/accessLogSettings/format", "$context.requestId"),
        ],
    )
    found = terraform.read("get_stage", **stage)
    assert (found["variables"], found["tracingEnabled"]) == ({"b": "2"}, False)
    assert found["accessLogSettings"] == {
        "destinationArn": group,
        "format": "$context.requestId",
    }
    client.update_stage(
        **stage,
        patchOperations=[
            replace("/*/*/metrics/enabled", "true"),
            replace("/*/*/logging/loglevel", "INFO"),
            replace("/*/*/throttling/rateLimit", "10.000000"),
            replace("/*/*/throttling/burstLimit", "5"),
        ],
    )
    settings = terraform.read("get_stage", **stage)["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["loggingLevel"]) == (10.0, "INFO")
    client.update_stage(**stage, patchOperations=[{"op": "remove", "path": "/*/*"}])
    assert terraform.read("get_stage", **stage).get("methodSettings", {}) == {}
    client.update_stage(**stage, patchOperations=[{"op": "remove", "path": "/accessLogSettings"}])
    assert "accessLogSettings" not in terraform.read("get_stage", **stage)
    client.delete_stage(**stage)
    terraform.is_gone("get_stage", **stage)
    client.delete_deployment(restApiId=api_id, deploymentId=deployment)
    terraform.is_gone("get_deployment", restApiId=api_id, deploymentId=deployment)


def test_what_belongs_to_an_api(terraform: Terraform) -> None:
    """Authorizer, model, request validator, gateway response, documentation."""
    client = terraform.client
    api_id, _ = rest_api(terraform)
    api = {"restApiId": api_id}
    uri = function_uri("arn:aws:lambda:us-east-1:000000000000:function:keeper")
    one = client.create_authorizer(
        **api,
        name="keeper",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=300,
    )
    client.update_authorizer(
        **api,
        authorizerId=one["id"],
        patchOperations=[replace("/authorizerResultTtlInSeconds", "0"), replace("/name", "guard")],
    )
    found = terraform.read("get_authorizer", **api, authorizerId=one["id"])
    assert (found["name"], found["authorizerResultTtlInSeconds"]) == ("guard", 0)
    client.delete_authorizer(**api, authorizerId=one["id"])
    terraform.is_gone("get_authorizer", **api, authorizerId=one["id"])

    schema = json.dumps({"type": "object"})
    client.create_model(**api, name="Order", contentType="application/json", schema=schema)
    client.update_model(
        **api, modelName="Order", patchOperations=[replace("/description", "an order")]
    )
    assert terraform.read("get_model", **api, modelName="Order")["description"] == "an order"
    client.delete_model(**api, modelName="Order")
    terraform.is_gone("get_model", **api, modelName="Order")

    one = client.create_request_validator(**api, name="body", validateRequestBody=True)
    named = api | {"requestValidatorId": one["id"]}
    client.update_request_validator(
        **named, patchOperations=[replace("/validateRequestParameters", "true")]
    )
    assert terraform.read("get_request_validator", **named)["validateRequestParameters"] is True
    client.delete_request_validator(**named)
    terraform.is_gone("get_request_validator", **named)

    client.put_gateway_response(
        **api,
        responseType="UNAUTHORIZED",
        statusCode="401",
        responseTemplates={"application/json": "{}"},
        responseParameters={"gatewayresponse.header.X": "'y'"},
    )
    kind = api | {"responseType": "UNAUTHORIZED"}
    assert terraform.read("get_gateway_response", **kind)["statusCode"] == "401"
    client.delete_gateway_response(**kind)

    part = client.create_documentation_part(
        **api, location={"type": "API"}, properties='{"description": "a"}'
    )
    client.update_documentation_part(
        **api,
        documentationPartId=part["id"],
        patchOperations=[replace("/properties", '{"description": "b"}')],
    )
    found = terraform.read("get_documentation_part", **api, documentationPartId=part["id"])
    assert json.loads(found["properties"]) == {"description": "b"}
    client.create_documentation_version(**api, documentationVersion="1")
    assert terraform.read("get_documentation_version", **api, documentationVersion="1")
    client.delete_documentation_version(**api, documentationVersion="1")
    terraform.is_gone("get_documentation_version", **api, documentationVersion="1")


def test_keys_and_usage_plans(terraform: Terraform) -> None:
    """A plan with a stage, a throttle and a quota; its stages go before it does."""
    client = terraform.client
    api_id, deployment = deployed(terraform)
    client.create_stage(restApiId=api_id, stageName="live", deploymentId=deployment)
    key = client.create_api_key(name="partner", description="d", enabled=True)
    found = terraform.read("get_api_key", apiKey=key["id"], includeValue=True)
    assert found["value"]
    client.update_api_key(apiKey=key["id"], patchOperations=[replace("/enabled", "false")])
    assert terraform.read("get_api_key", apiKey=key["id"], includeValue=True)["enabled"] is False
    plan = client.create_usage_plan(
        name="basic",
        apiStages=[{"apiId": api_id, "stage": "live"}],
        quota={"limit": 20, "period": "WEEK"},
        throttle={"burstLimit": 5, "rateLimit": 10},
    )
    named = {"usagePlanId": plan["id"]}
    client.update_usage_plan(
        **named,
        patchOperations=[
            replace("/name", "better"),
            replace("/throttle/rateLimit", "20.000000"),
            replace("/quota/limit", "30"),
            {"op": "remove", "path": "/quota"},
        ],
    )
    found = terraform.read("get_usage_plan", **named)
    assert (found["name"], found["throttle"]["rateLimit"]) == ("better", 20.0)
    assert "quota" not in found
    client.create_usage_plan_key(**named, keyId=key["id"], keyType="API_KEY")
    assert terraform.read("get_usage_plan_key", **named, keyId=key["id"])["name"] == "partner"
    client.delete_usage_plan_key(**named, keyId=key["id"])
    terraform.is_gone("get_usage_plan_key", **named, keyId=key["id"])
    client.update_usage_plan(
        **named,
        patchOperations=[{"op": "remove", "path": "/apiStages", "value": f"{api_id}:live"}],
    )
    client.delete_usage_plan(**named)
    terraform.is_gone("get_usage_plan", **named)
    client.delete_api_key(apiKey=key["id"])
    terraform.is_gone("get_api_key", apiKey=key["id"], includeValue=True)


def test_domain_names_links_certificates_and_the_account(terraform: Terraform) -> None:
    """What belongs to no API."""
    client = terraform.client
    api_id, deployment = deployed(terraform)
    client.create_stage(restApiId=api_id, stageName="live", deploymentId=deployment)
    certificate = "arn:aws:acm:us-east-1:000000000000:certificate/1"
    client.create_domain_name(
        domainName="api.example.com",
        regionalCertificateArn=certificate,
        endpointConfiguration={"types": ["REGIONAL"]},
        securityPolicy="TLS_1_2",
        tags={"team": "shop"},
    )
    name = {"domainName": "api.example.com"}
    found = terraform.read("get_domain_name", **name)
    assert (found["domainNameStatus"], found["tags"]) == ("AVAILABLE", {"team": "shop"})
    assert found["regionalDomainName"]
    assert found["regionalHostedZoneId"]
    client.create_base_path_mapping(**name, restApiId=api_id, stage="live", basePath="v1")
    client.update_base_path_mapping(
        **name, basePath="v1", patchOperations=[replace("/basePath", "v2")]
    )
    assert terraform.read("get_base_path_mapping", **name, basePath="v2")["stage"] == "live"
    client.delete_base_path_mapping(**name, basePath="v2")
    terraform.is_gone("get_base_path_mapping", **name, basePath="v2")
    client.delete_domain_name(**name)
    terraform.is_gone("get_domain_name", **name)

    link = client.create_vpc_link(name="inside", targetArns=["arn:aws:elasticloadbalancing:x"])
    assert terraform.read("get_vpc_link", vpcLinkId=link["id"])["status"] == "AVAILABLE"
    client.delete_vpc_link(vpcLinkId=link["id"])
    terraform.is_gone("get_vpc_link", vpcLinkId=link["id"])

    one = client.generate_client_certificate(description="first")
    named = {"clientCertificateId": one["clientCertificateId"]}
    client.update_client_certificate(**named, patchOperations=[replace("/description", "second")])
    found = terraform.read("get_client_certificate", **named)
    assert found["description"] == "second"
    client.delete_client_certificate(**named)
    terraform.is_gone("get_client_certificate", **named)

    role = "arn:aws:iam::000000000000:role/logs"
    client.update_account(patchOperations=[replace("/cloudwatchRoleArn", role)])
    assert terraform.read("get_account")["cloudwatchRoleArn"] == role
