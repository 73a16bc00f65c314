"""All of it on this machine: the app under `chalice-offline local`, and the vendors around it.

Two processes, as in life: the app with its AWS side in one, the vendors in this one, and real HTTP
between them.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from simulators.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).resolve().parent.parent
APP_PORT = 8000
AWS_PORT = 4566
VENDORS_PORT = 9001
START_WITHIN_SECONDS = 30
BUCKET = "order-middleware-local"


class StartError(Exception):
    """Something the playground needs did not come up; the text says what and why."""


class Playground:
    """App, AWS side and vendors, from `start` to the end of the `with` block."""

    def __init__(self, *, seed: int = 0, quiet: bool = False) -> None:
        """Prepare; `quiet` keeps the app's log lines out of the terminal."""
        self._quiet = quiet
        self._seed = seed
        self._app: subprocess.Popen[bytes] | None = None
        self._vendors: RunningServer | None = None

    @property
    def vendors(self) -> RunningServer:
        """The vendors' simulators."""
        if self._vendors is None:
            raise StartError("the playground was not started")
        return self._vendors

    @property
    def app(self) -> subprocess.Popen[bytes]:
        """The process of `chalice-offline local`."""
        if self._app is None:
            raise StartError("the playground was not started")
        return self._app

    def __enter__(self) -> Self:
        for port, what in (
            (APP_PORT, "app"),
            (AWS_PORT, "AWS endpoint"),
            (VENDORS_PORT, "vendors"),
        ):
            if _is_taken(port):
                raise StartError(
                    f"port {port}, where the {what} would listen, is taken by another program"
                )
        self._vendors = RunningServer(port=VENDORS_PORT, seed=self._seed)
        self._vendors.__enter__()
        try:
            self._start_app()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._app is not None and self._app.poll() is None:
            self._app.terminate()
            try:
                self._app.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._app.kill()
        if self._vendors is not None:
            self._vendors.__exit__()

    def upload_menus(self) -> int:
        """Put every store's menu into the bucket; returns how many once the app imported them."""
        menus = self.vendors.world.generator.menu_files()
        client = aws_client("s3")
        for store_id, menu in menus.items():
            body = json.dumps(menu).encode()
            client.put_object(Bucket=BUCKET, Key=f"menus/{store_id}.json", Body=body)
        wait_until(
            lambda: self.function("menus")["invocations"] >= len(menus),
            START_WITHIN_SECONDS,
            "the menus to be imported",
        )
        return len(menus)

    def functions(self) -> list[dict[str, Any]]:
        """Return what each function did so far."""
        found: list[dict[str, Any]] = json.loads(fetch("/_chalice_offline/functions"))
        return found

    def function(self, name: str) -> dict[str, Any]:
        """Return what one function, by its Chalice name, did so far."""
        return next(f for f in self.functions() if f["name"].endswith(f"-{name}"))

    def _start_app(self) -> None:
        command = [sys.executable, "-m", "chalice_offline", "local", "--stage", "local"]
        command += ["--port", str(APP_PORT), "--aws-port", str(AWS_PORT), "--seed", str(self._seed)]
        output = subprocess.DEVNULL if self._quiet else None
        errors = subprocess.PIPE if self._quiet else None
        self._app = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=PROJECT, stdout=output, stderr=errors
        )
        wait_until(self._is_ready, START_WITHIN_SECONDS, "the app to start")
        if self._app.stderr is not None:
            _drain(self._app)

    def _is_ready(self) -> bool:
        if self.app.poll() is not None:
            reason = self.app.stderr.read().decode() if self.app.stderr else "see above"
            raise StartError(f"the app ended with status {self.app.returncode}: {reason.strip()}")
        # Its ports are bound before it is ready, so ask for an answer rather than for a listener.
        return '"running"' in fetch("/_localstack/health")


def aws_client(service: str) -> Any:
    """Return a boto3 client of the playground's AWS endpoint."""
    import boto3

    make: Any = boto3.client
    return make(
        service,
        endpoint_url=f"http://127.0.0.1:{AWS_PORT}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - no secret: the endpoint asks for none
    )


def fetch(path: str) -> str:
    """Return a page of the AWS endpoint."""
    url = f"http://127.0.0.1:{AWS_PORT}{path}"
    with urllib.request.urlopen(url, timeout=5) as reply:
        text: str = reply.read().decode()
    return text


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once `condition()` holds; StartError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (OSError, StopIteration):
            pass  # not up yet: that is what we wait for
        if time.monotonic() > end:
            raise StartError(f"waited {seconds} s for {what}, in vain")
        time.sleep(0.05)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _drain(process: subprocess.Popen[bytes]) -> None:
    """Read what the app logs, so that it never blocks on a full pipe."""
    import threading

    stream = process.stderr
    if stream is not None:
        threading.Thread(target=lambda: [None for _ in stream], daemon=True).start()
