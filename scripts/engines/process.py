"""One engine as a process: its command, when it is ready, its memory, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from installation import (
    HERE,
    RECIPES,
    EngineError,
    class_path,
    dynamodb_jar,
    home,
    installed,
    relative,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

LOOPBACK = "127.0.0.1"
STOP_TIMEOUT_SECONDS = 10
LOG_TAIL_LINES = 25

#: The engine gets these of the caller's environment and nothing else. AWS_* would reach its
#: own AWS clients: with AWS_ENDPOINT_URL set, LocalStack's deliveries would go astray.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "JAVA_HOME", "SYSTEMROOT")


@dataclass
class Engine:
    """An engine that can be started once, on one port of 127.0.0.1."""

    name: str
    port: int
    command: list[str]
    environment: dict[str, str]
    #: Any HTTP answer below 500 from this path says that the engine takes requests.
    ready_path: str
    folder: Path
    #: Seconds from process start to the first answer; 0.0 until ready.
    ready_seconds: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    began: float = field(default=0.0, repr=False)

    @property
    def url(self) -> str:
        """Return the endpoint for AWS clients."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def version(self) -> str:
        """Return the engine's own version."""
        return RECIPES[self.name].version

    @property
    def log(self) -> Path:
        """Return the file that holds all that the engine printed since its last start."""
        return self.folder / f"engine-{self.port}.log"

    @property
    def running(self) -> bool:
        """Whether the engine's first process is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def pids(self) -> list[int]:
        """Return the engine's processes now, the first one first (LocalStack has two)."""
        return descendants(self.process.pid) if self.process is not None and self.running else []

    @property
    def resident_bytes(self) -> int:
        """Return the resident memory of all its processes; shared pages count in each."""
        return sum(resident_bytes(pid) for pid in self.pids)

    def start(self, timeout_seconds: float = 60) -> None:
        """Start the engine and wait until it answers; does nothing when it runs.

        Raises EngineError, with the end of its log, when the port is taken or the engine ends
        or stays silent for `timeout_seconds`; then nothing is left running.
        """
        self.launch()
        self.wait(timeout_seconds)

    def launch(self) -> None:
        """Start the process and do not wait; raises EngineError when that cannot be."""
        if self.running:
            return
        if port_taken(self.port):
            message = f"{self.name} cannot start: something already listens on port {self.port}"
            raise EngineError(message)
        self.began, self.ready_seconds = time.monotonic(), 0.0
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us first, and we stop it in order
            )

    def wait(self, timeout_seconds: float = 60) -> None:
        """Wait until the launched engine answers; raises EngineError as `start` does."""
        while not self.ready_seconds:
            waited = time.monotonic() - self.began
            # A dead engine is asked for nothing: another program may have taken its port.
            if not self.running or waited > timeout_seconds:
                self.fail(waited)
            if answers(self.url + self.ready_path):
                self.ready_seconds = time.monotonic() - self.began
            else:
                time.sleep(0.02)

    def fail(self, waited_seconds: float) -> None:
        """Stop what is left and raise EngineError with the end of the log."""
        code = self.process.poll() if self.process is not None else None
        self.stop()
        what = f"ended with exit code {code}" if code is not None else "did not answer"
        message = f"{self.name} {what} after {waited_seconds:.1f} s; its log ends:\n{self.tail()}"
        raise EngineError(message)

    def stop(self) -> None:
        """End the engine: asked first, ended by force after 10 s. Does nothing when not running."""
        pids = self.pids
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):  # ended by force below
                process.wait(timeout=STOP_TIMEOUT_SECONDS)
        end_session(process.pid)
        for pid in pids[1:]:  # one that LocalStack gave a session of its own
            end_process(pid)
        process.wait()

    def tail(self) -> str:
        """Return the last lines of the log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (empty)"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def engine(name: str, *, port: int, environment: Mapping[str, str] | None = None) -> Engine:
    """Return the installed engine, not started; `environment` adds settings of the engine's own.

    Raises EngineError when it is not installed.
    """
    if not installed(name):
        message = f"{name} is not installed; run: python scripts/engines/engines.py install {name}"
        raise EngineError(message)
    make = {"localstack": localstack, "dynamodb": dynamodb, "ministack": ministack, "moto": moto}
    made = make[name](home(name), port)
    passed = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    made.environment = {**passed, **made.environment, **(environment or {})}
    return made


def localstack(folder: Path, port: int) -> Engine:
    """Return LocalStack as a plain process.

    GATEWAY_LISTEN gives the port; the host comes from localstack_on_loopback.py.
    LOCALSTACK_HOST and the path strategy keep queue URLs free of names that need DNS.
    DNS_ADDRESS=0 keeps it from serving DNS on port 53 of every interface, which it does when
    run by root. OVERRIDE_IN_DOCKER=0 keeps it a host installation inside a CI container;
    FILESYSTEM_ROOT is then where it writes.
    """
    python = folder / "venv/bin/python"
    address = f"{LOOPBACK}:{port}"
    volume = folder / f"volume-{port}"
    return Engine(
        name="localstack",
        port=port,
        command=[str(python), str(folder / "venv/bin/localstack-supervisor")],
        environment={
            "LOCALSTACK_SUPERVISOR_COMMAND": f"'{python}' '{HERE / 'localstack_on_loopback.py'}'",
            "GATEWAY_LISTEN": address,
            "LOCALSTACK_HOST": address,
            "SQS_ENDPOINT_STRATEGY": "path",
            "LOCALSTACK_VOLUME_DIR": str(volume),
            "FILESYSTEM_ROOT": str(volume),
            "OVERRIDE_IN_DOCKER": "0",
            "DNS_ADDRESS": "0",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "LS_LOG": "warn",
        },
        ready_path="/_localstack/health",
        folder=folder,
    )


def dynamodb(folder: Path, port: int) -> Engine:
    """Return DynamoDB Local in memory; -sharedDb: the same tables for every key and region."""
    libraries = dynamodb_jar(folder).parent / "DynamoDBLocal_lib"
    options = ["-Xmx256m", f"-Djava.library.path={libraries}", "-cp", class_path(folder)]
    arguments = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    return Engine(
        name="dynamodb",
        port=port,
        command=["java", *options, "DynamoDbOnLoopback", *arguments],
        environment={"DDB_LOCAL_TELEMETRY": "0"},
        ready_path="/",  # answers 400: a request without a signature
        folder=folder,
    )


def ministack(folder: Path, port: int) -> Engine:
    """Return MiniStack with its Lambda functions as plain Python processes.

    It leaves a folder for each function behind, so its temporary folder is in its home.
    """
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return Engine(
        name="ministack",
        port=port,
        command=[str(folder / "venv/bin/ministack")],
        environment={
            "GATEWAY_PORT": str(port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,  # in the queue URLs that it makes
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(temporary),
        },
        ready_path="/_localstack/health",
        folder=folder,
    )


def moto(folder: Path, port: int) -> Engine:
    """Return moto's server."""
    return Engine(
        name="moto",
        port=port,
        command=[str(folder / "venv/bin/moto_server"), "-H", LOOPBACK, "-p", str(port)],
        environment={},
        ready_path="/moto-api/data.json",
        folder=folder,
    )


def answers(url: str) -> bool:
    """Whether something answers HTTP at `url` with a status below 500. No proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, urllib.error.URLError):
        return False


def port_taken(port: int) -> bool:
    """Whether something listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> list[int]:
    """Return the process and all its children's children that are alive, parents first."""
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    children: dict[int, list[int]] = {}
    for line in listing.splitlines():
        child, parent = (int(part) for part in line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def resident_bytes(pid: int) -> int:
    """Return the resident memory of one process, 0 when it has ended."""
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], stdout=subprocess.PIPE, check=False, text=True
    )
    return int(done.stdout.strip() or 0) * 1024


def end_session(leader: int) -> None:
    """End by force what is left of the session that we started for an engine."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_process(pid: int) -> None:
    """End by force one process that was an engine's a moment ago, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


__all__ = ["Engine", "EngineError", "engine", "free_port", "relative"]
