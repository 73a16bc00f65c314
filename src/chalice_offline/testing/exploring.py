"""The console of an emulator in virtual time: a look around in the middle of a test.

The page is served from a thread of its own, for a browser is another program. Everything that
lets time pass happens on the thread that explores, one thing after the other: virtual time has one
owner.
"""

from __future__ import annotations

import queue
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.console.api import Console
from chalice_offline.console.doors import Refusal
from chalice_offline.console.session import Session
from chalice_offline.core.pending import Pending
from chalice_offline.resetting import done_at_once
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.offline_app import OfflineApp
    from chalice_offline.emulator import Emulator

Job = tuple["Callable[[], object]", Pending[Any]]


class Exploring:
    """One exploration, from its start until somebody says go on."""

    def __init__(
        self,
        emulator: Emulator,
        app: OfflineApp,
        *,
        advance: Callable[[int], None],
        settle: Callable[[], None],
        port: int = 0,
    ) -> None:
        """Bind the port at once; ProjectError when it is taken. 0 takes a free one.

        `advance` lets so many milliseconds pass, `settle` goes on until nothing is left to do.
        """
        self._advance = advance
        self._settle = settle
        self._driver: Any = emulator.driver
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        gateway = Gateway(emulator)
        lambda_ = emulator.registry.state("lambda", LambdaState)
        session = Session(
            emulator, lambda_, about=app.about, short_names=app.short_names, time=self
        )
        session.reset_service = lambda name: done_at_once(lambda: app.reset_service(name))
        self._console = Console(session)
        self._console.serve_on(gateway)
        self._server = Server(aws_endpoint(gateway), port=port)

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"{self._server.url}/_chalice_offline/"

    def run(self) -> None:
        """Serve the console until Ctrl-C, or until its page says go on."""
        self._driver.on_expect = self._expected
        self._server.start()
        try:
            sys.stdout.write(f"\nthe console is at {self.url}  (Ctrl-C goes on)\n")
            sys.stdout.flush()
            while (job := self._jobs.get()) is not None:
                self._do(*job)
        except KeyboardInterrupt:
            sys.stdout.write("going on\n")
        finally:
            self._driver.on_expect = None
            self._console.close()
            self._server.stop()

    # ---- console.session.TimeControl -------------------------------------------------------------

    def advance(self, milliseconds: int) -> Pending[Any]:
        """Let so much time pass."""
        return self._later(lambda: self._advance(milliseconds))

    def settle(self) -> Pending[Any]:
        """Go on until nothing is left to do."""
        return self._later(self._settle)

    def leave(self) -> None:
        """Let the test go on."""
        self._jobs.put(None)

    # ---- within ----------------------------------------------------------------------------------

    def _expected(self, pending: Pending[Any]) -> None:
        self._later(lambda: self._driver.wait(pending))

    def _later(self, work: Callable[[], object]) -> Pending[Any]:
        done: Pending[Any] = Pending()
        self._jobs.put((work, done))
        return done

    def _do(self, work: Callable[[], object], done: Pending[Any]) -> None:
        try:
            work()
        except AssertionError as error:  # NotSettledError
            done.fail(Refusal(str(error).splitlines()[0], 409))
        else:
            done.resolve(None)
