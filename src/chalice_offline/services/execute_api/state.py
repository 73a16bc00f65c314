"""What execute-api knows: who serves which API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.common.served_apis import Front, ServedApis


class ExecuteApiState:
    """The APIs by id."""

    def __init__(self, apis: ServedApis) -> None:
        self._apis = apis

    def front_or_none(self, api_id: str) -> Front | None:
        """Return what answers requests to an API; ids in host names have no case."""
        return self._apis.front(api_id) or self._apis.front(api_id.lower())
