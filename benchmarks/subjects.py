"""The engines that are compared, each started alone, with whatever it needs beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts" / "engines"))

from process import Engine, EngineError, descendants, engine, free_port, resident_bytes  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parent / "pipeline_app"
OURS = "chalice-offline"
ATTACH_SECONDS = 60
# LocalStack's own DynamoDB downloads AWS's DynamoDB Local at its first use; here it is at hand.
BESIDE = {"localstack": "dynamodb"}
TITLES = {
    OURS: "chalice-offline",
    "ministack+lambda": "MiniStack 1.5.33, its Lambda",
    "ministack": "MiniStack 1.5.33, attached",
    "localstack": "LocalStack 4.14.0, attached",
    "moto": "moto server 5.2.5",
}


@dataclass
class Subject:
    """A running engine: where it is, and what its processes take."""

    name: str
    engines: list[Engine]
    ready_seconds: float
    attached: subprocess.Popen[bytes] | None = None
    most_bytes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def client(self, service: str) -> Any:
        """Return a boto3 client for this engine."""
        engine_ = self.engines[-1] if service == "dynamodb" else self.engines[0]
        make: Any = boto3.session.Session().client
        return make(
            service,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            endpoint_url=engine_.url,
            config=Config(
                retries={"max_attempts": 2}, s3={"addressing_style": "path"}, read_timeout=30
            ),
        )

    @property
    def resident_bytes(self) -> int:
        """Return the memory of the engine and of what runs its handlers."""
        pids = [pid for one in self.engines for pid in one.pids]
        if self.attached is not None:
            pids += descendants(self.attached.pid)
        return sum(resident_bytes(pid) for pid in pids)

    def watch_memory(self) -> threading.Thread:
        """Start to note the most memory taken, until `stop_watching`."""

        def watch() -> None:
            while not self._stop.wait(0.25):
                self.most_bytes = max(self.most_bytes, self.resident_bytes)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread

    def stop_watching(self) -> None:
        """Stop noting."""
        self._stop.set()


@contextmanager
def running(name: str) -> Iterator[Subject]:
    """Start an engine (and what it needs beside it); stop it at the end."""
    names = [name, BESIDE[name]] if name in BESIDE else [name]
    with ExitStack() as stack:
        engines = []
        for one in names:
            started = ours("aws") if one == OURS else engine(one, port=free_port())
            engines.append(stack.enter_context(started))
        subject = Subject(name, engines, engines[0].ready_seconds)
        stack.callback(subject.stop_watching)
        yield subject


def ours(*arguments: str) -> Engine:
    """Return this emulator as an engine: `chalice-offline aws`, or `local` with its options."""
    port = free_port()
    option = "--aws-port" if arguments[0] == "local" else "--port"
    return Engine(
        name=OURS,
        port=port,
        command=[sys.executable, "-m", "chalice_offline", *arguments, option, str(port)],
        environment=_environment(),
        ready_path="/_localstack/health",
        folder=Path(tempfile.mkdtemp(prefix="bench-")),
    )


def with_app() -> Engine:
    """Return this emulator with the pipeline's app in it."""
    app_port = str(free_port())
    return ours("local", "--project-dir", str(APP), "--port", app_port, "--no-autoreload")


@contextmanager
def attached(subject: Subject) -> Iterator[None]:
    """Run the pipeline's handlers for an engine: `chalice-offline local --endpoint`."""
    environment = _environment() | {"AWS_ENDPOINT_URL": subject.engines[0].url}
    if len(subject.engines) > 1:
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = subject.engines[-1].url
    log = Path(tempfile.mkdtemp(prefix="bench-")) / "attach.log"
    command = [
        sys.executable, "-m", "chalice_offline", "local", "--project-dir", str(APP),
        "--endpoint", subject.engines[0].url, "--port", str(free_port()), "--no-autoreload",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    subject.attached = process
    try:
        _wait_until_attached(process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        subject.attached = None


def _wait_until_attached(process: subprocess.Popen[bytes], log: Path) -> None:
    finish = time.monotonic() + ATTACH_SECONDS
    while "Ctrl-C" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > finish:
            tail = " / ".join(log.read_text(errors="replace").splitlines()[-3:])
            message = f"the handlers could not be attached: {tail}"
            raise RuntimeError(message)
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    passed = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return passed | {
        "PYTHONPATH": str(ROOT / "src"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


__all__ = [
    "APP", "OURS", "TITLES", "EngineError", "Subject", "attached", "ours", "running", "with_app",
]  # fmt: skip
