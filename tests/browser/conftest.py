"""A real Chromium, pages of several sites for it, and the doors they try.

    make test-browser            or: CHROMIUM=/path/to/chrome pytest tests/browser

Not part of a plain `pytest` run: Chromium is no Python package.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.console.api import Console
from chalice_offline.console.session import Session
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.transports.aws_door import AwsEndpoint
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from tests.browser.opened import Opened
from tests.browser.pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 30
EVIL = "evil.example"


class Site:
    """A web server of its own: serves one page, and takes what the page reports."""

    def __init__(self) -> None:
        self.page = ""
        self.reports: queue.SimpleQueue[Any] = queue.SimpleQueue()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(site.page.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.reports.put(json.loads(body))
                self._send(b"")

            def _send(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class App:
    """An ASGI app that lets every page read it, as a route with `cors=True` does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        cors = [(b"access-control-allow-origin", b"*"), (b"access-control-allow-headers", b"*")]
        headers = [*cors, (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<p>secret of the app</p>"})


class Doors:
    """An AWS endpoint with its console, and an app."""

    def __init__(self) -> None:
        self._endpoint = AwsEndpoint()
        self._begin()
        self.app = App()
        self.servers = [Server(self._endpoint), Server(self.app, area=Area.APP)]
        for server in self.servers:
            server.start()
        self.aws_port, self.app_port = (server.port for server in self.servers)

    def _begin(self) -> None:
        self._driver = LiveDriver()
        self.emulator = compose(self._driver)
        self._driver.start()
        gateway = Gateway(self.emulator)
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.console = Console(Session(self.emulator, lambda_))
        self.console.serve_on(gateway)
        self._endpoint.switch_to(gateway)

    def begin_anew(self) -> None:
        """Put another emulator in the place of this one, as a reset does."""
        console, driver = self.console, self._driver
        self._begin()
        console.close()
        driver.stop()

    def close(self) -> None:
        self.console.close()
        for server in self.servers:
            server.stop()
        self._driver.stop()

    def calls(self) -> list[str]:
        """Return what was asked of AWS so far."""
        return [entry.subject for entry in self.emulator.journal.entries()]


class Browser:
    """Opens pages, each in a Chromium of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        self._command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            f"--user-data-dir={folder}",
            "--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.localstack.cloud 127.0.0.1",
            "--disable-dev-shm-usage", "--disable-popup-blocking",
        ]  # fmt: skip

    def visit(self, site: Site, host: str, page: str) -> Any:
        """Open `page` as one of `host`, served by `site`; return what it reports."""
        site.page = page
        return self.report_of(site, f"http://{host}:{site.port}/")

    def report_of(self, site: Site, url: str) -> Any:
        """Open a URL; return what the page there reports to `site`."""
        command = [*self._command, url]
        with subprocess.Popen(command, stdout=-3, stderr=-3) as process:
            try:
                return site.reports.get(timeout=PATIENCE_SECONDS)
            finally:
                process.kill()

    def open(self, url: str) -> str:
        """Open a URL as from the address bar; return the document as the browser sees it."""
        command = [*self._command, "--dump-dom", url]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
        ).stdout


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    program = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if program is None:
        pytest.fail("Chromium is not installed; CHROMIUM=/path/to/chrome names another place")
    return Browser(program, tmp_path)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def doors() -> Iterator[Doors]:
    made = Doors()
    yield made
    made.close()


@pytest.fixture(params=[(1280, 800)], ids=["wide"])
def opened(doors: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    program = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert program is not None
    width, height = request.param
    with Page(program, tmp_path, width=width, height=height) as page:
        made = Opened(doors, page)
        made.deploy()
        yield made
