"""The pytest plugin: fixture `offline` is this project's app, whole, in virtual time.

    def test_order_reaches_the_kitchen(offline):
        response = offline.http.post("/webhooks/uber_eats", headers=..., body=...)
        assert response.status_code == 200
        offline.settle()             # every handler has run; a handler's exception is raised here
        offline.advance(minutes=15)  # schedules, retries and timeouts due by then have happened
        assert "order-1" in str(offline.trace("order-1"))

Settings in pytest's configuration: `chalice_project` (folder of the project, relative to pytest's
root; default the root itself), `chalice_stage` (default "local" where config.json has that stage,
else "dev") and `chalice_seed` (default 0).
"""

from __future__ import annotations

import functools
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice.test import HTTPResponse, InvokeResponse

    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.journal import Journal
    from chalice_offline.trace import Trace

__all__ = ["NotSettledError", "Offline", "OfflineHttp"]

DEFAULT_SETTLE_WITHIN = timedelta(hours=6)


class NotSettledError(AssertionError):
    """Work was still left after the time `settle` was given."""


class OfflineHttp:
    """Sends HTTP requests to the app's routes; the same shape as `chalice.test.Client.http`."""

    def __init__(self, offline: Offline) -> None:
        self._offline = offline

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"",
    ) -> HTTPResponse:
        """Send one request and return Chalice's own HTTPResponse."""
        from chalice.test import HTTPResponse

        from chalice_offline.core.http import Headers

        payload = body.encode() if isinstance(body, str) else body
        reply = self._offline.app.request(
            method.upper(), path, Headers((headers or {}).items()), payload
        )
        return HTTPResponse(body=reply.body, headers=reply.headers, status_code=reply.status)

    def get(self, path: str, **options: Any) -> HTTPResponse:
        """Send a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> HTTPResponse:
        """Send a POST request."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> HTTPResponse:
        """Send a PUT request."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> HTTPResponse:
        """Send a PATCH request."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> HTTPResponse:
        """Send a DELETE request."""
        return self.request("DELETE", path, **options)

    def options(self, path: str, **options: Any) -> HTTPResponse:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", path, **options)

    def head(self, path: str, **options: Any) -> HTTPResponse:
        """Send a HEAD request."""
        return self.request("HEAD", path, **options)


class Offline:
    """One project on one emulator in virtual time, in this process, without a socket."""

    def __init__(self, project: Project, *, seed: int = 0) -> None:
        """Prepare; `start` opens it. One at a time per process."""
        from chalice_offline.chalice_app.offline_app import OfflineApp
        from chalice_offline.chalice_app.runtime import Runtime
        from chalice_offline.composition import compose
        from chalice_offline.drivers.process_clock import ProcessClock
        from chalice_offline.drivers.virtual import VirtualDriver
        from chalice_offline.services.lambda_ import LambdaState
        from chalice_offline.transports.gateway import Gateway
        from chalice_offline.transports.in_process import InProcessDoor
        from chalice_offline.transports.outbound import send_request
        from chalice_offline.uploaded import UploadedFunctions

        self._project = project
        self._process_clock = ProcessClock(self._sleep)
        self._driver = VirtualDriver(send_request=send_request, on_move=self._process_clock.move_to)
        self._uploaded = UploadedFunctions()
        self._runtime = Runtime(self._driver.clock, self._uploaded)
        self._driver.run_function = self._runtime.run
        self.emulator = compose(self._driver, seed=seed)
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self._door = InProcessDoor(Gateway(self.emulator))
        self.app = OfflineApp(
            project.directory, project.stage, self.emulator, lambda_, self._runtime
        )
        self.http = OfflineHttp(self)
        self._working_directory = Path.cwd()

    def start(self) -> None:
        """Stop the process's clock, open the door, provision and bind."""
        self._process_clock.start(self._driver.clock.now_ms())
        self._door.open()
        self.app.start(self._project)

    def stop(self) -> None:
        """Give clock, door and working directory back."""
        self._door.close()
        self._uploaded.close()
        self._process_clock.stop()
        os.chdir(self._working_directory)

    # ---- time ---------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.fromtimestamp(self._driver.clock.now_ms() / 1000, UTC)

    def settle(
        self, *, within: timedelta = DEFAULT_SETTLE_WITHIN, raise_errors: bool = True
    ) -> None:
        """Return when nothing is left to do: all events delivered, all handlers run, all retried.

        The clock jumps to whatever is owed next (a delay, a retry, a redelivery), at most `within`
        ahead; schedules on the way fire, too. The first exception of a handler is raised here,
        unless `raise_errors` is False: then retries and dead-letter queues take their course.
        Raises NotSettledError when work is left after `within`.
        """
        deadline = self.now + within
        while True:
            left = max(timedelta(0), deadline - self.now)
            settled = self._driver.settle(round(left.total_seconds() * 1000))
            if not self._handler_errors(raise_errors=raise_errors):
                break
        if not settled:
            raise NotSettledError(
                f"still work to do after {within}; a message is retried for ever? Last steps:\n"
                + "\n".join(self._last_steps())
            )

    def advance(self, *, raise_errors: bool = True, **duration: float) -> None:
        """Let time pass: `advance(minutes=15)`, in the words of `datetime.timedelta`.

        Everything due by then has happened when it returns. Exceptions as with `settle`.
        """
        target = self.now + timedelta(**duration)
        while True:
            left = max(timedelta(0), target - self.now)
            self._driver.advance(round(left.total_seconds() * 1000))
            if not self._handler_errors(raise_errors=raise_errors):
                return

    # ---- AWS and functions --------------------------------------------------------------------

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client that reaches this emulator; asking again is cheap."""
        return _client(service, region or self.emulator.region)

    def invoke(self, name: str, payload: Any = None) -> InvokeResponse:
        """Run a function by its Chalice or deployed name and return its result as `.payload`.

        The handler's exception, if it raises one, is raised here.
        """
        from chalice.test import FunctionNotFoundError, InvokeResponse

        from chalice_offline.chalice_app.functions import functions_of

        names = {f.name: f.deployed_name for f in functions_of(self._project)}
        deployed_name = names.get(name, name)
        if deployed_name not in names.values():
            raise FunctionNotFoundError(f"{name}: the project has {', '.join(names)}")
        request = {"FunctionName": deployed_name, "Payload": json.dumps(payload).encode()}
        reply = self.client("lambda").invoke(**request)
        self._handler_errors(raise_errors=True)
        return InvokeResponse(payload=json.loads(reply["Payload"].read()))

    # ---- what happened ------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """Every input and every step that followed."""
        return self.emulator.journal

    def trace(self, text: str) -> Trace:
        """Return the story of whatever mentions `text` (an order id, say); print it to see it."""
        from chalice_offline.trace import Trace

        return Trace(self.emulator.journal, text)

    # ---- within -------------------------------------------------------------------------------

    def _handler_errors(self, *, raise_errors: bool) -> bool:
        """Raise the first handler exception, or forget them; say whether there were any."""
        errors, self._driver.handler_errors[:] = list(self._driver.handler_errors), []
        if errors and raise_errors:
            raise errors[0]
        return bool(errors)

    def _sleep(self, duration_ms: int) -> None:
        from chalice_offline.transports.present_run import present_run

        run = present_run.get()
        self._driver.sleep(duration_ms, run.life if run is not None else None)

    def _last_steps(self) -> list[str]:
        from chalice_offline.trace import describe

        return [f"  {describe(entry)}" for entry in list(self.emulator.journal.entries())[-8:]]


@functools.cache
def _client(service: str, region: str) -> Any:
    """Make a client once in the process: reading a service's model takes longer than most tests.

    A client asks for the open door at each call, so it serves one test after the other.
    """
    import boto3

    session: Any = boto3.session.Session()
    return session.client(
        service,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - no secret: the emulator asks for none
    )


# ---- pytest --------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's settings."""
    parser.addini(
        "chalice_project", "folder of the Chalice project, relative to the root", default="."
    )
    parser.addini("chalice_stage", "stage whose configuration tests use", default="")
    parser.addini("chalice_seed", "seed of every id the emulator gives out", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Let test modules `import app`: its clients and its variables are there before it is.

    A client made at import time must know a region, need no real credentials, and be one the
    in-process door can answer for. Where there is no Chalice project, nothing is touched.
    """
    directory = _project_directory(config)
    if not (directory / ".chalice" / "config.json").exists():
        return
    from chalice_offline.chalice_app.environment import lambda_variables
    from chalice_offline.chalice_app.project import read_config
    from chalice_offline.core.context import DEFAULT_REGION
    from chalice_offline.core.errors import ProjectError
    from chalice_offline.transports.in_process import InProcessDoor

    try:
        stage_variables = read_config(directory, _stage(config)).environment_variables
    except ProjectError as error:
        raise pytest.UsageError(str(error)) from error
    patch = pytest.MonkeyPatch()
    for name, value in (lambda_variables(DEFAULT_REGION) | stage_variables).items():
        patch.setenv(name, value)
    patch.delenv("AWS_PROFILE", raising=False)
    config.add_cleanup(patch.undo)
    InProcessDoor.install()


def _project_directory(config: pytest.Config) -> Path:
    return (config.rootpath / str(config.getini("chalice_project"))).resolve()


def _stage(config: pytest.Config) -> str:
    from chalice_offline.chalice_app.project import default_stage

    return config.getini("chalice_stage") or default_stage(_project_directory(config))


@pytest.fixture(scope="session")
def _offline_project(pytestconfig: pytest.Config) -> Project:
    """The project's code, imported once: test modules and handlers share the same classes."""
    from chalice_offline.chalice_app.project import load_for_stage

    return load_for_stage(_project_directory(pytestconfig), _stage(pytestconfig))


@pytest.fixture
def offline(_offline_project: Project, pytestconfig: pytest.Config) -> Iterator[Offline]:
    """The project's app in virtual time, fresh for every test."""
    running = Offline(_offline_project, seed=int(pytestconfig.getini("chalice_seed")))
    try:
        running.start()
        yield running
    finally:
        running.stop()
