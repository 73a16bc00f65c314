"""What recording costs: runs with it and without it, by turns.

    python -m benchmarks.recording

Recording is the journal's entries, the stories and the list of runs: what console, commands,
terminal and traces show. Without it what happens is numbered and kept nowhere. Blocks of runs take
turns, and the fastest fifth of the blocks counts; by the CPU time of the whole process, client
included. How often a function ran in a chain is not recording: Lambda stops loops by it.
"""

from __future__ import annotations

import json
import logging
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_offline import emulator
from chalice_offline.core import running
from chalice_offline.core.journal import Entry
from chalice_offline.core.recent_runs import RecentRuns
from chalice_offline.core.run_entry import RunEntry
from chalice_offline.core.stories import Stories
from chalice_offline.storage import MemoryJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.live_session import AppSession

HERE = Path(__file__).parent
BLOCKS = 120  # of each kind
TIMEOUT_SECONDS = 10
_BODY = json.dumps({"order": 1, "lines": [{"item": "tea", "count": 2}]}).encode()


@dataclass(frozen=True, slots=True)
class Work:
    """What is done again and again: `warm_up` times to fill the journal, then in blocks."""

    do: Callable[[], object]
    measured: emulator.Emulator
    warm_up: int
    block: int


def main() -> None:
    """Measure each kind of run in a process of its own, and print a table."""
    if len(sys.argv) > 1:
        logging.disable(logging.CRITICAL)
        with WORKS[" ".join(sys.argv[1:])]() as work:
            found = _by_turns(work)
        print(json.dumps(found))
        return
    print("| run | without, µs | recording, µs | share, fastest fifth | share, mean |")
    print("|---|---:|---:|---:|---:|")
    for name in WORKS:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.recording", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
            timeout=900,
        )
        off, on, mean_off, mean_on = json.loads(done.stdout.splitlines()[-1])
        share, mean_share = 100 * (on - off) / on, 100 * (mean_on - mean_off) / mean_on
        print(f"| {name} | {off:.0f} | {on - off:.1f} | {share:.1f} % | {mean_share:.1f} % |")


def _by_turns(work: Work) -> list[float]:
    """Return the microseconds of a run without and with recording: fastest fifths, then means."""
    for _ in range(work.warm_up):
        work.do()
    switch = Switch(work.measured)
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * BLOCKS):
        on = number % 2 == 1
        switch.turn(on=on)
        work.do()
        began = time.process_time_ns()
        for _ in range(work.block):
            work.do()
        taken[on].append((time.process_time_ns() - began) / work.block / 1_000)
    switch.turn(on=True)
    fastest = [statistics.mean(sorted(taken[on])[: BLOCKS // 5]) for on in (False, True)]
    return fastest + [statistics.mean(taken[on]) for on in (False, True)]


# ---- without recording ---------------------------------------------------------------------------


class _NoJournal(MemoryJournal):
    """Gives numbers, and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.last_number = 10**9  # no entry of the true journal has such a number

    def append(self, entry: Entry) -> int:
        """Number it."""
        entry.number = self.last_number = self.last_number + 1
        return entry.number

    def complete(self, entry: Entry, result: bytes) -> None:
        """Nothing."""


class _NoRuns(RecentRuns):
    """Takes no runs in."""

    def take_in(self, run: RunEntry) -> None:
        """Nothing."""

    def started(self, run: RunEntry, now_ms: int) -> None:
        """Nothing."""

    def ended(self, run: RunEntry, outcome: Any) -> None:
        """Nothing."""


class _NoStories(Stories):
    """Each entry is its own story."""

    def follow(self, number: int, cause: int) -> int:  # noqa: ARG002 - as the true one
        """Keep nothing."""
        return cause

    def of(self, number: int) -> int:
        """Return the entry itself."""
        return number


class _Number:
    """All that is left of an entry: what follows names its number."""

    __slots__ = ("causes", "ended_ms", "number", "outcome", "story", "subject")

    def __init__(self, *_: Any) -> None:
        self.outcome, self.causes, self.ended_ms = "", (), None


class Switch:
    """Recording of an emulator, on and off."""

    def __init__(self, measured: emulator.Emulator) -> None:
        self._measured = measured
        self._on = {name: getattr(measured, name) for name in ("journal", "runs", "stories")}
        self._off = {"journal": _NoJournal(), "runs": _NoRuns(), "stories": _NoStories(1)}

    def turn(self, *, on: bool) -> None:
        """Switch between two runs."""
        kernel: Any = emulator
        runs: Any = running
        with self._measured.lock:
            for name, part in (self._on if on else self._off).items():
                setattr(self._measured, name, part)
            kernel.Entry = Entry if on else _Number
            runs.RunEntry = RunEntry if on else _Number


# ---- runs ----------------------------------------------------------------------------------------


@contextmanager
def _session(app: str) -> Iterator[AppSession]:
    from chalice_offline.live_session import AppSession

    session = AppSession(HERE / app, "dev", port=0, aws_port=0)
    session.start()
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def _route() -> Iterator[Work]:
    """The smallest route, asked over a bare socket."""
    with _session("routes_app") as session:
        place = urlsplit(session.http_server.url)
        head = (
            f"POST /items/7?page=1 HTTP/1.1\r\nhost: {place.netloc}\r\nuser-agent: bench\r\n"
            f"accept: */*\r\ncontent-type: application/json\r\ncontent-length: {len(_BODY)}\r\n\r\n"
        )
        request = head.encode() + _BODY
        address = (str(place.hostname), int(place.port or 0))
        with socket.create_connection(address) as connection:

            def ask() -> None:
                connection.sendall(request)
                reply = connection.recv(65_536)
                if not reply.endswith(b'{"key":"7"}'):
                    message = f"a route answered {reply!r}"
                    raise RuntimeError(message)

            yield Work(ask, session.aws.emulator, warm_up=16_000, block=50)


@contextmanager
def _message() -> Iterator[Work]:
    """A message whose handler puts an object: two calls of boto3, one run."""
    with _session("pipeline_app") as session:
        app: Any = sys.modules["app"]
        s3, sqs, url = app.client("s3"), app.client("sqs"), app.queue_url()
        s3.put_bucket_notification_configuration(Bucket=app.BUCKET, NotificationConfiguration={})
        put, done = s3.put_object, threading.Event()

        def put_object(**request: Any) -> None:
            put(**request)
            done.set()

        s3.put_object = put_object

        def send() -> None:
            done.clear()
            sqs.send_message(QueueUrl=url, MessageBody='{"id": "7", "sent_ns": 1}')
            _await(done)

        yield Work(send, session.aws.emulator, warm_up=5_000, block=25)


@contextmanager
def _hops() -> Iterator[Work]:
    """The pipeline's order through four hops: three runs, five calls of boto3."""
    with _session("pipeline_app") as session:
        app: Any = sys.modules["app"]
        app.client("dynamodb").create_table(
            TableName=app.TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        written, done, events = app.write, threading.Event(), app.client("events")

        def write(order: dict[str, Any]) -> None:
            written(order)
            done.set()

        app.write = write
        detail = json.dumps({"id": "7", "sent_ns": 1, "latency_only": False})

        def order() -> None:
            done.clear()
            events.put_events(Entries=[{"Source": "bench", "DetailType": "o", "Detail": detail}])
            _await(done)

        yield Work(order, session.aws.emulator, warm_up=2_000, block=10)


@contextmanager
def _middleware() -> Iterator[Work]:
    """An order of the middleware in virtual time, with its partner and its till in this process."""
    from chalice_offline.testing import Offline
    from simulators.street import Street, opened

    project = HERE.parent
    with (
        redirect_stdout(StringIO()),
        Offline(project, stage="local", region="us-east-1", seed=1) as offline,
        opened(Street(offline)) as street,
    ):

        def order() -> None:
            street.order()
            street.settle()

        yield Work(order, offline.emulator, warm_up=100, block=2)


def _await(done: threading.Event) -> None:
    if not done.wait(TIMEOUT_SECONDS):
        message = "a run did not end"
        raise RuntimeError(message)


WORKS = {
    "the smallest route": _route,
    "a message, its handler puts an object": _message,
    "an event, three handlers on": _hops,
    "an order of the middleware": _middleware,
}

if __name__ == "__main__":
    main()
