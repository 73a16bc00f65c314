"""A clock that a test moves, an inbox for webhooks, and calls into a WSGI app."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from simulators.channels.doordash.simulator import DoorDash
from simulators.channels.uber_eats.simulator import UberEats
from simulators.menu import make_stores, square_catalog
from simulators.pos.square import Square

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.simulator import Simulator
    from simulators.timeline import OutgoingRequest

START_MS = 1_800_000_000_000
STORE = make_stores(1)[0]


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at_ms = START_MS

    def __call__(self) -> int:
        return self.at_ms

    def advance(self, *, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)


@dataclass
class Inbox:
    """The receiver of webhooks: keeps them, answers `statuses` in turn, then `status`."""

    status: int = 200
    statuses: list[int] = field(default_factory=list)
    received: list[OutgoingRequest] = field(default_factory=list)
    on_request: Callable[[OutgoingRequest], None] | None = None

    def __call__(self, request: OutgoingRequest) -> int:
        self.received.append(request)
        if self.on_request:
            self.on_request(request)
        return self.statuses.pop(0) if self.statuses else self.status

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.received]


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of Square's first error."""
        return self.json()["errors"][0]["code"]


class Caller:
    """Calls a WSGI app as a client of one vendor would."""

    def __init__(self, app: Simulator, **headers: str) -> None:
        self.app = app
        self.headers = headers

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw),
        }
        for name, value in {**self.headers, **headers}.items():
            environ[f"HTTP_{name.upper()}"] = value
        started: list[Any] = []
        chunks = self.app(environ, lambda status, sent: started.append((status, sent)))
        status, sent = started[0]
        return Reply(int(status.split()[0]), b"".join(chunks), dict(sent))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def slept() -> list[float]:
    """The seconds that the simulator slept for its clients."""
    return []


@pytest.fixture
def host(clock: Clock, inbox: Inbox, slept: list[float]) -> dict[str, Any]:
    return {"now_ms": clock, "send": inbox, "seed": 7, "sleep": slept.append}


@pytest.fixture
def square(host: dict[str, Any]) -> Square:
    return Square(catalog=square_catalog(), locations={STORE.location_id}, **host)


@pytest.fixture
def uber(host: dict[str, Any]) -> UberEats:
    return UberEats(**host)


@pytest.fixture
def doordash(host: dict[str, Any]) -> DoorDash:
    return DoorDash(**host)


@pytest.fixture
def call(square: Square) -> Caller:
    """A client of Square with a good token."""
    return Caller(square, authorization="Bearer square-local-token")


@pytest.fixture
def caller() -> type[Caller]:
    return Caller
