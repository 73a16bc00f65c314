"""boto3 clients that belong to one emulator.

Making a client takes longer than most tests: its service's model is read and compiled. So a client
that an emulator gave back when it stopped serves the next emulator.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from chalice_offline.transports.in_process import InProcessDoor


# Sessions make one client at a time (boto3's guide, "Multithreading or multiprocessing").
_making = threading.Lock()


@cache
def _session() -> Any:
    """Return the session of all these clients; each of their own would read 10 MB of its own."""
    import boto3

    return boto3.session.Session()


class _Bound:
    """A client and the emulator's door it goes through, whichever other door is open."""

    def __init__(self, service: str, region: str) -> None:
        self.door: InProcessDoor | None = None
        with _making:
            self.client: Any = _session().client(
                service,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - no secret: the emulator asks for none
            )
        self.client.meta.events.register_first("before-send", self._answer)

    def _answer(self, request: Any, **_: Any) -> Any:
        if self.door is None:
            raise EmulatorBug("the emulator that this client belongs to has been stopped")
        return self.door.reply(request)


class Clients:
    """The clients of one emulator."""

    _free: ClassVar[dict[tuple[str, str], list[_Bound]]] = {}

    def __init__(self, door: InProcessDoor) -> None:
        self._door = door
        self._lent: dict[tuple[str, str], _Bound] = {}

    def client(self, service: str, region: str) -> Any:
        """Return this emulator's client for a service; asking again is cheap."""
        key = (service, region)
        bound = self._lent.get(key)
        if bound is None:
            free = Clients._free.get(key)
            bound = free.pop() if free else _Bound(service, region)
            bound.door = self._door
            self._lent[key] = bound
        return bound.client

    def give_back(self) -> None:
        """Let others have the clients."""
        for key, bound in self._lent.items():
            bound.door = None
            Clients._free.setdefault(key, []).append(bound)
        self._lent.clear()
