"""What HTTP and WebSocket APIs are made of, and who is connected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of
from chalice_offline.services.apigatewayv2.errors import invalid_identifier, no_api

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.apigatewayv2.api import Api, ById, Described
    from chalice_offline.services.apigatewayv2.connection import Connection


@dataclass(slots=True)
class Place:
    """What belongs to an account in a region and to no API."""

    domain_names: ById = field(default_factory=dict)
    api_mappings: dict[str, ById] = field(default_factory=dict)
    vpc_links: ById = field(default_factory=dict)


class ApiGatewayV2State:
    """APIs by id, connections by id, and each account's names and links."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.apis: dict[str, Api] = {}
        self.places: dict[tuple[str, str], Place] = {}
        self.connections: dict[str, Connection] = {}
        # What authorizers answered, and the keys of issuers.
        self.authorizations: dict[tuple[str, ...], Any] = {}
        self.issuer_keys: dict[str, list[dict[str, Any]]] = {}

    def place(self, context: CallContext) -> Place:
        """Return what the caller's account has in the region."""
        return self.places.setdefault((context.account_id, context.region), Place())

    def new_id(self, length: int = 7) -> str:
        """Return an id as AWS makes them: small letters and digits."""
        return self.kernel.ids.alphanumeric(length).lower()

    def now_s(self) -> int:
        """Return the present second."""
        return self.kernel.now_ms // 1000

    def find_api(self, context: CallContext, request: Request) -> Api:
        """Return the API that a request names; raises NotFoundException."""
        api = self.apis.get(request["ApiId"])
        if api is None or (api.account_id, api.region) != (context.account_id, context.region):
            raise no_api(request["ApiId"])
        return api

    def find_stage(self, context: CallContext, request: Request) -> Described:
        """Return the stage that a request names; raises NotFoundException."""
        stage = self.find_api(context, request).stages.get(request["StageName"])
        if stage is None:
            raise invalid_identifier("stage")
        return stage


def execute_api_host(api_id: str, region: str) -> str:
    """Return the host name of an API as AWS gives it out."""
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    return f"{api_id}.execute-api.{region}.{suffix}"
