"""Everything that runs while `chalice-offline` does: emulator, servers, app, reload."""

from __future__ import annotations

import gc
import os
import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.init_hooks import InitHooks
from chalice_offline.chalice_app.live_process import LiveProcess
from chalice_offline.chalice_app.offline_app import OfflineApp
from chalice_offline.chalice_app.output import watch_output
from chalice_offline.chalice_app.policies import ProjectPolicies
from chalice_offline.chalice_app.process_patches import hold, let_go, undo_then
from chalice_offline.chalice_app.project import read_config
from chalice_offline.chalice_app.region import region_of
from chalice_offline.chalice_app.watch import Watch
from chalice_offline.core.collector import at_rest
from chalice_offline.core.errors import ProjectError
from chalice_offline.core.pending import Pending
from chalice_offline.live_emulator import LiveEmulator, LiveSettings, leave_out_of_collections
from chalice_offline.resetting import reset_service
from chalice_offline.services.delegated import MotoState
from chalice_offline.sessions import Note, NoteLeft
from chalice_offline.storage import SqliteStorage, sweep
from chalice_offline.transports.asgi import LOOPBACK
from chalice_offline.transports.aws_door import AwsEndpoint, aws_endpoint
from chalice_offline.transports.browser_policy import ONLY_THIS_MACHINE, Access, Area
from chalice_offline.transports.http_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalice_offline.emulator import Emulator
    from chalice_offline.iam import Mode
    from chalice_offline.services.lambda_ import LambdaState


# Where `chalice local` and LocalStack listen.
APP_PORT = 8000
AWS_PORT = 4566


class AwsSession:
    """The AWS endpoint in real time, without an app."""

    def __init__(
        self,
        *,
        host: str = LOOPBACK,
        port: int | None = None,
        region: str | None = None,
        seed: int = 0,
        access: Access = ONLY_THIS_MACHINE,
        timeouts: bool = True,
        data: Path | None = None,
        iam: Mode | None = None,
    ) -> None:
        """Bind the port at once; raises ProjectError when it is taken.

        Without a port it is 4566, or a free one when that is taken. `timeouts=False` lets handlers
        run as long as they like. `data` is a file for tables, objects and streams; without one they
        are in memory. ProjectError also when that file cannot be used.
        """
        self._usual_port = AWS_PORT if port is None else None
        self._settings = LiveSettings(region_of(region, os.environ), seed, timeouts, iam)
        self._data = data
        storage = SqliteStorage(data)
        self.endpoint = AwsEndpoint()
        self.aws_server = Server(
            self.endpoint, host=host, port=port, usual_port=AWS_PORT, access=access
        )
        #: Told of each emulator, the first and those that take its place.
        self.watchers: list[Callable[[LiveEmulator], None]] = []
        self.about: Callable[[], dict[str, Any]] = self._about
        #: What init hooks ran, for whoever asks as of LocalStack.
        self.scripts: Callable[[], list[dict[str, str]]] = list
        #: Fills another emulator as this session's is, and returns what brings requests there.
        self.populate: Callable[[LiveEmulator], Callable[[], None]] = self._only_aws
        #: Resets one service, and makes again what the project has of it.
        self.reset_alone: Callable[[str], None] = lambda name: reset_service(self.emulator, name)
        #: Called when it has begun anew, before whoever asked for that is told.
        self.when_ready: Callable[[], None] = lambda: None
        self._began_ms: int | None = None
        self.now = self._emulator_on(storage)
        self.endpoint.switch_to(self.now.gateway)
        self._note: NoteLeft | None = None
        #: Held while it begins anew, reloads, or stops.
        self.turns = threading.Lock()
        self._is_stopped = False

    @property
    def emulator(self) -> Emulator:
        """The emulator of now; another one after the session has begun anew."""
        return self.now.emulator

    @property
    def lambda_(self) -> LambdaState:
        """Its functions."""
        return self.now.lambda_

    def _shown(self) -> dict[str, Any]:
        return self.about()

    def _about(self) -> dict[str, Any]:
        return {"aws_url": self.aws_server.url, "aws_port_taken": self.taken_port}

    @property
    def taken_port(self) -> int | None:
        """The usual port, when it was taken and another one had to do."""
        return _taken(self.aws_server, self._usual_port)

    def start(self) -> None:
        """Let time pass and answer requests."""
        sweep()
        hold(self)
        undo_then(MotoState.give_back)
        self._tell(self.now)
        self.now.driver.start()
        leave_out_of_collections()
        self.aws_server.start()
        self.leave_note()
        self.prepare_console()

    def prepare_console(self) -> None:
        """Make, in a thread of its own, what nobody waits for at the start."""
        threading.Thread(target=self._prepare_console, name="console", daemon=True).start()

    def _prepare_console(self) -> None:
        # It stays: collections leave it out, too.
        with self.turns:
            if not self._is_stopped:
                with at_rest():
                    self.now.console.prepare()
                gc.freeze()

    def begin(self) -> None:
        """Let time pass, for an app that is about to be loaded; the port stays shut."""
        self._tell(self.now)
        self.now.door.open()
        self.now.driver.start()

    def leave_note(self, app_url: str = "", directory: str = "", **project: str) -> None:
        """Say to the commands of this machine that this session can be reached."""
        note = Note(self.aws_server.url, app_url, directory, pid=os.getpid(), **project)
        self._note = NoteLeft(note)

    def stop(self) -> None:
        """Answer who waits, close the sockets and the door, stop the timers, clear up."""
        if self._note is not None:
            self._note.take_away()
        with self.turns:  # not while it begins anew
            self._is_stopped = True
            self.now.gateway.close()
            self.now.console.close()
            self.aws_server.stop()
            self.now.stop()
            let_go(self)

    # ---- beginning anew --------------------------------------------------------------------------

    def begin_anew(self, file: Path | None = None) -> Pending[None]:
        """Put a new emulator in the place of this one, holding nothing or what was saved in `file`.

        The pending fails with ProjectError, and nothing has changed, when that cannot be.
        """

        def begin() -> None:
            self._begin_anew(file)
            self.when_ready()  # not within the turn: it may take long, or begin anew

        return self._done_beside("begin-anew", begin)

    def _done_beside(self, what: str, do: Callable[[], None]) -> Pending[None]:
        """Do something in a thread of its own: requests go on, that of who asked for it, too."""
        done: Pending[None] = Pending()
        lock = self.now.emulator.lock  # of whoever waits for it

        def run() -> None:
            try:
                do()
            except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
                with lock:
                    done.fail(error)
            else:
                with lock:
                    done.resolve(None)

        threading.Thread(target=run, name=what, daemon=True).start()
        return done

    def reset_service(self, name: str) -> Pending[None]:
        """Let one service hold nothing but what the project has of it.

        The pending fails with UnknownService or ProjectError, and nothing has changed; with
        NotRestored when it is reset, and what the project has of it is not there.
        """
        return self._done_beside("reset", lambda: self._reset_service(name))

    def _reset_service(self, name: str) -> None:
        with self.turns:
            self.reset_alone(name)

    def _begin_anew(self, file: Path | None) -> None:
        with self.turns:
            storage = SqliteStorage() if file is None else SqliteStorage.copy_of(file)
            other, switch = self._populated(storage)
            before = self.now
            if self._data is not None:
                # A file can be open only once. What has gone well in memory is done in it as well.
                other.stop()
                before.give_way()
                _write_anew(self._data, file)
                other, switch = self._populated(SqliteStorage(self._data))
            self._tell(other)
            self.now = other
            switch()
            if self._data is None:
                before.give_way()
            leave_out_of_collections(anew=True)

    def _populated(self, storage: SqliteStorage) -> tuple[LiveEmulator, Callable[[], None]]:
        """Return an emulator that runs beside this one, and what brings the requests there."""
        other = self._emulator_on(storage)
        other.door.open()
        other.driver.start()
        try:
            return other, self.populate(other)
        except BaseException:
            other.stop()
            raise

    def _only_aws(self, other: LiveEmulator) -> Callable[[], None]:
        return lambda: self.endpoint.switch_to(other.gateway)

    def _emulator_on(self, storage: SqliteStorage) -> LiveEmulator:
        made = LiveEmulator(self._settings, storage, self.aws_server.url, self._shown)
        made.seen.begin_anew = made.gateway.localstack.begin_anew = self.begin_anew
        made.seen.reset_service = made.gateway.localstack.reset_service = self.reset_service
        made.gateway.localstack.scripts = self._scripts
        if self._began_ms is None:
            self._began_ms = made.gateway.localstack.began_ms
        made.gateway.localstack.began_ms = self._began_ms
        return made

    def _scripts(self) -> list[dict[str, str]]:
        return self.scripts()

    def _tell(self, emulator: LiveEmulator) -> None:
        for watcher in self.watchers:
            watcher(emulator)


def _write_anew(data: Path, file: Path | None) -> None:
    SqliteStorage.remove(data)
    if file is not None:
        storage = SqliteStorage.copy_of(file)
        try:
            storage.save_as(data)
        finally:
            storage.close()


class AppSession:
    """A project in real time: its routes, its handlers and the AWS endpoint they use."""

    def __init__(
        self,
        directory: Path,
        stage: str,
        *,
        host: str = LOOPBACK,
        port: int | None = None,
        aws_port: int | None = None,
        region: str | None = None,
        variables: dict[str, str] | None = None,
        seed: int = 0,
        access: Access = ONLY_THIS_MACHINE,
        timeouts: bool = True,
        data: Path | None = None,
        iam: Mode | None = None,
    ) -> None:
        """Bind both ports at once; raises ProjectError when one that was asked for is taken.

        `variables` are what every function sees over what config.json says. `iam` says what
        happens to calls of functions that their roles do not allow; None: nobody looks.
        """
        self._usual_port = APP_PORT if port is None else None
        configured = read_config(directory, stage).environment_variables | (variables or {})
        region = region_of(region, os.environ, configured)
        self.aws = AwsSession(
            host=host,
            port=aws_port,
            region=region,
            seed=seed,
            access=access,
            timeouts=timeouts,
            data=data,
            iam=iam,
        )
        self._process = LiveProcess(directory.resolve(), self.aws.emulator.region)
        self._directory, self._stage, self._variables = directory, stage, variables
        self.app = self._app_on(self.aws.now)
        self._routes = aws_endpoint(
            self.aws.now.gateway, self.app.addressed, self.app.addressed_socket
        )
        try:
            self.http_server = Server(
                self._routes,
                host=host,
                port=port,
                usual_port=APP_PORT,
                area=Area.APP,
                access=access,
            )
        except ProjectError:
            self.aws.stop()  # its port is bound already
            raise
        self.aws.about = self.facts
        self.aws.populate = self._populate
        self.aws.reset_alone = self._reset_alone
        self._watch = Watch(self.app.directory)
        self.hooks = InitHooks(self.app.directory)
        self.aws.scripts = self.hooks.told
        self.aws.when_ready = self.run_hooks

    def _app_on(self, emulator: LiveEmulator) -> OfflineApp:
        """Return the project, on an emulator; it is not loaded yet."""
        app = OfflineApp(
            self._directory,
            self._stage,
            emulator.emulator,
            emulator.lambda_,
            emulator.runtime,
            self._variables,
        )
        if emulator.judge is not None:
            policies = ProjectPolicies()
            emulator.judge.of_project = lambda name: policies.of(app.project, name)
        emulator.seen.short_names = app.short_names
        return app

    def _populate(self, other: LiveEmulator) -> Callable[[], None]:
        """Load the project anew, onto another emulator; ProjectError, and the old stays loaded."""
        app = self._app_on(other)
        app.start_anew()

        def switch() -> None:
            self.app = app
            self.aws.endpoint.switch_to(other.gateway)
            self._routes.switch_to(other.gateway, app.addressed, app.addressed_socket)

        return switch

    def _reset_alone(self, service: str) -> None:
        self.app.reset_service(service)

    def run_hooks(self) -> None:
        """Run the project's scripts for a session that has started; again when it began anew.

        Raises KeyboardInterrupt when the session was told to stop meanwhile.
        """
        self.hooks.run(self.aws.aws_server.url)

    def facts(self) -> dict[str, Any]:
        """Return what the session is: project, stage, addresses, routes, functions."""
        app_url = self.http_server.url
        return {
            **self.app.about(),
            "aws_url": self.aws.aws_server.url,
            "aws_port_taken": self.aws.taken_port,
            "app_url": app_url,
            "app_port_taken": self.taken_port,
            "socket_url": app_url.replace("http", "ws", 1) if self.app.sockets() else None,
        }

    @property
    def taken_port(self) -> int | None:
        """The usual port of the routes, when it was taken and another one had to do."""
        return _taken(self.http_server, self._usual_port)

    def start(self) -> None:
        """Load, provision, bind, then open the ports. Raises ProjectError."""
        sweep()
        self._process.take()
        undo_then(MotoState.give_back)
        watch_output()  # before Chalice's loggers take hold of standard output
        self.aws.begin()
        self.app.start()
        leave_out_of_collections()
        self.aws.aws_server.start()
        self.http_server.start()
        project = self.app.project
        self.aws.leave_note(
            self.http_server.url,
            str(self.app.directory),
            project=project.name if project else "",
            stage=self.app.stage,
        )
        self.aws.prepare_console()

    def watch(self, changed: Callable[[str], None]) -> None:
        """Reload whenever the project's code changes, and tell `changed` how it went; blocks."""
        for file in self._watch.changes():
            try:
                with self.aws.turns:
                    self.app.reload()
                    leave_out_of_collections(anew=True)
            except ProjectError as error:
                changed(f"{file} changed, but the code before goes on running: {error}")
            else:
                changed(f"{file} changed: reloaded")

    def stop(self) -> None:
        """Close the ports and the door."""
        self._watch.stop()
        self.http_server.stop()
        self.aws.stop()
        self._process.give_back()


def _taken(server: Server, usual_port: int | None) -> int | None:
    return None if usual_port is None or server.port == usual_port else usual_port
