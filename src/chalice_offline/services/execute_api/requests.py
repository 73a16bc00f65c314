"""A request to an API. botocore has no such operation: whoever opens a front door calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request
    from chalice_offline.services.execute_api.state import ExecuteApiState


def serve_request(apis: ExecuteApiState, context: CallContext, request: Request) -> Reply:
    """Answer a request to an API: {"statusCode", "headers": pairs, "body"}.

    "apiId" and "stage" name what it is for, and "path" is what follows the stage. Without a stage
    (the host names the API) the path begins with it, where this kind of API has its stages there.
    Without an API the host is a custom domain name; "basePath" is then what its mapping took.
    """
    if "apiId" not in request:
        mapped = apis.mapped_or_none(request.get("host", ""), request["path"])
        if mapped is not None:
            request = request | {
                "apiId": mapped.api_id,
                "stage": mapped.stage,
                "basePath": mapped.base_path,
                "path": mapped.path,
            }
    front = apis.front_or_none(request.get("apiId", ""))
    if front is None:
        return {
            "statusCode": 403,
            "headers": [
                ("x-amzn-ErrorType", "ForbiddenException"),
                ("Content-Type", "application/json"),
                ("x-amzn-RequestId", context.request_id),
            ],
            "body": json.dumps({"message": "Forbidden"}, separators=(",", ":")).encode(),
        }
    return front(context, request)
