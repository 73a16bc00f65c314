"""What API Gateway holds: REST APIs, and what an account has beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of
from chalice_offline.services.apigateway.errors import (
    invalid_identifier,
    no_api,
    not_found,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.apigateway.rest_api import ById, Described, RestApi


@dataclass(slots=True)
class Place:
    """What belongs to an account in a region and to no API."""

    account: dict[str, Any] = field(default_factory=dict)
    api_keys: ById = field(default_factory=dict)
    usage_plans: ById = field(default_factory=dict)
    plan_keys: dict[str, list[str]] = field(default_factory=dict)  # usage plan -> keys
    domain_names: ById = field(default_factory=dict)
    base_path_mappings: dict[str, ById] = field(default_factory=dict)
    vpc_links: ById = field(default_factory=dict)
    client_certificates: ById = field(default_factory=dict)


class ApiGatewayState:
    """REST APIs by id, and each account's keys, plans, names, links and certificates."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.apis: dict[str, RestApi] = {}
        self.numbers: dict[str, int] = {}  # of ids, in the order in which they were given out
        self.places: dict[tuple[str, str], Place] = {}
        # Of the data plane: tokens left by key or method, and what authorizers answered.
        self.buckets: dict[tuple[str, ...], Any] = {}
        self.authorizations: dict[tuple[str, ...], Any] = {}
        # The keys of user pools by ARN, and the pools without any that was told of.
        self.pool_keys: dict[str, list[dict[str, Any]]] = {}
        self.pools_told: set[str] = set()

    def place(self, context: CallContext) -> Place:
        """Return what the caller's account has in the region."""
        return self.place_of(context.account_id, context.region)

    def place_of(self, account_id: str, region: str) -> Place:
        """Return what an account has in a region."""
        return self.places.setdefault((account_id, region), Place())

    def new_id(self, length: int = 6) -> str:
        """Return an id as AWS makes them: small letters and digits."""
        made = self.kernel.ids.alphanumeric(length).lower()
        self.numbers[made] = len(self.numbers)
        return made

    def now_s(self) -> int:
        """Return the present second."""
        return self.kernel.now_ms // 1000

    def find_api_or_none(self, api_id: str, context: CallContext) -> RestApi | None:
        """Return the caller's API of this id, if there is one."""
        api = self.apis.get(api_id)
        if api is None or (api.account_id, api.region) != (context.account_id, context.region):
            return None
        return api

    def find_api(self, api_id: str, context: CallContext) -> RestApi:
        """Return the caller's API of this id; raises NotFoundException."""
        api = self.find_api_or_none(api_id, context)
        if api is None:
            raise no_api(context.account_id, api_id)
        return api

    def find_resource(self, request: dict[str, Any], context: CallContext) -> Described:
        """Return the resource a request names; an API that is not there is said so, too."""
        api = self.find_api_or_none(request["restApiId"], context)
        resource = api.resources.get(request["resourceId"]) if api else None
        if resource is None:
            raise invalid_identifier("Resource")
        return resource

    def find_method(self, request: dict[str, Any], context: CallContext) -> Described:
        """Return the method a request names."""
        resource = self.find_resource(request, context)
        found: Described | None = resource.get("resourceMethods", {}).get(request["httpMethod"])
        if found is None:
            raise invalid_identifier("Method")
        return found

    def find_integration(self, request: dict[str, Any], context: CallContext) -> Described:
        """Return the integration of the method a request names."""
        found: Described | None = self.find_method(request, context).get("methodIntegration")
        if found is None:
            raise invalid_identifier("Integration")
        return found

    def find_stage(self, request: dict[str, Any], context: CallContext) -> Described:
        """Return the stage a request names."""
        stage = self.find_api(request["restApiId"], context).stages.get(request["stageName"])
        if stage is None:
            raise not_found("Invalid stage identifier specified")
        return stage


def execute_api_host(api_id: str, region: str) -> str:
    """Return the host name of an API as AWS gives it out."""
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    return f"{api_id}.execute-api.{region}.{suffix}"
