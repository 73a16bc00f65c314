"""The control plane: what defines an API, and AWS's refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.apigateway.conftest import mock


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """Return code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_api_has_its_defaults(aws: Any) -> None:
    """A new API is edge-optimised and has a root resource."""
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="shop")
    assert api["endpointConfiguration"] == {"types": ["EDGE"], "ipAddressType": "ipv4"}
    assert api["apiKeySource"] == "HEADER"
    (root,) = gateway.get_resources(restApiId=api["id"])["items"]
    assert root == {"id": api["rootResourceId"], "path": "/"}
    gateway.delete_rest_api(restApiId=api["id"])
    assert refusal(gateway.get_rest_api, restApiId=api["id"]) == (
        "NotFoundException",
        f"Invalid API identifier specified 000000000000:{api['id']}",
    )


def test_resources_have_unique_names_below_their_parent(aws: Any) -> None:
    """A sibling of the same name is in the way, a child of a greedy variable cannot be."""
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="shop")
    place = {"restApiId": api["id"], "parentId": api["rootResourceId"]}
    gateway.create_resource(**place, pathPart="pets")
    assert refusal(gateway.create_resource, **place, pathPart="pets") == (
        "ConflictException",
        "Another resource with the same parent already has this name: pets",
    )
    greedy = gateway.create_resource(**place, pathPart="{proxy+}")
    code, text = refusal(
        gateway.create_resource, restApiId=api["id"], parentId=greedy["id"], pathPart="x"
    )
    assert code == "BadRequestException"
    assert text == "Cannot create a child of a resource with a greedy path variable: {proxy+}"


def test_patch_operations_change_what_they_name_or_nothing(aws: Any) -> None:
    """A refused operation takes those before it back."""
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="shop")
    operations = [
        {"op": "replace", "path": "/name", "value": "store"},
        {"op": "replace", "path": "/nothing", "value": "x"},
    ]
    request = {"restApiId": api["id"], "patchOperations": operations}
    assert refusal(gateway.update_rest_api, **request) == (
        "BadRequestException",
        "Invalid patch path /nothing",
    )
    assert gateway.get_rest_api(restApiId=api["id"])["name"] == "shop"
    request["patchOperations"] = operations[:1]
    assert gateway.update_rest_api(**request)["name"] == "store"


def test_deployment_that_a_stage_serves_stays(serve: Any) -> None:
    """A deployment can go once no stage points at it."""
    api = serve({"paths": {"/": {"get": mock("{}")}}})
    stage = api.gateway.get_stage(restApiId=api.id, stageName="dev")
    request = {"restApiId": api.id, "deploymentId": stage["deploymentId"]}
    assert refusal(api.gateway.delete_deployment, **request) == (
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )
    api.gateway.delete_stage(restApiId=api.id, stageName="dev")
    api.gateway.delete_deployment(**request)
    assert api.gateway.get_deployments(restApiId=api.id)["items"] == []


def test_document_that_is_none_makes_no_api(aws: Any) -> None:
    """Bad input is refused in AWS's words, and nothing is left of it."""
    gateway = aws.client("apigateway")
    for body in (b"[]", b"{not json", b'{"swagger": "2.0", "paths": [1]}', b"\xff"):
        assert refusal(gateway.import_rest_api, body=body) == (
            "BadRequestException",
            "Invalid OpenAPI input.",
        )
    assert gateway.get_rest_apis()["items"] == []


def test_an_import_declares_a_paths_variables_and_says_what_it_leaves_out(aws: Any) -> None:
    """A request parameter that is no expression is no part of the integration (recorded)."""
    gateway = aws.client("apigateway")
    method = mock("{}")
    wrong = {"integration.request.header.nothing": True, "integration.request.header.one": "'1'"}
    method["x-amazon-apigateway-integration"]["requestParameters"] = wrong
    document = {"swagger": "2.0", "info": {"title": "shop"}, "paths": {"/{item}": {"get": method}}}
    made = gateway.import_rest_api(body=json.dumps(document))
    (warning,) = made["warnings"]
    assert warning == (
        "Invalid format for 'requestParameters'. Expected type string for property "
        "'integration.request.header.nothing' of resource '/{item}' and method 'GET' but got 'true'"
    )
    items = gateway.get_resources(restApiId=made["id"], embed=["methods"])["items"]
    (found,) = [one["resourceMethods"]["GET"] for one in items if one["path"] == "/{item}"]
    assert found["requestParameters"] == {"method.request.path.item": True}
    kept = found["methodIntegration"]["requestParameters"]
    assert kept == {"integration.request.header.one": "'1'"}


def test_whose_response_is_to_go_has_no_integration_without_its_method(aws: Any) -> None:
    """DeleteIntegrationResponse speaks of the integration, where others name the method."""
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="shop")
    asked = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "POST",
        "statusCode": "200",
    }
    code = "NotFoundException"
    integration, method = (
        f"Invalid {one} identifier specified" for one in ("Integration", "Method")
    )
    assert refusal(gateway.delete_integration_response, **asked) == (code, integration)
    assert refusal(gateway.get_integration_response, **asked) == (code, method)


def test_export_gives_back_what_was_imported(serve: Any) -> None:
    """Paths, integrations and models come back as Swagger and as OpenAPI."""
    api = serve({"paths": {"/pets": {"get": mock("{}")}}})
    for kind in ("swagger", "oas30"):
        export = api.gateway.get_export(
            restApiId=api.id,
            stageName="dev",
            exportType=kind,
            parameters={"extensions": "apigateway"},
        )
        document = json.loads(export["body"].read())
        method = document["paths"]["/pets"]["get"]
        assert method["x-amazon-apigateway-integration"]["type"] == "mock"


def test_lists_come_in_pages(aws: Any) -> None:
    """`limit` cuts a list, `position` goes on after it."""
    gateway = aws.client("apigateway")
    made = {gateway.create_rest_api(name=f"api-{n}")["id"] for n in range(3)}
    first = gateway.get_rest_apis(limit=2)
    rest = gateway.get_rest_apis(limit=2, position=first["position"])
    assert {api["id"] for api in first["items"] + rest["items"]} == made
    assert "position" not in rest


def test_a_value_that_is_none_of_the_models_is_named_with_its_place(aws: Any) -> None:
    """What the body holds is said to be in the operation's input."""
    gateway = aws.client("apigateway")
    configuration = {"ipAddressType": "wrong"}
    assert refusal(gateway.create_rest_api, name="shop", endpointConfiguration=configuration) == (
        "ValidationException",
        (
            "1 validation error detected: Value 'wrong' at "
            "'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [ipv4, dualstack]"
        ),
    )


def _documented(aws: Any, api_id: str) -> dict[tuple[str, ...], dict[str, Any]]:
    parts = aws.client("apigateway").get_documentation_parts(restApiId=api_id, limit=500)["items"]
    found = {
        tuple(part["location"][key] for key in sorted(part["location"])): json.loads(
            part["properties"]
        )
        for part in parts
    }
    assert len(found) == len(parts), "one location, one part"
    return found


def _pets(summary: str) -> dict[str, Any]:
    operation = mock("{}") | {
        "summary": summary,
        "description": "All of them.",
        "parameters": [{"name": "kind", "in": "query", "description": "Cats, for example."}],
        "responses": {"200": {"description": "200 response"}},
    }
    return {
        "swagger": "2.0",
        "info": {"title": "pets", "description": "A shop."},
        "paths": {"/pets": {"get": operation}},
    }


def test_what_a_document_tells_of_its_parts_is_their_documentation(aws: Any) -> None:
    """A handler's docstring is read back so: Chalice writes it as its method's summary."""
    gateway = aws.client("apigateway")
    api_id = gateway.import_rest_api(body=json.dumps(_pets("Lists pets.")))["id"]
    method = {"summary": "Lists pets.", "description": "All of them."}
    others = {
        ("API",): {"info": {"description": "A shop."}},
        ("GET", "kind", "/pets", "QUERY_PARAMETER"): {"description": "Cats, for example."},
        ("GET", "/pets", "200", "RESPONSE"): {"description": "200 response"},
    }
    assert _documented(aws, api_id) == {("GET", "/pets", "METHOD"): method, **others}

    for mode in ("overwrite", "merge"):
        body = json.dumps(_pets(f"Lists them, {mode}."))
        gateway.put_rest_api(restApiId=api_id, mode=mode, body=body)
        changed = method | {"summary": f"Lists them, {mode}."}
        assert _documented(aws, api_id) == {("GET", "/pets", "METHOD"): changed, **others}

    before = _documented(aws, api_id)
    less = json.dumps({"swagger": "2.0", "info": {"title": "pets"}, "paths": {}})
    ignoring = {"ignore": "documentation"}
    gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=less, parameters=ignoring)
    assert _documented(aws, api_id) == before
    gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=less)
    assert _documented(aws, api_id) == {}


def test_what_is_no_documentation_part_changes_none(aws: Any) -> None:
    """Nothing of such a document is kept, and what there was stays; the part is named."""
    gateway = aws.client("apigateway")
    api_id = gateway.create_rest_api(name="pets")["id"]

    def put(*parts: Any, mode: str = "merge") -> Any:
        documented = {"x-amazon-apigateway-documentation": {"documentationParts": parts}}
        body = json.dumps({"swagger": "2.0", "info": {"title": "pets"}, **documented})
        return gateway.import_documentation_parts(restApiId=api_id, mode=mode, body=body)["ids"]

    told = {"location": {"type": "API"}, "properties": {"description": "A shop."}}
    status = {"type": "RESPONSE", "path": "/pets", "method": "GET"}
    answer = {"location": {**status, "statusCode": 200}, "properties": {"description": "All."}}
    ids = put(told, answer)
    before = _documented(aws, api_id)
    assert before == {
        ("API",): {"description": "A shop."},
        ("GET", "/pets", "200", "RESPONSE"): {"description": "All."},
    }
    other = {**told, "properties": {"description": "Another."}}
    for wrong in (
        7,
        {"location": {"type": "SHOP"}, "properties": {}},
        {"location": {"type": "API"}},
    ):
        with pytest.raises(ClientError, match=r"documentationParts\[1\]") as refusal:
            put(other, wrong, mode="overwrite")
        assert refusal.value.response["Error"]["Code"] == "BadRequestException"
        assert _documented(aws, api_id) == before
    answer["location"]["statusCode"] = "200"
    assert put(told, answer) == ids, "the same locations, the same parts"
