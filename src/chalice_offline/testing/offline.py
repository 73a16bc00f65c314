"""One project on one emulator in virtual time, as a test sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chalice_offline.core.collector import at_rest
from chalice_offline.core.pending import Pending
from chalice_offline.testing.http import OfflineHttp
from chalice_offline.testing.replies import InvokeResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.journal import Journal
    from chalice_offline.services.lambda_ import LambdaState
    from chalice_offline.testing.faults import OfflineFaults
    from chalice_offline.testing.runs import Run
    from chalice_offline.testing.websocket import OfflineWebSocket
    from chalice_offline.trace import Trace
    from chalice_offline.transports.gateway import Judge

DEFAULT_SETTLE_WITHIN = timedelta(hours=6)


class NotSettledError(AssertionError):
    """Work was still left after the time `settle` was given."""


class Offline:
    """One project on one emulator in virtual time, in this process, without a socket.

    A context manager: while entered the process's clock is virtual and boto3 reaches the emulator.
    Several may be entered; then the process is that of the one whose code runs, else of the one
    entered last. Clients from `client` always reach their own emulator.
    """

    def __init__(
        self,
        project_dir: str | Path | Project = ".",
        *,
        stage: str | None = None,
        region: str | None = None,
        start: datetime | str | None = None,
        seed: int = 0,
        timeouts: bool = True,
        iam: str = "off",
    ) -> None:
        """Prepare; entering it, or `start`, loads the project and opens it.

        `stage` is "local" where config.json has that stage, else "dev"; `region` follows the rule
        of `chalice-offline local`: the shell's, config.json's, us-east-1. `start` is the first
        instant (a datetime, or ISO 8601; without an offset it is UTC). Without
        `timeouts` handlers run as long as they like. `iam` checks the AWS calls of functions
        against their roles: "warn" logs what a role does not allow, "enforce" refuses it as AWS
        does. Raises ProjectError, and ValueError for another `iam`.
        """
        with at_rest():
            from chalice_offline.chalice_app.offline_app import OfflineApp
            from chalice_offline.chalice_app.process_variables import ProcessVariables
            from chalice_offline.chalice_app.runtime import Runtime
            from chalice_offline.composition import compose
            from chalice_offline.drivers.process_clock import ProcessClock
            from chalice_offline.drivers.virtual import DEFAULT_START_MS, VirtualDriver
            from chalice_offline.services.lambda_ import LambdaState
            from chalice_offline.testing.clients import Clients
            from chalice_offline.testing.presence import Presence, place_of
            from chalice_offline.testing.project_code import ProjectCode
            from chalice_offline.transports.gateway import Gateway
            from chalice_offline.transports.in_process import BROUGHT_ALONG, InProcessDoor
            from chalice_offline.transports.outbound import send_request
            from chalice_offline.uploaded import UploadedFunctions

        if not isinstance(project_dir, str | Path):  # a project that is loaded already
            stage = stage or project_dir.stage
            project_dir = project_dir.directory
        directory = Path(project_dir).resolve()
        place = place_of(directory, stage, region)
        self._code = ProjectCode.of(directory, place.stage, place.region, is_usual=place.is_usual)
        self._driver = VirtualDriver(
            start_ms=DEFAULT_START_MS if start is None else _instant_ms(start),
            send_request=send_request,
            on_move=self._moved,
            timeouts=timeouts,
        )
        self.emulator = compose(self._driver, seed=seed, region=place.region)
        self._gateway = Gateway(self.emulator)
        self._door = InProcessDoor(self._gateway, self._acting)
        self._presence = Presence(
            self._driver.clock,
            ProcessClock(self._sleep),
            self._door,
            directory,
            ProcessVariables(place.variables),
            self._code,
        )
        self._clients = Clients(self._door)
        self._uploaded = UploadedFunctions(imported=BROUGHT_ALONG)
        runtime = Runtime(self._driver.clock, self._uploaded)
        self._driver.run_function = self._door.for_code(runtime.run)
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.app = OfflineApp(directory, place.stage, self.emulator, lambda_, runtime)
        self.http = OfflineHttp(self._request)
        if iam != "off":
            self._gateway.judge = self._judge(lambda_, iam)
        self._is_entered = False
        self._is_started = False

    # ---- life ---------------------------------------------------------------------------------

    def start(self) -> Self:
        """Load the project, create its resources and bind its handlers; enter the emulator."""
        from chalice_offline.chalice_app.output import watch_output

        self.resume()
        if not self._is_started:
            self._is_started = True
            try:
                with self._presence.acting():
                    watch_output()  # before Chalice's loggers take hold of standard output
                    self.app.start(self._code.load())
            except BaseException:
                self.stop()
                raise
        return self

    def reload(self) -> None:
        """Load the project's changed files, as `chalice-offline local` does when one is saved.

        Raises ProjectError, and changes nothing, when the new version cannot work.
        """
        with self._acting():
            self.app.reload()

    def reset(self, service: str) -> None:
        """Let one AWS service hold nothing but what the project has of it, as at the start.

        `service` as botocore spells it: "dynamodb", "s3". Whoever waits for it is answered, its
        timers are gone, time stays. Raises ValueError, and changes nothing, when there is none of
        this name.
        """
        from chalice_offline.resetting import UnknownService

        with self._acting():
            try:
                self.app.reset_service(service)
            except UnknownService as error:
                raise ValueError(str(error)) from error

    def stop(self) -> None:
        """Give everything of the process back; the emulator is gone."""
        if self._is_started:
            with self._presence.acting():
                self._driver.close()
        self.suspend()
        self._is_started = False
        self._clients.give_back()
        self._uploaded.close()

    def suspend(self) -> None:
        """Give the process back for a while: its clock, its boto3, its variables."""
        if self._is_entered:
            self._is_entered = False
            self._presence.leave()

    def resume(self) -> None:
        """Take the process again. Raises ConflictError when another library has it."""
        if not self._is_entered:
            self._presence.enter()
            self._is_entered = True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

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
        __tracebackhide__ = True  # pytest shows the test's own line, then the handler's
        with self._acting():
            within_ms = round(within.total_seconds() * 1000)
            settled = self._driver.settle(within_ms, stop_at_errors=raise_errors)
            self._handler_errors(raise_errors=raise_errors)
        if not settled:
            raise self._not_settled(within)

    def advance(self, *, raise_errors: bool = True, **duration: float) -> None:
        """Let time pass: `advance(minutes=15)`, in the words of `datetime.timedelta`.

        Everything due by then has happened when it returns. Exceptions as with `settle`;
        NotSettledError when a loop keeps the time from passing.
        """
        __tracebackhide__ = True
        wanted = timedelta(**duration)
        with self._acting():
            wanted_ms = round(wanted.total_seconds() * 1000)
            advanced = self._driver.advance(wanted_ms, stop_at_errors=raise_errors)
            self._handler_errors(raise_errors=raise_errors)
        if not advanced:
            raise self._not_settled(wanted)

    # ---- AWS and functions --------------------------------------------------------------------

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client that reaches this emulator; asking again is cheap."""
        with self._acting():
            return self._clients.client(service, region or self.emulator.region)

    def invoke(self, name: str, payload: Any = None) -> InvokeResponse:
        """Run a function by its Chalice or deployed name and return its result as `.payload`.

        The handler's exception, if it raises one, is raised here.
        """
        __tracebackhide__ = True
        from chalice_offline.chalice_app.functions import functions_of

        names = {
            f.name: f.deployed_name for f in functions_of(self.app.project or self._code.load())
        }
        deployed_name = names.get(name, name)
        if deployed_name not in names.values():
            from chalice.test import FunctionNotFoundError

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

    def runs(self) -> list[Run]:
        """Return the runs of functions, in the order in which they were asked for."""
        from chalice_offline.testing.runs import run_of

        short_names = self.app.short_names()
        recent = list(self.emulator.runs.newest_first())
        return [run_of(one, short_names.get(one.subject, one.subject)) for one in recent[::-1]]

    @property
    def faults(self) -> OfflineFaults:
        """Faults on purpose: `offline.faults.error("sqs.SendMessage", times=2)`."""
        from chalice_offline.console.doors import Refusal
        from chalice_offline.console.fault_doors import FaultDoors
        from chalice_offline.console.session import Session
        from chalice_offline.services.lambda_ import LambdaState
        from chalice_offline.testing.faults import OfflineFaults

        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        doors = FaultDoors(Session(self.emulator, lambda_, short_names=self.app.short_names))

        def target(text: str) -> str:
            try:
                return doors.target(text)
            except Refusal as refusal:
                raise ValueError(refusal.sentence) from refusal

        return OfflineFaults(self.emulator.faults, target)

    def explore(self, port: int = 0) -> None:
        """Serve the console of this emulator until Ctrl-C: a look around in the middle of a test.

        Time stands still meanwhile, unless the page lets it pass. Run pytest with `-s` to see
        where the console is; `port` 0 takes a free one.
        """
        from chalice_offline.testing.exploring import Exploring

        with self._acting():
            Exploring(
                self.emulator,
                self.app,
                advance=lambda ms: self.advance(milliseconds=ms, raise_errors=False),
                settle=lambda: self.settle(raise_errors=False),
                port=port,
            ).run()

    def trace(self, text: str) -> Trace:
        """Return the story of whatever mentions `text` (an order id, say); print it to see it."""
        from chalice_offline.trace import Trace

        return Trace(self.emulator.journal, text, self.app.short_names())

    # ---- within -------------------------------------------------------------------------------

    def _acting(self) -> AbstractContextManager[None]:
        if not self._is_started:
            message = "the emulator is not running: use it inside `with Offline(…) as offline:`"
            raise RuntimeError(message)
        return self._presence.acting()

    def _judge(self, lambda_: LambdaState, iam: str) -> Judge:
        from chalice_offline.chalice_app.policies import ProjectPolicies
        from chalice_offline.iam import FunctionCalls, Mode

        policies = ProjectPolicies()
        return FunctionCalls(
            self.emulator, lambda_, Mode(iam), lambda name: policies.of(self.app.project, name)
        ).judge

    def _moved(self, now_ms: int) -> None:
        self._presence.moved(now_ms)

    def _request(self, request: HttpRequest) -> HttpResponse:
        with self._acting():
            return self._door.for_code(self._answer)(request)

    def websocket(
        self, path: str = "/", headers: Mapping[str, str] | None = None
    ) -> OfflineWebSocket:
        """Connect to the app's WebSocket API; WebSocketRefused when $connect says no.

        `path` may bring a query string. For another API, give its whole URL: "wss://{api id}.
        execute-api.{region}.amazonaws.com/{stage}".
        """
        from chalice_offline.core.http import Headers, HttpRequest
        from chalice_offline.testing.websocket import OfflineWebSocket, WebSocketRefused

        with self._acting():
            fields = {"connection": "Upgrade", "upgrade": "websocket", **(headers or {})}
            is_whole = "://" in path
            url = path if is_whole else f"ws://localhost{path}"
            host = url.partition("://")[2].partition("/")[0]
            sent = Headers({"host": host, **fields}.items())
            head = HttpRequest("GET", url, sent, b"", fields=_raw(fields))
            head = head if is_whole else self.app.addressed_socket(head)
            opened = self._gateway.connect(head)
            if isinstance(opened, Pending):
                self._driver.wait(opened, None)
                opened = opened.result()
            if opened["statusCode"] != 101:
                raise WebSocketRefused(opened["statusCode"], opened["body"])
            return OfflineWebSocket(opened, self._told, self._settled_quietly)

    def _told(self, operation: str, connection_id: str, **what: Any) -> None:
        with self._acting():
            self._gateway.tell(operation, connection_id, **what)

    def _settled_quietly(self) -> None:
        self.settle(raise_errors=False)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        from chalice_offline.transports.present_run import present_causes, present_run

        reply = self._gateway.handle(self.app.addressed(request), present_causes())
        if not isinstance(reply, Pending):
            return reply
        run = present_run.get()
        self._driver.wait(reply, run.life if run is not None else None)
        return reply.result()

    def _not_settled(self, within: timedelta) -> NotSettledError:
        names = self.app.short_names()
        endless = names.get(self._driver.endless, self._driver.endless)
        what = f"{endless} goes on without end" if endless else f"still work to do after {within}"
        running = self._driver.under_way()
        if running and not endless:
            what += f" ({', '.join(names.get(one, one) for one in running)} still running)"
        return NotSettledError("\n".join([f"{what}. Last steps:", *self._last_steps()]))

    def _handler_errors(self, *, raise_errors: bool) -> bool:
        """Raise the first handler exception, or forget them; say whether there were any."""
        __tracebackhide__ = True
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

        names = self.app.short_names()
        latest = list(self.emulator.journal.entries())[-8:]
        return [f"  {describe(entry, names=names)}" for entry in latest]


def _raw(fields: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in fields.items())


def _instant_ms(start: datetime | str) -> int:
    instant = datetime.fromisoformat(start) if isinstance(start, str) else start
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)
