"""What one AWS call costs in this process, against the least boto3 itself costs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from benchmarks.harness import Effort, Figure, at_least, best_rates
from chalice_offline.composition import add_services
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.emulator import Emulator
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOOR_SHARE = 80


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body


def measure(effort: Effort) -> list[Figure]:
    """Return calls per second of boto3 with the emulator behind it, and with nothing behind it."""
    figures = []
    with _emulator() as client_of:
        sqs, events = client_of("sqs"), client_of("events")
        url = sqs.create_queue(QueueName="bench")["QueueUrl"]
        entry = {"Source": "shop", "DetailType": "placed", "Detail": '{"order": 1}'}
        works = {
            "SendMessage": lambda: sqs.send_message(QueueUrl=url, MessageBody="an order"),
            "PutEvents": lambda: events.put_events(Entries=[entry]),
            "GetQueueUrl": lambda: sqs.get_queue_url(QueueName="bench"),
        }
        replies = {name: _reply_of(sqs if "Events" not in name else events, work)
                   for name, work in works.items()}
        floors = {
            "SendMessage": _floor(client_of("sqs"), replies["SendMessage"]),
            "PutEvents": _floor(client_of("events"), replies["PutEvents"]),
            "GetQueueUrl": _floor(client_of("sqs"), replies["GetQueueUrl"]),
        }
        works |= {
            "SendMessage floor": lambda: floors["SendMessage"].send_message(
                QueueUrl=url, MessageBody="an order"
            ),
            "PutEvents floor": lambda: floors["PutEvents"].put_events(Entries=[entry]),
            "GetQueueUrl floor": lambda: floors["GetQueueUrl"].get_queue_url(QueueName="bench"),
        }
        rates = best_rates(works, effort)
        sqs.purge_queue(QueueUrl=url)
    for name in replies:
        share = 100 * rates[name] / rates[f"{name} floor"]
        cost_us = 1e6 / rates[name] - 1e6 / rates[f"{name} floor"]
        figures.append(Figure(f"{name} through boto3, in process", rates[name], "calls/s"))
        figures.append(
            at_least(f"{name}: share of the boto3 floor", share, "%", FLOOR_SHARE,
                     f"{cost_us:.0f} µs a call on top of boto3's own")
        )
    return figures


@contextmanager
def _emulator() -> Iterator[Any]:
    driver = LiveDriver()
    emulator = Emulator(driver)
    add_services(emulator)
    driver.start(emulator)
    door = InProcessDoor(Gateway(emulator))
    door.open()
    try:
        yield _client
    finally:
        door.close()
        driver.stop()


def _client(service: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )


def _reply_of(client: Any, work: Any) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the emulator's reply to one call."""
    seen: list[Any] = []
    client.meta.events.register("before-parse", lambda response_dict, **_: seen.append(response_dict))
    work()
    return dict(seen[0]["headers"]), seen[0]["body"]


def _floor(client: Any, reply: tuple[dict[str, str], bytes]) -> Any:
    """Let a client get one constant reply, before any other hook of this process."""
    headers, body = reply

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, headers, _Raw(body))

    client.meta.events.register_first("before-send", answer)
    return client
