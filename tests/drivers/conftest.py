"""Fixtures `live` and `virtual`: an emulator and its functions in real and in virtual time."""

from __future__ import annotations

import functools
import json
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from chalice_offline.chalice_app.environment import FunctionEnvironment, lambda_variables
from chalice_offline.chalice_app.runtime import LoadedFunction, Runtime
from chalice_offline.composition import compose
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.drivers.process_clock import ProcessClock
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor
from chalice_offline.transports.present_run import present_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 20
ACCOUNT, REGION = "000000000000", "us-east-1"


@functools.cache
def _client(service: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, max_pool_connections=2_000),
    )


class Functions:
    """An emulator whose functions are Python callables, run by the real runtime."""

    def __init__(self, driver: LiveDriver | VirtualDriver, stack: ExitStack) -> None:
        self.driver = driver
        self.runtime = Runtime(driver.clock)
        driver.run_function = self.runtime.run
        self.emulator = compose(driver)
        self.lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self._loaded: dict[str, LoadedFunction] = {}
        door = InProcessDoor(Gateway(self.emulator))
        door.open()
        stack.callback(door.close)

    def client(self, service: str) -> Any:
        return _client(service)

    def add(self, name: str, handler: Callable[[Any, Any], Any], **settings: Any) -> str:
        """Make a callable a function; return its ARN."""
        registered = FunctionSettings(name, ACCOUNT, REGION, **settings)
        self.lambda_.register(registered)
        environment = FunctionEnvironment(lambda_variables(REGION))
        self._loaded[name] = LoadedFunction(handler, environment, name)
        self.runtime.load(self._loaded)
        return registered.arn

    def register(self, name: str) -> None:
        """Register a function that the runtime does not have."""
        self.lambda_.register(FunctionSettings(name, ACCOUNT, REGION))

    def invoke(self, name: str, payload: Any = None, **request: Any) -> dict[str, Any]:
        """Invoke a function and return the reply with its payload read."""
        encoded = json.dumps(payload).encode()
        reply = self.client("lambda").invoke(FunctionName=name, Payload=encoded, **request)
        text = reply["Payload"].read()
        return {**reply, "Payload": json.loads(text) if text else None}

    def notes(self, outcome: str) -> list[Any]:
        """Return the journal's entries with that outcome."""
        return [one for one in self.emulator.journal.entries() if outcome in one.outcome]


class Live(Functions):
    """The same in real time."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        driver = LiveDriver(**options)
        super().__init__(driver, stack)
        driver.start()
        stack.callback(driver.stop)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is asked again whenever a run has ended."""
        waited = threading.Event()
        for _ in range(PATIENCE_SECONDS * 100):
            if condition():
                return
            waited.wait(0.01)
        raise AssertionError("it never came to that")


class Virtual(Functions):
    """The same in virtual time."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self.clock = ProcessClock(self._sleep)
        driver = VirtualDriver(on_move=self.clock.move_to, **options)
        super().__init__(driver, stack)
        stack.callback(driver.close)
        self.clock.start(driver.clock.now_ms())
        stack.callback(self.clock.stop)

    @property
    def seconds(self) -> float:
        """The seconds that have passed since the start."""
        return (self.driver.clock.now_ms() - 1_767_225_600_000) / 1000

    def _sleep(self, duration_ms: int) -> None:
        run = present_run.get()
        assert isinstance(self.driver, VirtualDriver)
        self.driver.sleep(duration_ms, run.life if run is not None else None)


@pytest.fixture
def live() -> Iterator[Live]:
    with ExitStack() as stack:
        yield Live(stack)


@pytest.fixture
def virtual() -> Iterator[Virtual]:
    with ExitStack() as stack:
        yield Virtual(stack)
