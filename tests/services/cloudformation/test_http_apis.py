"""HTTP and WebSocket APIs in stacks: made in order, changed in place, gone with their stack."""

from __future__ import annotations

from typing import Any

API = {
    "Type": "AWS::ApiGatewayV2::Api",
    "Properties": {"Name": "shop", "ProtocolType": "HTTP", "Tags": {"team": "shop"}},
}
INTEGRATION = {
    "Type": "AWS::ApiGatewayV2::Integration",
    "Properties": {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": "arn:aws:lambda:us-east-1:000000000000:function:greet",
        "PayloadFormatVersion": "2.0",
    },
}
ROUTE = {
    "Type": "AWS::ApiGatewayV2::Route",
    "Properties": {
        "ApiId": {"Ref": "Api"},
        "RouteKey": "GET /orders/{id}",
        "Target": {"Fn::Sub": "integrations/${Integration}"},
    },
}
STAGE = {
    "Type": "AWS::ApiGatewayV2::Stage",
    "Properties": {
        "ApiId": {"Ref": "Api"},
        "StageName": "$default",
        "AutoDeploy": True,
        "Tags": {"team": "shop"},
    },
}
OUT = {"Id": {"Value": {"Ref": "Api"}}, "Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}}
DECLARED = {"Api": API, "Integration": INTEGRATION, "Route": ROUTE, "Stage": STAGE}


def changed(resource: dict[str, Any], **properties: Any) -> dict[str, Any]:
    merged = {**resource["Properties"], **properties}
    kept = {name: value for name, value in merged.items() if value is not None}
    return {**resource, "Properties": kept}


def create(stacks: Any, declared: dict[str, Any]) -> str:
    """Create the stack; returns its API's id."""
    status = stacks.create("shop", {"Resources": declared, "Outputs": OUT})
    assert status == "CREATE_COMPLETE", stacks.reasons("shop")
    return str(stacks.outputs("shop")["Id"])


def update(stacks: Any, declared: dict[str, Any]) -> None:
    status = stacks.update("shop", {"Resources": declared, "Outputs": OUT})
    assert status == "UPDATE_COMPLETE", stacks.reasons("shop")


def test_http_api_has_its_routes_and_goes_with_its_stack(stacks: Any) -> None:
    """The route leads to the integration of the same stack; the stage has deployed it."""
    api = create(stacks, DECLARED)
    apis = stacks.aws.client("apigatewayv2")
    (route,) = apis.get_routes(ApiId=api)["Items"]
    (integration,) = apis.get_integrations(ApiId=api)["Items"]
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    (stage,) = apis.get_stages(ApiId=api)["Items"]
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stacks.tags(stage["Tags"]) == {"team": "shop"}
    assert stacks.tags(apis.get_api(ApiId=api)["Tags"]) == {"team": "shop"}
    assert apis.get_api(ApiId=api)["ApiEndpoint"] == stacks.outputs("shop")["Url"]
    stacks.client.delete_stack(StackName="shop")
    assert apis.get_apis()["Items"] == []


def test_update_changes_an_api_and_its_parts_in_place(stacks: Any) -> None:
    """Ids stay; what the template says no more is gone."""
    cors = changed(API, CorsConfiguration={"AllowOrigins": ["https://shop.example"]})
    api = create(stacks, {**DECLARED, "Api": cors})
    apis = stacks.aws.client("apigatewayv2")
    route = apis.get_routes(ApiId=api)["Items"][0]["RouteId"]
    after = {
        **DECLARED,
        "Api": changed(API, Description="ours", Tags={"cost": "low"}),
        "Route": changed(ROUTE, RouteKey="POST /orders"),
        "Integration": changed(INTEGRATION, TimeoutInMillis=5_000),
        "Stage": changed(STAGE, StageVariables={"colour": "red"}, Tags=None),
    }
    update(stacks, after)
    found = apis.get_api(ApiId=api)
    assert (found["Description"], stacks.tags(found["Tags"])) == ("ours", {"cost": "low"})
    assert "CorsConfiguration" not in found
    assert apis.get_route(ApiId=api, RouteId=route)["RouteKey"] == "POST /orders"
    assert apis.get_integrations(ApiId=api)["Items"][0]["TimeoutInMillis"] == 5_000
    assert apis.get_stage(ApiId=api, StageName="$default")["StageVariables"] == {"colour": "red"}


def test_failed_update_takes_an_api_back(stacks: Any) -> None:
    """A route that API Gateway refuses fails the update, in its words."""
    api = create(stacks, DECLARED)
    broken = changed(ROUTE, RouteKey="orders")
    after = {**DECLARED, "Api": changed(API, Description="ours"), "Route": broken}
    status = stacks.update("shop", {"Resources": after, "Outputs": OUT})
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert any("not formatted properly for HTTP protocol" in one for one in stacks.reasons("shop"))
    apis = stacks.aws.client("apigatewayv2")
    assert apis.get_routes(ApiId=api)["Items"][0]["RouteKey"] == "GET /orders/{id}"


def test_api_is_made_of_a_document(stacks: Any) -> None:
    """As the serverless transform writes HTTP APIs: one document, and a stage."""
    body = {
        "openapi": "3.0.1",
        "info": {"title": "greeter", "version": "1"},
        "paths": {
            "/greet": {
                "get": {
                    "x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "httpMethod": "POST",
                        "payloadFormatVersion": "2.0",
                        "uri": INTEGRATION["Properties"]["IntegrationUri"],
                    }
                }
            }
        },
    }
    described = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}}
    api = create(stacks, {"Api": described, "Stage": STAGE})
    apis = stacks.aws.client("apigatewayv2")
    assert apis.get_api(ApiId=api)["Name"] == "greeter"
    assert [one["RouteKey"] for one in apis.get_routes(ApiId=api)["Items"]] == ["GET /greet"]
    moved = {**body, "paths": {"/hello": body["paths"]["/greet"]}}  # type: ignore[index]
    update(stacks, {"Api": changed(described, Body=moved), "Stage": STAGE})
    assert [one["RouteKey"] for one in apis.get_routes(ApiId=api)["Items"]] == ["GET /hello"]


def test_websocket_api_as_chalice_packages_it(stacks: Any) -> None:
    """Three routes, a deployment after them, a stage of that deployment."""
    declared: dict[str, Any] = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "chat",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "ConnectionType": "INTERNET",
                "ContentHandlingStrategy": "CONVERT_TO_TEXT",
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": INTEGRATION["Properties"]["IntegrationUri"],
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGatewayV2::Deployment",
            "Properties": {"ApiId": {"Ref": "Api"}},
            "DependsOn": ["Connect", "Default"],
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": "api",
            },
        },
    }
    for name, key in (("Connect", "$connect"), ("Default", "$default")):
        declared[name] = {**ROUTE, "Properties": {**ROUTE["Properties"], "RouteKey": key}}
    api = create(stacks, declared)
    apis = stacks.aws.client("apigatewayv2")
    (deployment,) = apis.get_deployments(ApiId=api)["Items"]
    (stage,) = apis.get_stages(ApiId=api)["Items"]
    assert stage["DeploymentId"] == deployment["DeploymentId"]
    assert stacks.outputs("shop")["Url"].startswith("wss://")


def test_domain_leads_to_an_api_by_its_mapping(stacks: Any) -> None:
    """The domain's regional name is what a DNS record in the same stack would need."""
    domain = {
        "Type": "AWS::ApiGatewayV2::DomainName",
        "Properties": {
            "DomainName": "api.shop.example",
            "DomainNameConfigurations": [
                {"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/one"}
            ],
        },
    }
    mapping = {
        "Type": "AWS::ApiGatewayV2::ApiMapping",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "DomainName": {"Ref": "Domain"},
            "Stage": {"Ref": "Stage"},
        },
    }
    regional = {"Value": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}}
    template = {
        "Resources": {**DECLARED, "Domain": domain, "Mapping": mapping},
        "Outputs": {**OUT, "Regional": regional},
    }
    assert stacks.create("shop", template) == "CREATE_COMPLETE", stacks.reasons("shop")
    apis = stacks.aws.client("apigatewayv2")
    (found,) = apis.get_api_mappings(DomainName="api.shop.example")["Items"]
    assert found["ApiId"] == stacks.outputs("shop")["Id"]
    (configured,) = apis.get_domain_name(DomainName="api.shop.example")["DomainNameConfigurations"]
    assert stacks.outputs("shop")["Regional"] == configured["ApiGatewayDomainName"]
    stacks.client.delete_stack(StackName="shop")
    assert apis.get_domain_names()["Items"] == []
