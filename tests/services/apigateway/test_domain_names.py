"""Custom domain names: requests by their host name and the base path mappings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.transports.gateway import Gateway
from tests.services.apigateway.conftest import proxy


@pytest.fixture
def ask(aws: Any) -> Any:
    """`ask("https://name/path")`: status and document of the reply at the AWS port."""
    gateway = Gateway(aws.emulator)

    def send(url: str) -> tuple[int, Any]:
        reply = gateway.handle(HttpRequest("GET", url, Headers()))
        if isinstance(reply, Pending):
            aws.driver.wait(reply)
            reply = reply.result()
        assert isinstance(reply, HttpResponse)
        return reply.status, json.loads(reply.body)

    return send


@pytest.fixture
def mapped(aws: Any, serve: Any) -> Any:
    """An API whose function tells its event's paths, and a name for it."""

    def tell(event: Any) -> Any:
        context = event["requestContext"]
        told = [event["path"], event["resource"], context["path"], context["domainName"]]
        return {"statusCode": 200, "body": json.dumps(told)}

    api = serve({"paths": {"/items/{id}": {"get": proxy(aws.function("tell", tell))}}})
    api.gateway.create_domain_name(domainName="api.example.com")
    return api


def test_a_mapping_without_a_path_serves_all(mapped: Any, ask: Any) -> None:
    """The stage is the mapping's, and the event knows the name."""
    mapped.gateway.create_base_path_mapping(
        domainName="api.example.com", restApiId=mapped.id, stage="dev"
    )
    told = ["/items/7", "/items/{id}", "/items/7", "api.example.com"]
    assert ask("https://api.example.com/items/7") == (200, told)
    assert ask("https://API.example.com/items/7")[0] == 200
    assert ask("https://api.example.com/nowhere") == (
        403,
        {"message": "Missing Authentication Token"},
    )


def test_the_longest_mapping_counts_and_stays_in_the_path(mapped: Any, ask: Any) -> None:
    """As on AWS, `path` begins with the base path and `resource` does not."""
    for base in ("v1", "v1/shop"):
        mapped.gateway.create_base_path_mapping(
            domainName="api.example.com", basePath=base, restApiId=mapped.id, stage="dev"
        )
    status, told = ask("https://api.example.com/v1/shop/items/7")
    assert (status, told[:3]) == (
        200,
        ["/v1/shop/items/7", "/items/{id}", "/v1/shop/items/7"],
    )
    assert ask("https://api.example.com/v1/items/7")[1][0] == "/v1/items/7"
    assert ask("https://api.example.com/v2/items/7") == (403, {"message": "Forbidden"})


def test_a_mapping_without_a_stage_has_it_in_the_path(mapped: Any, ask: Any) -> None:
    """/base/stage/resource."""
    mapped.gateway.create_base_path_mapping(
        domainName="api.example.com", basePath="v1", restApiId=mapped.id
    )
    assert ask("https://api.example.com/v1/dev/items/7")[0] == 200


@pytest.mark.parametrize("name", ["shop.corp1", "shop2"])
def test_a_name_that_ends_in_a_digit_is_no_address(mapped: Any, ask: Any, name: str) -> None:
    """Private names, and those of containers, end as they like."""
    mapped.gateway.create_domain_name(domainName=name)
    mapped.gateway.create_base_path_mapping(domainName=name, restApiId=mapped.id, stage="dev")
    assert ask(f"https://{name}/items/7")[1][3] == name


def test_names_with_a_star_and_deleted_names(mapped: Any, ask: Any) -> None:
    """*.example.org stands for one label; a name given back is nobody's."""
    mapped.gateway.create_domain_name(domainName="*.example.org")
    mapped.gateway.create_base_path_mapping(
        domainName="*.example.org", restApiId=mapped.id, stage="dev"
    )
    assert ask("https://shop.example.org/items/7")[1][3] == "shop.example.org"
    mapped.gateway.delete_domain_name(domainName="api.example.com")
    gateway = Gateway(mapped.aws.emulator)
    reply = gateway.handle(HttpRequest("GET", "https://api.example.com/items/7", Headers()))
    assert b"NoSuchBucket" in reply.body  # AWS's endpoint takes it for S3's
