"""What execute-api knows: who serves which API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.common.served_apis import Front, Mapped, ServedApis, Sockets


class ExecuteApiState:
    """The APIs by id, and by custom domain name."""

    def __init__(self, apis: ServedApis) -> None:
        self._apis = apis

    @property
    def sockets(self) -> Sockets | None:
        """What hears the clients of WebSocket APIs."""
        return self._apis.sockets

    def mapped_or_none(self, host: str, path: str) -> Mapped | None:
        """Return what a path of a custom domain name stands for."""
        return self._apis.mapped(host.partition(":")[0].lower(), path)

    def front_or_none(self, api_id: str) -> Front | None:
        """Return what answers requests to an API; ids in host names have no case."""
        return self._apis.front(api_id) or self._apis.front(api_id.lower())
