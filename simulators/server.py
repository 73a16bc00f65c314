"""Serves the simulators over HTTP with the system's clock: `python -m simulators`.

Here, and nowhere else, are the threads: one per connection, one ticker, and a few senders, so
that one slow receiver does not hold up every other webhook.
"""

from __future__ import annotations

import argparse
import errno
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from simulators.http_server import WsgiServer
from simulators.webhook_client import WebhookClient
from simulators.world import DEFAULT_APP_URL, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.menu import Store
    from simulators.simulator import Simulator
    from simulators.timeline import Delivery

SENDERS = 8
LAST_PORT = 65_535


class Ticker:
    """Calls the simulators when something is due, sleeping in between."""

    def __init__(self, senders: int = SENDERS) -> None:
        self._woken = threading.Event()
        self._stopped = False
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="webhook")
        self.client = WebhookClient()
        self.answered_ms: list[int] = []
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Look again now: something new was planned."""
        self._woken.set()

    def send(self, delivery: Delivery, simulator: Simulator) -> None:
        """Send one webhook and report its outcome."""
        began_ns = time.time_ns()
        status = self.client(delivery.request)
        # A checkout is no webhook: it is priced, and written down, before it is answered.
        if "/webhooks/" in delivery.request.url:
            self.answered_ms.append((time.time_ns() - began_ns) // 1_000_000)
        simulator.settle(delivery, status)

    def start(self, world: World) -> None:
        """Begin ticking for these simulators, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, args=(world,), name="ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; webhooks under way are waited for, those planned are not sent."""
        self._stopped = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.client.close()

    def _run(self, world: World) -> None:
        while not self._stopped:
            self._woken.clear()
            for simulator in world.simulators.values():
                for delivery in simulator.take_due():
                    sending = self._pool.submit(self.send, delivery, simulator)
                    # A future keeps what its work raised to itself; this brings it to the log.
                    sending.add_done_callback(Future.result)
            due_ms = world.next_due_ms()
            wait = None if due_ms is None else max(0.0, due_ms / 1000 - time.time())
            self._woken.wait(wait)


class RunningServer:
    """The simulators behind a port, with their ticker. A context manager; `port` 0 is any."""

    def __init__(
        self,
        *,
        port: int = 9001,
        seed: int = 0,
        app_url: str = DEFAULT_APP_URL,
        stores: Sequence[Store] | None = None,
    ) -> None:
        self._ticker = Ticker()
        self._server = WsgiServer(port)
        self.url = self._server.url
        self.world = World(
            now_ms=lambda: time.time_ns() // 1_000_000,
            send=self._ticker.client,
            seed=seed,
            sleep=time.sleep,
            wake=self._ticker.wake,
            app_url=app_url,
            public_url=self.url,
            stores=stores,
        )
        self._server.app = self.world

    @property
    def answered_ms(self) -> list[int]:
        """How long each webhook's answer took."""
        return self._ticker.answered_ms

    def __enter__(self) -> Self:
        self._ticker.start(self.world)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},  # how long shutdown() may take
            name="http",
            daemon=True,
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._ticker.stop()

    def wait(self) -> None:
        """Block until the server is shut down."""
        self._thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulators until Ctrl-C; returns the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        running = RunningServer(port=options.port, seed=options.seed, app_url=options.app_url)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(
            f"Port {options.port} on 127.0.0.1 is taken by another program; "
            f"stop it or choose another with --port.\n"
        )
        return 1
    with running:
        sys.stdout.write(_greeting(running))
        sys.stdout.flush()
        try:
            running.wait()
        except KeyboardInterrupt:
            sys.stdout.write("\nstopped\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators",
        description="Serves Square, Uber Eats and DoorDash stand-ins on 127.0.0.1.",
    )
    parser.add_argument(
        "--port", type=port_number, default=9001, help="port to listen on (default 9001)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of ids, orders and faults")
    parser.add_argument(
        "--app-url",
        default=DEFAULT_APP_URL,
        help=f"where webhooks go, without a trailing slash (default {DEFAULT_APP_URL})",
    )
    return parser


def port_number(text: str) -> int:
    """Read a port from the command line; 0 is any that is free."""
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= LAST_PORT):
        message = f"{text!r} is no port: a number from 0 to {LAST_PORT} is"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _greeting(running: RunningServer) -> str:
    url, world = running.url, running.world
    return (
        f"Square      {url}/square     webhooks to {world.square.settings.notification_url}\n"
        f"Uber Eats   {url}/uber       webhooks to {world.uber.settings.webhook_url}\n"
        f"DoorDash    {url}/doordash   webhooks to {world.doordash.settings.webhook_url}\n"
        f"Place an order:   curl -X POST {url}/_control/orders -d '{{\"count\": 1}}'\n"
        f"Ask for trouble:  curl -X POST {url}/square/_control/faults "
        f'-d \'{{"operation": "CreateOrder", "fault": "error_after_commit"}}\'\n'
        f"See the state:    curl {url}/_control/state\n"
        f"Ctrl-C stops.\n"
    )
