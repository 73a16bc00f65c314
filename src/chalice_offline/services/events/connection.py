"""A connection: how to log in elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalice_offline.core.arn import make_arn

_OAUTH = "OAUTH_CLIENT_CREDENTIALS"
# The member of AuthParameters by type of authorization.
PARAMETERS = {
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
        parameters: dict[str, Any] = self.parameters[PARAMETERS[self.authorization_type]]
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
