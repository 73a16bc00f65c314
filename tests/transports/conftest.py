"""A live endpoint, and a client that sends exactly what a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalice_offline.composition import compose
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from tests.transports.raw_http import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.emulator import Emulator


class Live:
    """An AWS endpoint in real time."""

    def __init__(self) -> None:
        self.driver = LiveDriver()
        self.emulator: Emulator = compose(self.driver)
        self.gateway = Gateway(self.emulator)
        self.server = Server(aws_endpoint(self.gateway))
        self.driver.start()
        self.server.start()

    def stop(self) -> None:
        self.gateway.close()
        self.server.stop()
        self.driver.stop()

    def subjects(self) -> list[str]:
        """Return what was entered into the journal so far."""
        with self.emulator.lock:
            return [entry.subject for entry in self.emulator.journal.entries()]

    def call(self, query: str) -> bytes:
        """Call an operation by query string."""
        return exchange(self.server.port, f"GET {query} HTTP/1.1\r\nHost: localhost\r\n\r\n")[1]


@pytest.fixture
def live() -> Iterator[Live]:
    made = Live()
    yield made
    made.stop()
