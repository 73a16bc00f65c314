"""WebSockets of the APIs that users built: handshake, messages, end. botocore knows none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.execute_api.addresses import addressed, forbidden

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request
    from chalice_offline.services.execute_api.state import ExecuteApiState


def connect(apis: ExecuteApiState, context: CallContext, request: Request) -> Reply:
    """Answer a handshake, which is a request like others: 101, or why not.

    A 101 comes with "connectionId" and "feed", which brings what is sent to the client.
    """
    sockets = apis.sockets
    answer = sockets.connect(context, addressed(apis, request)) if sockets else None
    return forbidden(context) if answer is None else answer


def receive(apis: ExecuteApiState, context: CallContext, request: Request) -> Reply:
    """Take a message of a client: "connectionId", "data", "isText"."""
    assert apis.sockets is not None, "who is connected was let in"
    return apis.sockets.receive(context, request)


def disconnect(apis: ExecuteApiState, context: CallContext, request: Request) -> Reply:
    """Note that a client is gone: "connectionId", "code", "reason"."""
    assert apis.sockets is not None, "who is connected was let in"
    return apis.sockets.disconnect(context, request)
