"""GetExport: a stage's API as a document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.apigateway.export_document import export

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.state import ApiGatewayState


def get_export(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a stage's API as Swagger 2.0 or OpenAPI 3, with the extensions asked for."""
    kind = request["exportType"]
    if kind not in ("swagger", "oas30"):
        raise bad_request(f"No API exporter for type '{kind}'")
    stage = gateway.find_stage(request, context)
    api = gateway.find_api(request["restApiId"], context)
    definition = api.definitions[stage["deploymentId"]]
    extensions = (request.get("parameters") or {}).get("extensions", "")
    created = datetime.fromtimestamp(stage["createdDate"], UTC)
    version = definition["api"].get("version") or created.strftime("%Y-%m-%dT%H:%M:%SZ")
    document = export(
        definition,
        version=version,
        host=f"{api.id}.execute-api.{api.region}.amazonaws.com",
        stage=stage["stageName"],
        is_v3=kind == "oas30",
        extensions=_extensions(extensions),
    )
    return {
        "contentType": "application/octet-stream",
        "contentDisposition": f'attachment; filename="{kind}_{version}.json"',
        "body": json.dumps(document, indent=2).encode(),
    }


def get_sdk_types(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the languages AWS makes clients in."""
    del gateway, context, request
    names = {"java": "JAVA", "javascript": "JavaScript", "ruby": "Ruby"}
    items: list[dict[str, Any]] = [
        {"id": name, "friendlyName": shown} for name, shown in names.items()
    ]
    return {"items": items}


def _extensions(asked: str) -> frozenset[str]:
    names = {one.strip() for one in asked.split(",") if one.strip()}
    if "apigateway" in names:
        names |= {"integrations", "authorizers"}
    return frozenset(names)
