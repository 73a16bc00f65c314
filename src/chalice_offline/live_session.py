"""Everything that runs while `chalice-offline` does: emulator, servers, app, reload."""

from __future__ import annotations

import gc
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.live_process import LiveProcess
from chalice_offline.chalice_app.offline_app import OfflineApp
from chalice_offline.chalice_app.output import watch_output
from chalice_offline.chalice_app.policies import ProjectPolicies
from chalice_offline.chalice_app.process_patches import hold, let_go, undo_then
from chalice_offline.chalice_app.project import read_config
from chalice_offline.chalice_app.region import region_of
from chalice_offline.chalice_app.runtime import Runtime
from chalice_offline.chalice_app.watch import Watch
from chalice_offline.composition import compose
from chalice_offline.console.api import Console
from chalice_offline.console.session import Session
from chalice_offline.core.errors import ProjectError
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.iam import FunctionCalls
from chalice_offline.services.delegated import MotoState
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.sessions import Note, NoteLeft
from chalice_offline.storage import SqliteStorage, sweep
from chalice_offline.transports.asgi import LOOPBACK
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.browser_policy import ONLY_THIS_MACHINE, Access, Area
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from chalice_offline.transports.in_process import InProcessDoor
from chalice_offline.transports.left_behind import LeftBehind
from chalice_offline.transports.outbound import send_request
from chalice_offline.uploaded import UploadedFunctions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalice_offline.iam import Mode


_log = logging.getLogger(__name__)

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
        self.driver = LiveDriver(send_request=send_request, timeouts=timeouts)
        region = region_of(region, os.environ)
        self._storage = SqliteStorage(data)
        self.emulator = compose(self.driver, seed=seed, region=region, storage=self._storage)
        self.lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.gateway = Gateway(self.emulator)
        self.gateway.left_behind = LeftBehind(self.emulator)
        self.seen = Session(self.emulator, self.lambda_, about=self._about)
        self.console = Console(self.seen)
        self.console.serve_on(self.gateway)
        self.judge = FunctionCalls(self.emulator, self.lambda_, iam) if iam else None
        self.gateway.judge = self.judge.judge if self.judge else None
        self.aws_server = Server(
            aws_endpoint(self.gateway), host=host, port=port, usual_port=AWS_PORT, access=access
        )
        self._uploaded = UploadedFunctions(self.aws_server.url)
        self.runtime = Runtime(self.driver.clock, self._uploaded)
        self.driver.run_function = self.runtime.run
        self.door = InProcessDoor(self.gateway)  # shut until somebody opens it
        self._note: NoteLeft | None = None

    def _about(self) -> dict[str, Any]:
        return {"aws_url": self.aws_server.url}

    @property
    def address(self) -> str:
        """Where it listens, and why that is not the usual port, if it is not."""
        return _address(self.aws_server, self._usual_port)

    def start(self) -> None:
        """Let time pass and answer requests."""
        sweep()
        hold(self)
        undo_then(MotoState.give_back)
        self.driver.start()
        _leave_out_of_collections()
        self.aws_server.start()
        self.leave_note()

    def leave_note(self, app_url: str = "", directory: str = "", **project: str) -> None:
        """Say to the commands of this machine that this session can be reached."""
        note = Note(self.aws_server.url, app_url, directory, pid=os.getpid(), **project)
        self._note = NoteLeft(note)

    def stop(self) -> None:
        """Answer who waits, close the sockets and the door, stop the timers, clear up."""
        if self._note is not None:
            self._note.take_away()
        self.gateway.close()
        self.console.close()
        self.aws_server.stop()
        self.driver.stop()
        self.door.close()
        self._uploaded.close()
        with self.emulator.lock:
            self._storage.close()
        let_go(self)


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
        self.app = OfflineApp(
            directory, stage, self.aws.emulator, self.aws.lambda_, self.aws.runtime, variables
        )
        if self.aws.judge is not None:
            policies = ProjectPolicies()
            self.aws.judge.of_project = lambda name: policies.of(self.app.project, name)
        routes = aws_endpoint(self.aws.gateway, self.app.addressed, self.app.addressed_socket)
        try:
            self.http_server = Server(
                routes, host=host, port=port, usual_port=APP_PORT, area=Area.APP, access=access
            )
        except ProjectError:
            self.aws.stop()  # its port is bound already
            raise
        self.aws.seen.short_names = self.app.short_names
        self.aws.seen.about = self._about
        self._watch = Watch(self.app.directory)
        self._reload_lock = threading.Lock()

    def _about(self) -> dict[str, Any]:
        addresses = {"aws_url": self.aws.aws_server.url, "app_url": self.http_server.url}
        return self.app.about() | addresses

    @property
    def address(self) -> str:
        """Where the routes are, and why that is not the usual port, if it is not."""
        return _address(self.http_server, self._usual_port)

    def start(self) -> None:
        """Load, provision, bind, then open the ports. Raises ProjectError."""
        sweep()
        self._process.take()
        undo_then(MotoState.give_back)
        watch_output()  # before Chalice's loggers take hold of standard output
        self.aws.door.open()
        self.aws.driver.start()
        self.app.start()
        _leave_out_of_collections()
        self.aws.aws_server.start()
        self.http_server.start()
        project = self.app.project
        self.aws.leave_note(
            self.http_server.url,
            str(self.app.directory),
            project=project.name if project else "",
            stage=self.app.stage,
        )

    def watch(self, changed: Callable[[str], None]) -> None:
        """Reload whenever the project's code changes, and tell `changed` how it went; blocks."""
        for file in self._watch.changes():
            try:
                with self._reload_lock:
                    self.app.reload()
                    _leave_out_of_collections(anew=True)
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


def _leave_out_of_collections(*, anew: bool = False) -> None:
    """Have Python's garbage collector look no more at what is there now, until the session ends.

    It is what was imported, for the most part: a look at all of it, in the middle of the first
    events, would stop everything for 60 ms. `anew`: what was left out and is garbage now, the code
    of the app before a reload, goes first.
    """
    if anew:
        gc.unfreeze()
        gc.collect()
    else:
        undo_then(gc.unfreeze)
    gc.freeze()


def _address(server: Server, usual_port: int | None) -> str:
    if usual_port is None or server.port == usual_port:
        return server.url
    return f"{server.url} ({usual_port} is taken)"
