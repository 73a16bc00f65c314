"""A request to an API. botocore has no such operation: whoever opens a front door calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.execute_api.addresses import addressed, forbidden

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
    request = addressed(apis, request)
    front = apis.front_or_none(request.get("apiId", ""))
    return forbidden(context) if front is None else front(context, request)
