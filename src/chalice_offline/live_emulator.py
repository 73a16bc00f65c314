"""One emulator in real time with all that belongs to it: what a reset exchanges."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.process_patches import undo_then
from chalice_offline.chalice_app.runtime import Runtime
from chalice_offline.composition import compose
from chalice_offline.console.api import Console
from chalice_offline.console.session import Session
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.iam import FunctionCalls
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import BROUGHT_ALONG, InProcessDoor
from chalice_offline.transports.left_behind import LeftBehind
from chalice_offline.transports.outbound import send_request
from chalice_offline.uploaded import UploadedFunctions

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.iam import Mode
    from chalice_offline.storage import SqliteStorage


_GOING_AWAY = 1001  # RFC 6455, 7.4.1
# How many objects come before the youngest are looked through, and how many such looks before those
# that lived on, and then all, are. Under load all are 120 ms in which nobody is answered, each time
# 70,000 objects have come to stay by Python's own 700, 10, 10; and it is the journal that they are.
_COLLECTIONS = (2_000, 10, 50)


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What was asked for at the start, and holds for every emulator of a session."""

    region: str
    seed: int
    timeouts: bool
    iam: Mode | None


class LiveEmulator:
    """An emulator, its driver, its gateway with an in-process door, its console and functions."""

    def __init__(
        self,
        settings: LiveSettings,
        storage: SqliteStorage,
        aws_url: str,
        about: Callable[[], dict[str, Any]],
    ) -> None:
        """Put it together; time does not pass yet, and the door is shut."""
        self.storage = storage
        self.driver = LiveDriver(send_request=send_request, timeouts=settings.timeouts)
        self.emulator = compose(
            self.driver, seed=settings.seed, region=settings.region, storage=storage
        )
        self.lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.gateway = Gateway(self.emulator)
        self.gateway.left_behind = LeftBehind(self.emulator)
        self.seen = Session(self.emulator, self.lambda_, about=about)
        self.console = Console(self.seen)
        self.console.serve_on(self.gateway)
        iam = settings.iam
        self.judge = FunctionCalls(self.emulator, self.lambda_, iam) if iam else None
        self.gateway.judge = self.judge.judge if self.judge else None
        self._uploaded = UploadedFunctions(aws_url, BROUGHT_ALONG)
        self.runtime = Runtime(self.driver.clock, self._uploaded)
        self.door = InProcessDoor(self.gateway)  # shut until somebody opens it
        # While two emulators are there, each function's calls go to the one that runs it.
        self.driver.run_function = self.door.for_code(self.runtime.run)

    def give_way(self) -> None:
        """Stop for another emulator: who waits is answered first, then what runs has no effects."""
        self.gateway.close()
        self.driver.write_off()
        self.stop()

    def stop(self) -> None:
        """Answer who waits, close the door, stop the timers, clear up."""
        self._close_sockets()
        self.gateway.close()
        self.console.close()
        self.driver.stop()
        self.door.close()
        self._uploaded.close()
        with self.emulator.lock:
            self.storage.close()

    def _close_sockets(self) -> None:
        """Tell the clients of WebSockets that their API goes away."""
        registry = self.emulator.registry
        with self.emulator.lock:
            if "apigatewayv2" not in {service.name for service in registry.made()}:
                return
            from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

            apis = registry.state("apigatewayv2", ApiGatewayV2State)
            for connection in list(apis.connections.values()):
                if connection.is_open:
                    connection.close(_GOING_AWAY, "Going away")


def leave_out_of_collections(*, anew: bool = False) -> None:
    """Have Python's garbage collector look no more at what is there now, until the session ends.

    It is what was imported, for the most part: a look at all of it, in the middle of the first
    events, would stop everything for 60 ms. At all that comes later it looks less often. `anew`:
    what was left out and is garbage now, the code of the app before a reload, goes first.
    """
    if anew:
        gc.unfreeze()
        gc.collect()
    else:
        undo_then(gc.unfreeze)
        undo_then(partial(gc.set_threshold, *gc.get_threshold()))
        gc.set_threshold(*_COLLECTIONS)
    gc.freeze()
