"""CreateConnection, UpdateConnection, DeleteConnection and the rest: how to log in elsewhere.

What is secret about a connection lives in Secrets Manager, as on AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.events import authorization
from chalice_offline.services.events.connection import PARAMETERS, Connection
from chalice_offline.services.events.connection_secrets import secret_text, visible
from chalice_offline.services.events.errors import already_exists, validation_error
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.state import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState


def create_connection(events: EventsState, context: CallContext, request: Request) -> Result:
    """Make a connection and its secret; OAuth is authorized some seconds later."""
    connections = events.here(context).connections
    name = request["Name"]
    if name in connections:
        raise already_exists(f"Connection {name} already exists.")
    kind, parameters = request["AuthorizationType"], request["AuthParameters"]
    _check_parameters(kind, parameters)
    connection = Connection(
        name=name,
        account_id=context.account_id,
        region=context.region,
        unique_id=events.kernel.ids.uuid(),
        secret_name=f"events!connection/{name}/{events.kernel.ids.uuid()}",
        authorization_type=kind,
        parameters=parameters,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        authorized_ms=context.now_ms,
        state="AUTHORIZED",
        settings=_settings(request),
    )
    secret = _call_secrets(
        events,
        context,
        "CreateSecret",
        {
            "Name": connection.secret_name,
            "SecretString": secret_text(kind, parameters),
            "ClientRequestToken": events.kernel.ids.uuid(),
        },
    )
    connection.secret_arn = secret["ARN"]
    connections[name] = connection
    authorization.begin(events, connection, context.entry)
    return connection.summary()


def update_connection(events: EventsState, context: CallContext, request: Request) -> Result:
    """Change a connection and its secret."""
    connection = events.find_connection(context, request["Name"], "update")
    kind = request.get("AuthorizationType", connection.authorization_type)
    parameters = {**connection.parameters, **request.get("AuthParameters", {})}
    if kind != connection.authorization_type:
        parameters = request.get("AuthParameters", {})
    _check_parameters(kind, parameters)
    connection.authorization_type, connection.parameters = kind, parameters
    connection.settings.update(_settings(request))
    connection.modified_ms = connection.authorized_ms = context.now_ms
    connection.state, connection.access_token = "AUTHORIZED", ""
    _call_secrets(
        events,
        context,
        "PutSecretValue",
        {
            "SecretId": connection.secret_arn,
            "SecretString": secret_text(kind, parameters),
            "ClientRequestToken": events.kernel.ids.uuid(),
        },
    )
    authorization.begin(events, connection, context.entry)
    return connection.full_summary()


def deauthorize_connection(events: EventsState, context: CallContext, request: Request) -> Result:
    """Take all authorization from a connection; it has to be updated before it works again."""
    connection = events.find_connection(context, request["Name"], "deauthorize")
    connection.state, connection.access_token = "DEAUTHORIZED", ""
    connection.modified_ms = context.now_ms
    return connection.full_summary()


def delete_connection(events: EventsState, context: CallContext, request: Request) -> Result:
    """Delete a connection and its secret."""
    connection = events.find_connection(context, request["Name"], "delete")
    del events.here(context).connections[connection.name]
    connection.state = "DELETING"
    _call_secrets(
        events,
        context,
        "DeleteSecret",
        {"SecretId": connection.secret_arn, "ForceDeleteWithoutRecovery": True},
    )
    return connection.full_summary()


def describe_connection(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show a connection without its secrets."""
    connection = events.find_connection(context, request["Name"], "describe")
    return {
        **connection.full_summary(),
        "Name": connection.name,
        "AuthorizationType": connection.authorization_type,
        "SecretArn": connection.secret_arn,
        "AuthParameters": visible(connection.parameters),
        **connection.settings,
    }


def list_connections(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the connections by name."""
    connections = [
        connection
        for connection in events.here(context).connections.values()
        if connection.name.startswith(request.get("NamePrefix", ""))
        and request.get("ConnectionState", connection.state) == connection.state
    ]
    shown, more = page(connections, lambda connection: connection.name, request)
    listed = [
        {
            **connection.full_summary(),
            "Name": connection.name,
            "AuthorizationType": connection.authorization_type,
        }
        for connection in shown
    ]
    return {"Connections": listed, **more}


def _check_parameters(kind: str, parameters: dict[str, Any]) -> None:
    if PARAMETERS[kind] not in parameters:
        raise validation_error(
            f"Parameter(s) {PARAMETERS[kind]} must be specified for authorization type {kind}."
        )


def _settings(request: Request) -> dict[str, Any]:
    members = ("Description", "InvocationConnectivityParameters", "KmsKeyIdentifier")
    return {member: request[member] for member in members if member in request}


def _call_secrets(
    events: EventsState, context: CallContext, operation: str, request: Request
) -> dict[str, Any]:
    reply = events.kernel.deliver(
        "secretsmanager",
        operation,
        request,
        account_id=context.account_id,
        region=context.region,
        causes=(context.entry,),
        principal=PRINCIPAL,
    )
    if not isinstance(reply, dict):
        raise AwsError("InternalException", "Secrets Manager did not answer.", status=500)
    return reply
