"""The pipeline's app in real time in one process, its events sent through boto3 without a socket.

Runs in a process of its own (`python -m benchmarks.own_live QUICK|WHOLE`), because the app takes
over working directory, environment and every boto3 client; prints its figures as JSON.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import harness
from benchmarks.floor import Replies, answer_constantly, keep_replies, sign_whole, untouched
from benchmarks.harness import Figure, at_least, at_most, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort
    from chalice_offline.emulator import Emulator

APP = Path(__file__).parent / "pipeline_app"
MEGABYTE = 1_000_000
TIMEOUT_SECONDS = 60


def measure(effort: Effort) -> list[Figure]:
    """Measure in a process of its own."""
    name = next(one for one in ("QUICK", "WHOLE") if getattr(harness, one) is effort)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.own_live", name],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=600,
    )
    return [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])]


class _Done:
    """Takes note of each order that is through."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.orders: dict[str, int] = {}
        self.latencies_ns: list[int] = []

    def note(self, order: dict[str, Any]) -> None:
        with self._changed:
            self.orders[order["id"]] = time.perf_counter_ns()
            self.latencies_ns.append(order["handled_ns"] - order["sent_ns"])
            self._changed.notify()

    def wait(self, count: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.orders) >= count, TIMEOUT_SECONDS):
                message = f"{len(self.orders)} of {count} orders are through"
                raise RuntimeError(message)


def _measure_here(effort: Effort) -> list[Figure]:
    from chalice_offline.live_session import AppSession

    session = AppSession(APP, "dev", port=0, aws_port=0)
    session.start()
    try:
        app = sys.modules["app"]
        app.client("dynamodb").create_table(
            TableName=app.TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return [*_latency(app, effort), *_pipeline(app, session.aws.emulator, effort)]
    finally:
        session.stop()


def _latency(app: Any, effort: Effort) -> list[Figure]:
    """Send one event after the other, each when the one before is long done."""
    written, done = app.write, _Done()
    app.write = done.note
    events = app.client("events")
    for number in range(effort.events + 20):
        _put(events, [str(number)], latency_only=True)
        done.wait(number + 1)
    app.write = written
    latencies = [one / 1e6 for one in done.latencies_ns[20:]]
    return [
        at_most("event to handler, live, idle, p50", percentile(latencies, 50), "ms", 2),
        Figure("event to handler, live, idle, p99", percentile(latencies, 99), "ms"),
    ]


def _pipeline(app: Any, emulator: Emulator, effort: Effort) -> list[Figure]:
    """Send bursts of orders; before and after each, measure the floor, on the same machine.

    How fast a machine is changes within seconds, so each burst is compared with its own two floors,
    and the median of these shares counts.
    """
    written, done = app.write, _Done()

    def write(order: dict[str, Any]) -> None:
        written(order)
        done.note(order)

    app.write = write
    calls = _floor_calls(app, emulator)
    already = len(done.orders)
    rates: list[float] = []
    floors = [_floor_rate(calls, effort, emulator)]
    for turn in range(effort.rounds):
        names = [f"order-{turn}-{number}" for number in range(effort.orders)]
        began = time.perf_counter()
        for start in range(0, len(names), 10):
            _put(app.client("events"), names[start : start + 10], latency_only=False)
        done.wait(already + (turn + 1) * effort.orders)
        rates.append(effort.orders / (time.perf_counter() - began))
        _until_idle(emulator)
        floors.append(_floor_rate(calls, effort, emulator))
    shares = [
        200 * rate / (before + after)
        for rate, (before, after) in zip(rates, pairwise(floors), strict=True)
    ]
    return [
        Figure("four-hop pipeline, in process", max(rates), "orders/s"),
        at_least(
            "four-hop pipeline: share of the floor its boto3 calls set",
            percentile(shares, 50),
            "%",
            60,
            f"floor {percentile(floors, 50):.0f} orders/s, pipeline {percentile(rates, 50):.0f}",
        ),
        at_most("resident memory under that load", _resident_bytes() / MEGABYTE, "MB", 300),
    ]


def _floor_calls(app: Any, emulator: Emulator) -> dict[str, Callable[[], object]]:
    """Return the boto3 calls of one order, each with a constant reply: once real, then never."""
    clients = {name: _new_client(name) for name in ("events", "sqs", "s3", "dynamodb")}
    order = json.dumps({"id": "floor", "sent_ns": 1, "handled_ns": 1})
    calls = _calls_of_an_order(app, clients, order)
    replies: Replies = {}
    for client in clients.values():
        keep_replies(client, replies, order.encode())
    for call in calls.values():
        call()
    for client in clients.values():
        sign_whole(client)
        answer_constantly(client, replies)
    _until_idle(emulator)  # the real ones set the handlers off
    return calls


def _floor_rate(
    calls: dict[str, Callable[[], object]], effort: Effort, emulator: Emulator
) -> float:
    """Return orders a second when nothing but these calls took time."""
    short = replace(effort, rounds=1, seconds=effort.seconds / 2)
    with untouched(emulator):
        rates = harness.mean_rates(calls, short)
    a_tenth_of_put_events = 1 / rates["PutEvents"] / 10
    rest = sum(1 / rate for name, rate in rates.items() if name != "PutEvents")
    return 1 / (a_tenth_of_put_events + rest)


def _calls_of_an_order(
    app: Any, clients: dict[str, Any], order: str
) -> dict[str, Callable[[], object]]:
    url = app.queue_url()
    entries = [{"Source": "nobody", "DetailType": "placed", "Detail": order}] * 10
    item = {name: {"N": "1"} for name in ("sent_ns", "handled_ns", "done_ns")}
    place = {"Bucket": app.BUCKET, "Key": "floor"}
    return {
        "PutEvents": lambda: clients["events"].put_events(Entries=entries),
        "SendMessage": lambda: clients["sqs"].send_message(QueueUrl=url, MessageBody=order),
        "PutObject": lambda: clients["s3"].put_object(**place, Body=order),
        "GetObject": lambda: _read(clients["s3"], place),
        "PutItem": lambda: clients["dynamodb"].put_item(
            TableName=app.TABLE, Item={"id": {"S": "floor"}, **item}
        ),
    }


def _read(client: Any, place: dict[str, str]) -> bytes:
    return bytes(client.get_object(**place)["Body"].read())


def _until_idle(emulator: Emulator) -> None:
    """Wait until nothing has been written to the journal for a while."""
    latest = -1
    while (number := emulator.journal.last_number) != latest:
        latest = number
        time.sleep(0.5)


def _new_client(service: str) -> Any:
    import boto3

    make: Any = boto3.session.Session().client
    return make(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def _put(events: Any, names: list[str], *, latency_only: bool) -> None:
    entries = [
        {
            "Source": "bench",
            "DetailType": "placed",
            "Detail": json.dumps(
                {"id": name, "sent_ns": time.time_ns(), "latency_only": latency_only}
            ),
        }
        for name in names
    ]
    events.put_events(Entries=entries)


def _resident_bytes() -> int:
    import os

    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    import os

    logging.basicConfig(level=logging.ERROR)
    # What Lambda sets, and botocore looks for when it signs.
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    print(json.dumps([asdict(one) for one in _measure_here(getattr(harness, sys.argv[1]))]))
