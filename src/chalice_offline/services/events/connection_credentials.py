"""RetrieveConnectionCredentials: what a connection adds to a request of another service.

No client can call it: Step Functions does for its HTTP tasks, with a permission of this name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.events import authorization
from chalice_offline.services.events.http_parameters import pairs

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.events.connection import Connection
    from chalice_offline.services.events.state import EventsState


def retrieve_connection_credentials(
    events: EventsState, context: CallContext, request: Request
) -> Reply:
    """Return header fields, query and body parameters: {"Headers", "Query", "Body"}.

    With "Renew" an access token is fetched anew: the one before was refused.
    """
    connection = _find(events, request["ConnectionArn"])
    if connection.state in ("DEAUTHORIZED", "DELETING"):
        raise AwsError(
            "InvalidConnectionState", f"The connection {connection.name} is not authorized."
        )
    if request.get("Renew"):
        connection.access_token = ""
    if not connection.is_oauth or connection.access_token:
        return _parameters(connection)
    reply: Pending[Result] = Pending()

    def authorized(failure: str) -> None:
        if failure:
            reply.fail(AwsError("InvalidConnectionState", failure))
        else:
            reply.resolve(_parameters(connection))

    authorization.fetch_token(events, connection, (context.entry,), authorized)
    return reply


def _find(events: EventsState, text: str) -> Connection:
    found = events.find_connection_or_none(text) if text.count("/") > 1 else None
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Connection '{text}' does not exist.")
    return found


def _parameters(connection: Connection) -> Result:
    added = connection.parameters.get("InvocationHttpParameters", {})
    name, value = authorization.field_of(connection)
    return {
        "Headers": {**pairs(added, "HeaderParameters"), name: value},
        "Query": pairs(added, "QueryStringParameters"),
        "Body": pairs(added, "BodyParameters"),
    }
