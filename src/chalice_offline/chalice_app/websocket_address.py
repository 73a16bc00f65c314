"""`app.websocket_api`: it sends to the API whose client a handler hears.

Chalice keeps the address of the first API that it hears of: on Lambda a deployment knows no other.
Here loaded code outlives an API: emulators of one project in one process have one each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice import Chalice

_HEARD = "_chalice_offline_heard"


def follow_api(app: Chalice) -> None:
    """Let the app's WebsocketAPI find its address anew whenever it hears of another API."""
    kind: Any = type(app.websocket_api)
    if hasattr(kind, _HEARD):
        return

    def configure_from_api_id(self: Any, api_id: str, stage: str) -> None:
        if getattr(self, _HEARD) not in (None, (api_id, stage)):
            self._endpoint = self._client = None
        setattr(self, _HEARD, (api_id, stage))
        kind.configure_from_api_id(self, api_id, stage)

    members = {_HEARD: None, "configure_from_api_id": configure_from_api_id}
    app.websocket_api.__class__ = type(kind.__name__, (kind,), members)
