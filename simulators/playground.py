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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from simulators.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulators.menu import Store

PROJECT = Path(__file__).resolve().parent.parent
APP_PORT = 8000
AWS_PORT = 4566
VENDORS_PORT = 9001
STAGE = "local"
REGION = "us-east-1"
START_WITHIN_SECONDS = 30
BUCKET = "order-middleware-local"

_Found = TypeVar("_Found")


class StartError(Exception):
    """Something the playground needs did not come up; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens. None: the usual port, or a free one when that is taken."""

    app: int | None = None
    aws: int | None = None
    vendors: int | None = None

    def chosen(self) -> Ports:
        """Return these ports, all of them decided; StartError names one that is taken."""
        return Ports(
            _choose(self.app, APP_PORT, "app"),
            _choose(self.aws, AWS_PORT, "AWS endpoint"),
            _choose(self.vendors, VENDORS_PORT, "vendors"),
        )


class Playground:
    """App, AWS side and vendors, from `start` to the end of the `with` block."""

    def __init__(
        self,
        *,
        seed: int = 0,
        quiet: bool = False,
        ports: Ports | None = None,
        stores: Sequence[Store] | None = None,
    ) -> None:
        """Prepare; `quiet` keeps the app's log lines out of the terminal, and its code as it is."""
        self._stores = stores
        self._asked_ports = ports or Ports()
        self.ports = self._asked_ports
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

    @property
    def app_url(self) -> str:
        """Where the app's routes are."""
        return _url(self.ports.app)

    @property
    def aws_url(self) -> str:
        """Where AWS is."""
        return _url(self.ports.aws)

    def __enter__(self) -> Self:
        self.ports = self._asked_ports.chosen()
        self._vendors = RunningServer(
            port=self.ports.vendors or 0,
            seed=self._seed,
            app_url=self.app_url,
            stores=self._stores,
        )
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
        client = self.client("s3")
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
        found: list[dict[str, Any]] = json.loads(self.fetch("/_chalice_offline/functions"))
        return found

    def function(self, name: str) -> dict[str, Any]:
        """Return what one function, by its Chalice name, did so far."""
        return next(f for f in self.functions() if f["name"] == name)

    def client(self, service: str) -> Any:
        """Return a boto3 client of the playground's AWS endpoint."""
        import boto3

        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.aws_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - no secret: the endpoint asks for none
        )

    def fetch(self, path: str) -> str:
        """Return a page of the AWS endpoint."""
        url = f"http://127.0.0.1:{self.ports.aws}{path}"
        with urllib.request.urlopen(url, timeout=5) as reply:
            text: str = reply.read().decode()
        return text

    def _moved_addresses(self) -> dict[str, str]:
        """Return the variables of config.json that name a usual port which is not used now."""
        moved = {
            _url(APP_PORT): self.app_url,
            _url(AWS_PORT): self.aws_url,
            _url(VENDORS_PORT): _url(self.ports.vendors),
        }
        config = json.loads((PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
        found = {}
        for name, value in config["stages"][STAGE]["environment_variables"].items():
            for usual, now in moved.items():
                if value.startswith(usual) and usual != now:
                    found[name] = now + value.removeprefix(usual)
        return found

    def _start_app(self) -> None:
        command = [sys.executable, "-m", "chalice_offline", "local", "--stage", STAGE]
        command += ["--region", REGION]
        command += ["--port", str(self.ports.app), "--aws-port", str(self.ports.aws)]
        command += ["--seed", str(self._seed)]
        for name, value in self._moved_addresses().items():
            command += ["--env", f"{name}={value}"]
        if self._quiet:  # lines that nobody reads, and edits that nobody makes, would take time
            command += ["--quiet", "--no-autoreload"]
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
        return '"running"' in self.fetch("/_localstack/health")


def wait_until(condition: Callable[[], _Found], seconds: float, what: str) -> _Found:
    """Return the first true value of `condition()`; StartError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := condition():
                return found
        except (OSError, StopIteration):
            pass  # not up yet: that is what we wait for
        if time.monotonic() > end:
            raise StartError(f"waited {seconds} s for {what}, in vain")
        time.sleep(0.05)


def _choose(asked: int | None, usual: int, what: str) -> int:
    """Return the port that was asked for, the usual one, or any that is free."""
    if asked is None:
        return usual if _is_free(usual) else _free_port()
    if asked and not _is_free(asked):
        raise StartError(
            f"port {asked}, where the {what} would listen, is taken by another program"
        )
    return asked or _free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _url(port: int | None) -> str:
    return f"http://127.0.0.1:{port}"


def _drain(process: subprocess.Popen[bytes]) -> None:
    """Read what the app logs, so that it never blocks on a full pipe."""
    import threading

    stream = process.stderr
    if stream is not None:
        threading.Thread(target=lambda: [None for _ in stream], daemon=True).start()
