"""An API destination: an HTTP endpoint as a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.events.connection import Connection


@dataclass(slots=True, eq=False)
class ApiDestination:
    """An HTTP endpoint as a target. `settings` are its members under AWS's names."""

    name: str
    account_id: str
    region: str
    unique_id: str
    settings: dict[str, Any]
    created_ms: int
    modified_ms: int

    @property
    def arn(self) -> str:
        """The destination's ARN."""
        path = f"api-destination/{self.name}/{self.unique_id}"
        return make_arn("events", self.region, self.account_id, path)

    def summary(self, connection: Connection | None) -> dict[str, Any]:
        """Return what every reply holds; it is active while its connection is authorized."""
        is_active = connection is not None and connection.state == "AUTHORIZED"
        return {
            "ApiDestinationArn": self.arn,
            "ApiDestinationState": "ACTIVE" if is_active else "INACTIVE",
            "CreationTime": self.created_ms / 1000,
            "LastModifiedTime": self.modified_ms / 1000,
        }
