"""A route over HTTP: through API Gateway's steps and Lambda, and through Chalice's LocalGateway.

Runs in a process of its own (`python -m benchmarks.own_routes QUICK|WHOLE`), as own_live does. Both
are behind the same HTTP server, LocalGateway as the ASGI app with threads that
`chalice-offline local` once was, and asked by turns over a connection that stays open.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks import harness
from benchmarks.harness import Figure, at_least, at_most, best_rates, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort
    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send

APP = Path(__file__).parent / "routes_app"
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
    return [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])]


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
