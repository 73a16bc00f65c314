"""execute-api: the table of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.execute_api.requests import serve_request
from chalice_offline.services.execute_api.sockets import connect, disconnect, receive
from chalice_offline.services.execute_api.state import ExecuteApiState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Operation
    from chalice_offline.services.common.served_apis import ServedApis

OPERATIONS: Mapping[str, Operation] = {
    "Request": serve_request,
    "Connect": connect,
    "Receive": receive,
    "Disconnect": disconnect,
}


def service(apis: ServedApis) -> Service:
    """Return the service that hands requests to whoever serves their API."""
    return Service("execute-api", ExecuteApiState(apis), OPERATIONS, hosts=apis)
