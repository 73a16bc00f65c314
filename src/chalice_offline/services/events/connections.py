"""CreateConnection, UpdateConnection, DeleteConnection and the rest: how to log in elsewhere.

What is secret about a connection lives in Secrets Manager, as on AWS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.events import authorization
from chalice_offline.services.events.connection_secrets import secret_text, visible
from chalice_offline.services.events.errors import already_exists, not_found, validation_error
from chalice_offline.services.events.pagination import page
from chalice_offline.services.events.target_delivery import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.service import Events

_OAUTH = "OAUTH_CLIENT_CREDENTIALS"
_PARAMETERS = {
    "BASIC": "BasicAuthParameters",
    "API_KEY": "ApiKeyAuthParameters",
    _OAUTH: "OAuthParameters",
}


@dataclass(slots=True, eq=False)
class Connection:
    """A connection. `parameters` are its AuthParameters, secrets included."""

    name: str
    account_id: str
    region: str
    unique_id: str
    secret_name: str
    authorization_type: str
    parameters: dict[str, Any]
    created_ms: int
    modified_ms: int
    authorized_ms: int
    state: str
    settings: dict[str, Any] = field(default_factory=dict)
    secret_arn: str = ""
    access_token: str = ""

    @property
    def arn(self) -> str:
        """The connection's ARN."""
        return make_arn(
            "events", self.region, self.account_id, f"connection/{self.name}/{self.unique_id}"
        )

    @property
    def auth_parameters(self) -> dict[str, Any]:
        """The parameters of its type of authorization."""
        parameters: dict[str, Any] = self.parameters[_PARAMETERS[self.authorization_type]]
        return parameters

    @property
    def is_oauth(self) -> bool:
        """Whether it needs an access token before it can be used."""
        return self.authorization_type == _OAUTH

    def summary(self) -> dict[str, Any]:
        """Return what every reply about a connection holds."""
        return {
            "ConnectionArn": self.arn,
            "ConnectionState": self.state,
            "CreationTime": self.created_ms / 1000,
            "LastModifiedTime": self.modified_ms / 1000,
        }

    def full_summary(self) -> dict[str, Any]:
        """Return what every reply but that of CreateConnection holds."""
        return {**self.summary(), "LastAuthorizedTime": self.authorized_ms / 1000}


def create_connection(service: Events, context: CallContext, request: Request) -> Result:
    """Make a connection and its secret; OAuth is authorized some seconds later."""
    connections = service.here(context).connections
    name = request["Name"]
    if name in connections:
        raise already_exists(f"Connection {name} already exists.")
    kind, parameters = request["AuthorizationType"], request["AuthParameters"]
    _check_parameters(kind, parameters)
    connection = Connection(
        name=name,
        account_id=context.account_id,
        region=context.region,
        unique_id=service.kernel.ids.uuid(),
        secret_name=f"events!connection/{name}/{service.kernel.ids.uuid()}",
        authorization_type=kind,
        parameters=parameters,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        authorized_ms=context.now_ms,
        state="AUTHORIZED",
        settings=_settings(request),
    )
    secret = _call_secrets(
        service,
        context,
        "CreateSecret",
        {
            "Name": connection.secret_name,
            "SecretString": secret_text(kind, parameters),
            "ClientRequestToken": service.kernel.ids.uuid(),
        },
    )
    connection.secret_arn = secret["ARN"]
    connections[name] = connection
    authorization.begin(service, connection, context.entry)
    return connection.summary()


def update_connection(service: Events, context: CallContext, request: Request) -> Result:
    """Change a connection and its secret."""
    connection = find_connection(service, context, request["Name"], "update")
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
        service,
        context,
        "PutSecretValue",
        {
            "SecretId": connection.secret_arn,
            "SecretString": secret_text(kind, parameters),
            "ClientRequestToken": service.kernel.ids.uuid(),
        },
    )
    authorization.begin(service, connection, context.entry)
    return connection.full_summary()


def deauthorize_connection(service: Events, context: CallContext, request: Request) -> Result:
    """Take all authorization from a connection; it has to be updated before it works again."""
    connection = find_connection(service, context, request["Name"], "deauthorize")
    connection.state, connection.access_token = "DEAUTHORIZED", ""
    connection.modified_ms = context.now_ms
    return connection.full_summary()


def delete_connection(service: Events, context: CallContext, request: Request) -> Result:
    """Delete a connection and its secret."""
    connection = find_connection(service, context, request["Name"], "delete")
    del service.here(context).connections[connection.name]
    connection.state = "DELETING"
    _call_secrets(
        service,
        context,
        "DeleteSecret",
        {"SecretId": connection.secret_arn, "ForceDeleteWithoutRecovery": True},
    )
    return connection.full_summary()


def describe_connection(service: Events, context: CallContext, request: Request) -> Result:
    """Show a connection without its secrets."""
    connection = find_connection(service, context, request["Name"], "describe")
    return {
        **connection.full_summary(),
        "Name": connection.name,
        "AuthorizationType": connection.authorization_type,
        "SecretArn": connection.secret_arn,
        "AuthParameters": visible(connection.parameters),
        **connection.settings,
    }


def list_connections(service: Events, context: CallContext, request: Request) -> Result:
    """Show the connections by name."""
    connections = [
        connection
        for connection in service.here(context).connections.values()
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


def find_connection(service: Events, context: CallContext, name: str, verb: str) -> Connection:
    """Return a connection; raises ResourceNotFoundException naming what was attempted."""
    connection = service.here(context).connections.get(name)
    if connection is None:
        raise not_found(f"Failed to {verb} the connection(s). Connection '{name}' does not exist.")
    return connection


def _check_parameters(kind: str, parameters: dict[str, Any]) -> None:
    if _PARAMETERS[kind] not in parameters:
        raise validation_error(
            f"Parameter(s) {_PARAMETERS[kind]} must be specified for authorization type {kind}."
        )


def _settings(request: Request) -> dict[str, Any]:
    members = ("Description", "InvocationConnectivityParameters", "KmsKeyIdentifier")
    return {member: request[member] for member in members if member in request}


def _call_secrets(
    service: Events, context: CallContext, operation: str, request: Request
) -> dict[str, Any]:
    reply = service.kernel.deliver(
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
