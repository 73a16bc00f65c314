"""HTTP and WebSocket APIs and their parts: made, changed, refused, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture
def gateway(aws: Any) -> Any:
    return aws.client("apigatewayv2")


@pytest.fixture
def api_id(gateway: Any) -> str:
    return str(gateway.create_api(Name="shop", ProtocolType="HTTP")["ApiId"])


@pytest.fixture
def socket_id(gateway: Any) -> str:
    made = gateway.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    return str(made["ApiId"])


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**request)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_an_api_is_described_as_it_was_made(gateway: Any, api_id: str) -> None:
    """With its endpoint, and what AWS fills in."""
    api = gateway.get_api(ApiId=api_id)
    assert api["ApiEndpoint"] == f"https://{api_id}.execute-api.us-east-1.amazonaws.com"
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    assert [one["ApiId"] for one in gateway.get_apis()["Items"]] == [api_id]
    changed = gateway.update_api(ApiId=api_id, Description="new", Version="2")
    assert (changed["Name"], changed["Description"], changed["Version"]) == ("shop", "new", "2")
    gateway.delete_api(ApiId=api_id)
    assert refused(gateway.get_api, ApiId=api_id)[0] == "NotFoundException"


def test_a_target_makes_an_api_that_is_served_at_once(gateway: Any) -> None:
    """Integration, $default route and $default stage are API Gateway's own."""
    api_id = gateway.create_api(Name="quick", ProtocolType="HTTP", Target=FUNCTION)["ApiId"]
    [integration] = gateway.get_integrations(ApiId=api_id)["Items"]
    assert (integration["PayloadFormatVersion"], integration["ApiGatewayManaged"]) == ("2.0", True)
    [route] = gateway.get_routes(ApiId=api_id)["Items"]
    assert route["RouteKey"] == "$default"
    [stage] = gateway.get_stages(ApiId=api_id)["Items"]
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DeploymentId"]


@pytest.mark.parametrize(
    "key", ["GET", "get /a", "FETCH /a", "GET a", "GET /a/{b+}/c", "GET /{a}/{a}", "GET /a{b}"]
)
def test_a_route_key_that_is_none_is_refused(gateway: Any, api_id: str, key: str) -> None:
    """Method and path, or $default."""
    code, text = refused(gateway.create_route, ApiId=api_id, RouteKey=key)
    assert code == "BadRequestException"
    assert "not formatted properly for HTTP protocol" in text


def test_a_route_key_is_there_once(gateway: Any, api_id: str) -> None:
    """The second one is in conflict, also when a route is changed to it."""
    gateway.create_route(ApiId=api_id, RouteKey="GET /a")
    other = gateway.create_route(ApiId=api_id, RouteKey="GET /b")["RouteId"]
    expected = ("ConflictException", "Route with key GET /a already exists for this API")
    assert refused(gateway.create_route, ApiId=api_id, RouteKey="GET /a") == expected
    again = refused(gateway.update_route, ApiId=api_id, RouteId=other, RouteKey="GET /a")
    assert again == expected
    assert gateway.get_route(ApiId=api_id, RouteId=other)["RouteKey"] == "GET /b"


def test_a_part_in_use_stays(gateway: Any, api_id: str) -> None:
    """Integrations and authorizers that routes name, deployments that stages serve."""
    integration = gateway.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION
    )["IntegrationId"]
    route = gateway.create_route(
        ApiId=api_id, RouteKey="GET /a", Target=f"integrations/{integration}"
    )["RouteId"]
    deployment = gateway.create_deployment(ApiId=api_id)["DeploymentId"]
    gateway.create_stage(ApiId=api_id, StageName="live", DeploymentId=deployment)
    request = {"ApiId": api_id, "IntegrationId": integration}
    assert refused(gateway.delete_integration, **request)[0] == "ConflictException"
    request = {"ApiId": api_id, "DeploymentId": deployment}
    assert refused(gateway.delete_deployment, **request)[0] == "BadRequestException"
    gateway.delete_route(ApiId=api_id, RouteId=route)
    gateway.delete_integration(ApiId=api_id, IntegrationId=integration)
    gateway.delete_stage(ApiId=api_id, StageName="live")
    gateway.delete_deployment(ApiId=api_id, DeploymentId=deployment)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"IntegrationType": "MOCK"}, "do not support integrations of type MOCK"),
        ({"IntegrationType": "AWS_PROXY"}, "IntegrationUri is required"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://x"}, "IntegrationMethod"),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION, "TimeoutInMillis": 30001},
            "between 50 ms and 30000 ms",
        ),
    ],
)
def test_an_integration_that_cannot_be_is_refused(
    gateway: Any, api_id: str, wrong: Any, says: str
) -> None:
    """Nothing is made."""
    code, text = refused(gateway.create_integration, ApiId=api_id, **wrong)
    assert code == "BadRequestException"
    assert says in text
    assert gateway.get_integrations(ApiId=api_id)["Items"] == []


def test_a_deployment_keeps_what_it_deployed(gateway: Any, socket_id: str) -> None:
    """A stage without AutoDeploy serves its deployment, whatever changes later."""
    text = refused(gateway.create_deployment, ApiId=socket_id)[1]
    assert text == "At least one route is required before deploying the Api."
    gateway.create_route(ApiId=socket_id, RouteKey="$default")
    first = gateway.create_deployment(ApiId=socket_id, Description="one")
    assert first["DeploymentStatus"] == "DEPLOYED"
    gateway.create_stage(
        ApiId=socket_id, StageName="live", DeploymentId=first["DeploymentId"],
        StageVariables={"a": "1"},
    )  # fmt: skip
    stage = gateway.update_stage(ApiId=socket_id, StageName="live", Description="x")
    assert (stage["StageVariables"], stage["Description"]) == ({"a": "1"}, "x")
    assert stage["DefaultRouteSettings"]["LoggingLevel"] == "OFF"


def test_a_websocket_api_needs_to_know_how_routes_are_selected(gateway: Any) -> None:
    """HTTP APIs do not ask."""
    text = refused(gateway.create_api, Name="x", ProtocolType="WEBSOCKET")[1]
    assert text == "RouteSelectionExpression is a required field for WebSocket APIs"


def test_names_mappings_links_and_tags(gateway: Any, api_id: str) -> None:
    """What belongs to an account and to no API."""
    gateway.create_stage(ApiId=api_id, StageName="$default")
    gateway.create_domain_name(DomainName="api.shop.example", Tags={"a": "1"})
    mapping = gateway.create_api_mapping(
        DomainName="api.shop.example", ApiId=api_id, Stage="$default", ApiMappingKey="v1"
    )
    request = {"DomainName": "api.shop.example", "ApiId": api_id, "Stage": "$default"}
    again = refused(gateway.create_api_mapping, ApiMappingKey="v1", **request)
    assert again[0] == "ConflictException"
    assert gateway.get_api_mappings(DomainName="api.shop.example")["Items"][0] == {
        "ApiId": api_id,
        "ApiMappingId": mapping["ApiMappingId"],
        "ApiMappingKey": "v1",
        "Stage": "$default",
    }
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api_id}"
    gateway.tag_resource(ResourceArn=arn, Tags={"team": "pos"})
    assert gateway.get_tags(ResourceArn=arn)["Tags"] == {"team": "pos"}
    assert gateway.get_api(ApiId=api_id)["Tags"] == {"team": "pos"}
    gateway.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert gateway.get_tags(ResourceArn=arn)["Tags"] == {}
    link = gateway.create_vpc_link(Name="in", SubnetIds=["s-1"])["VpcLinkId"]
    assert gateway.get_vpc_links()["Items"][0]["VpcLinkStatus"] == "AVAILABLE"
    gateway.delete_vpc_link(VpcLinkId=link)


def test_lists_come_in_pages(gateway: Any, api_id: str) -> None:
    """NextToken goes on where the last one ended."""
    for number in range(5):
        gateway.create_route(ApiId=api_id, RouteKey=f"GET /r{number}")
    first = gateway.get_routes(ApiId=api_id, MaxResults="3")
    rest = gateway.get_routes(ApiId=api_id, MaxResults="3", NextToken=first["NextToken"])
    assert len(first["Items"]) == 3
    keys = {route["RouteKey"] for route in first["Items"] + rest["Items"]}
    assert keys == {f"GET /r{number}" for number in range(5)}
    assert "NextToken" not in rest
