"""Which API and stage a request is for, and the reply where there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.execute_api.state import ExecuteApiState


def addressed(apis: ExecuteApiState, request: Request) -> Request:
    """Return a request with its API and stage, also one that a custom domain name stands for."""
    if "apiId" in request:
        return request
    mapped = apis.mapped_or_none(request.get("host", ""), request["path"])
    if mapped is None:
        return request
    return request | {
        "apiId": mapped.api_id,
        "stage": mapped.stage,
        "basePath": mapped.base_path,
        "path": mapped.path,
    }


def forbidden(context: CallContext) -> Result:
    """Return the reply where no API is."""
    return {
        "statusCode": 403,
        "headers": [
            ("x-amzn-ErrorType", "ForbiddenException"),
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", context.request_id),
        ],
        "body": json.dumps({"message": "Forbidden"}, separators=(",", ":")).encode(),
    }
