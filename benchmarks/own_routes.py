"""A route over HTTP: through API Gateway's steps and Lambda, and through Chalice's LocalGateway.

Two readings, each asked by turns over connections that stay open. What a user sees: the command
`chalice-offline local` as a process, its lines per run in a file, beside a process that is what the
command was when LocalGateway answered (local_gateway_door.py). And, in a process of its own
(`python -m benchmarks.own_routes QUICK|WHOLE`, as own_live does), the data plane alone beside a
LocalGateway behind the same HTTP server.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks import harness
from benchmarks.harness import Figure, at_least, at_most, best_rates, percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.harness import Effort
    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send

APP = Path(__file__).parent / "routes_app"
_COUNTED = 1_000
_BODY = json.dumps({"order": 1, "lines": [{"item": "tea", "count": 2}]}).encode()


def measure(effort: Effort) -> list[Figure]:
    """Measure in a process of its own."""
    name = next(one for one in ("QUICK", "WHOLE") if getattr(harness, one) is effort)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.own_routes", name],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=600,
    )
    inside = [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])]
    return [*inside, *_measure_commands(effort)]


def _measure_commands(effort: Effort) -> list[Figure]:
    """Measure the command as a user runs it, and as it once was."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory())) / "routes_app"
        shutil.copytree(APP, folder)
        ports = [str(_free_port()) for _ in range(3)]
        ours = ["chalice_offline", "local", "--port", ports[0], "--aws-port", ports[1]]
        theirs = ["benchmarks.local_gateway_door", ports[2]]
        processes = {
            "ours": stack.enter_context(_running(ours, folder)),
            "LocalGateway": stack.enter_context(_running(theirs, folder)),
        }
        urls = {"ours": ports[0], "LocalGateway": ports[2]}
        works: dict[str, Callable[[], object]] = {}
        for name, port in urls.items():
            _until_ready(int(port))
            works[name] = _asker(f"http://127.0.0.1:{port}")
        rates = best_rates(works, effort)
        costs = {name: _cpu_us(process, works[name]) for name, process in processes.items()}
    ratio = rates["ours"] / rates["LocalGateway"]
    note = f"LocalGateway's: {rates['LocalGateway']:.0f} requests/s"
    cost = f"CPU of the process: {costs['ours']:.0f} µs, LocalGateway's {costs['LocalGateway']:.0f}"
    return [
        at_least(
            "a route of the command: rate, of the command with LocalGateway", ratio, "x", 1, note
        ),
        Figure("a route of the command, one client", rates["ours"], "requests/s", note=cost),
    ]


@contextmanager
def _running(module: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    shell = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    root = str(Path(__file__).resolve().parents[1])
    paths = os.pathsep.join([root, *filter(None, [shell.get("PYTHONPATH")])])
    lines = (folder.parent / f"{module[0]}.log").open("wb")
    with lines:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=folder,
            env=shell | {"PYTHONPATH": paths},
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _until_ready(port: int) -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        else:
            return


def _cpu_us(process: subprocess.Popen[bytes], ask: Callable[[], object]) -> float:
    """Return how much of a processor's time a request takes that process."""
    clock = (~process.pid << 3) | 2  # clock_getcpuclockid(3)
    began = time.clock_gettime(clock)
    for _ in range(_COUNTED):
        ask()
    return (time.clock_gettime(clock) - began) / _COUNTED * 1e6


def _measure_here(effort: Effort) -> list[Figure]:
    from chalice_offline.live_session import AppSession
    from chalice_offline.transports.browser_policy import Area
    from chalice_offline.transports.http_server import Server

    session = AppSession(APP, "dev", port=0, aws_port=0)
    session.start()
    local = Server(_local_gateway(session.app.project), area=Area.APP)
    local.start()
    try:
        ours, theirs = _asker(session.http_server.url), _asker(local.url)
        rates = best_rates({"ours": ours, "LocalGateway": theirs}, effort)
        taken = [_timed(ours) for _ in range(effort.events)]
    finally:
        local.stop()
        session.stop()
    ratio = rates["ours"] / rates["LocalGateway"]
    note = f"LocalGateway: {rates['LocalGateway']:.0f} requests/s"
    return [
        at_most("a route over HTTP, p50", percentile(taken, 50), "ms", 3),
        Figure("a route over HTTP, one client", rates["ours"], "requests/s"),
        at_least("a route: rate, of LocalGateway's", ratio, "x", 1, note),
    ]


def _asker(url: str) -> Callable[[], None]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    fields = {"content-type": "application/json", "user-agent": "bench", "accept": "*/*"}

    def ask() -> None:
        connection.request("POST", "/items/7?page=1", _BODY, fields)
        reply = connection.getresponse()
        content = reply.read()
        if (reply.status, content) != (200, b'{"key":"7"}'):
            message = f"a route answered {reply.status}: {content!r}"
            raise RuntimeError(message)

    return ask


def _timed(ask: Callable[[], None]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _local_gateway(project: Any) -> AsgiApp:
    """Return a door to the project's routes through Chalice's own gateway, on threads."""
    from chalice.local import LocalGateway

    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.transports import asgi

    gateway = LocalGateway(project.app, project.config)
    threads = ThreadPoolExecutor(4)

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> HttpResponse:
        reply = gateway.handle_request(method, path, headers, body)
        fields = Headers((name, str(value)) for name, value in reply["headers"].items())
        return HttpResponse(reply["statusCode"], fields, reply["body"].encode())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        head = asgi.head_of(scope)
        body = await asgi.Payload(receive).read()
        reply = await asyncio.get_running_loop().run_in_executor(
            threads, answer, head.method, head.target, dict(head.headers), body
        )
        await asgi.send_response(send, reply)

    return app


if __name__ == "__main__":
    figures = _measure_here(getattr(harness, sys.argv[1]))
    print(json.dumps([asdict(figure) for figure in figures]))
