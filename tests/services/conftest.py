"""Fixture `aws`: an emulator behind each door and with each driver, reached through boto3."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from chalice_offline.composition import compose
from chalice_offline.core.run import FunctionRun, Outcome, RunLife
from chalice_offline.drivers.process_clock import ProcessClock
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from chalice_offline.transports.in_process import InProcessDoor
from chalice_offline.transports.outbound import send_request

from .live_in_steps import LiveInSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@functools.cache
def _session() -> boto3.session.Session:
    """One session for all tests: reading a service's model takes longer than most tests."""
    return boto3.session.Session()


class Front:
    """One HTTP server for all tests of this process; each test puts its own gateway behind it.

    Starting and stopping a server takes longer than most tests.
    """

    def __init__(self) -> None:
        self.gateway: Gateway | None = None

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            assert self.gateway is not None, "a request came between two tests"
            await aws_endpoint(self.gateway)(scope, receive, send)

        self.server = Server(answer)
        self.server.start()


@functools.cache
def _front() -> Front:
    return Front()


DOORS = ("in-process", "http")
# The third way is the live driver: handlers on threads of their own, all at once.
WAYS = (*DOORS, "live")


class Aws:
    """One emulator, and clients that reach it through one door."""

    def __init__(self, way: str, stack: ExitStack) -> None:
        self._clock = ProcessClock(self._sleep)
        self._sleeping: list[RunLife] = []
        make = LiveInSteps if way == "live" else VirtualDriver
        self.driver = make(
            run_function=self._run, send_request=send_request, on_move=self._clock.move_to
        )
        self.emulator = compose(self.driver)
        self.lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        gateway = Gateway(self.emulator)
        self._endpoint_url: str | None = None
        if way == "http":
            front = _front()
            front.gateway = gateway
            self._endpoint_url = front.server.url
        else:
            in_process = InProcessDoor(gateway)
            in_process.open()
            stack.callback(in_process.close)
        self._clock.start(self.driver.clock.now_ms())
        stack.callback(self._clock.stop)
        if isinstance(self.driver, LiveInSteps):
            self.driver.start()
            stack.callback(self.driver.stop)
        else:
            stack.callback(self._close)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.driver.clock.now_ms() / 1000, UTC)

    def client(self, service: str, *, region: str = "us-east-1", account: str = "test") -> Any:
        return _session().client(
            service,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            endpoint_url=self._endpoint_url,
            # StartSyncExecution is sent to "sync-" and the host, which nobody resolves here.
            config=Config(retries={"max_attempts": 0}, inject_host_prefix=False),
        )

    def function(self, name: str, handler: Callable[[Any], Any], **settings: Any) -> str:
        """Register a Python callable as a Lambda function and return its ARN."""
        import json

        def run(payload: bytes) -> Outcome:
            try:
                return Outcome(json.dumps(handler(json.loads(payload))).encode())
            except RuntimeError as error:
                content = {"errorMessage": str(error), "errorType": "RuntimeError"}
                return Outcome(json.dumps(content).encode(), failed=True)

        self.handlers[name] = run
        registered = FunctionSettings(
            name=name, account_id="000000000000", region="us-east-1", **settings
        )
        self.lambda_.register(registered)
        return registered.arn

    def advance(self, *, seconds: float) -> None:
        self.driver.advance(round(seconds * 1000))

    def settle(self) -> None:
        self.driver.settle(6 * 3600 * 1000)

    def _run(self, run: FunctionRun) -> Outcome:
        return self.handlers[run.function_name](run.payload)

    def _sleep(self, duration_ms: int) -> None:
        if isinstance(self.driver, LiveInSteps):
            self.driver.sleep(duration_ms)
            return
        # Not the life of the run: a handler that has timed out gets here to its end, and tells.
        life = RunLife(0)
        self._sleeping.append(life)
        self.driver.sleep(duration_ms, life)
        self._sleeping.remove(life)

    def _close(self) -> None:
        """Wake who sleeps: on threads of their own they would hold the emulator for good."""
        for life in self._sleeping:
            life.interruption.request()
        self.driver.close()


@pytest.fixture(params=WAYS)
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    with ExitStack() as stack:
        yield Aws(request.param, stack)
