"""What one AWS call costs in this process, against the least boto3 itself costs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from benchmarks.floor import Replies, answer_constantly, keep_replies, sign_whole, untouched
from benchmarks.harness import Figure, at_least, best_rates
from benchmarks.workloads import TABLE_SHAPE
from chalice_offline.composition import compose
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.harness import Effort
    from chalice_offline.emulator import Emulator

# What share of the time of a boto3 call may at least be boto3's own, in percent.
FLOOR_SHARES = {
    "SendMessage": 80,
    "PutEvents": 80,
    "GetQueueUrl": 80,
    "PutItem": 70,
    "GetItem": 70,
    "PutObject": 70,
    "GetObject": 70,
}
BUCKET, TABLE = "bench", "bench"
BODY = b"x" * 1_000  # of items and objects, with their keys a kilobyte


def measure(effort: Effort) -> list[Figure]:
    """Return calls per second of boto3 with the emulator behind it, and with nothing behind it.

    Twice with nothing behind it: as boto3 is by itself, which is the floor, and with the signature
    that it makes in an emulator's process, which tells what the emulator adds.
    """
    with one_emulator() as emulator:
        ours, floor, unsigned = own_clients(), own_clients(), own_clients()
        url = ours["sqs"].create_queue(QueueName="bench")["QueueUrl"]
        ours["s3"].create_bucket(Bucket=BUCKET)
        ours["dynamodb"].create_table(**(TABLE_SHAPE | {"TableName": TABLE}))
        replies: Replies = {}
        for client in floor.values():
            keep_replies(client, replies, BODY)
        works, floor_works = own_works(ours, url), own_works(floor, url)
        unsigned_works = own_works(unsigned, url)
        for work in floor_works.values():
            work()  # once for real: the reply that is given from now on
        for client in floor.values():
            sign_whole(client)
        for client in (*floor.values(), *unsigned.values()):
            answer_constantly(client, replies)
        with untouched(emulator):
            for work in (*floor_works.values(), *unsigned_works.values()):
                work()
        rates = best_rates(
            works
            | {f"{name} floor": work for name, work in floor_works.items()}
            | {f"{name} unsigned": work for name, work in unsigned_works.items()},
            effort,
        )
    return [figure for name in FLOOR_SHARES for figure in _figures(name, rates)]


def _figures(name: str, rates: dict[str, float]) -> list[Figure]:
    rate, floor = rates[name], rates[f"{name} floor"]
    share = 100 * rate / floor
    saved, added = (1e6 / one - 1e6 / rates[f"{name} unsigned"] for one in (floor, rate))
    note = (
        f"boto3 {1e6 / floor:.0f} µs, {saved:.0f} of them its signature; the emulator {added:.0f}"
    )
    return [
        Figure(f"{name} through boto3, in process", rate, "calls/s"),
        at_least(f"{name}: share of the boto3 floor", share, "%", FLOOR_SHARES[name], note),
    ]


def own_works(clients: dict[str, Any], url: str) -> dict[str, Callable[[], object]]:
    sqs, events = clients["sqs"], clients["events"]
    s3, dynamodb = clients["s3"], clients["dynamodb"]
    entry = {"Source": "shop", "DetailType": "placed", "Detail": '{"order": 1}'}
    item = {"id": {"S": "order"}, "total": {"N": "650"}, "body": {"S": BODY.decode()}}
    return {
        "SendMessage": lambda: sqs.send_message(QueueUrl=url, MessageBody="an order"),
        "PutEvents": lambda: events.put_events(Entries=[entry]),
        "GetQueueUrl": lambda: sqs.get_queue_url(QueueName="bench"),
        "PutItem": lambda: dynamodb.put_item(TableName=TABLE, Item=item),
        "GetItem": lambda: dynamodb.get_item(TableName=TABLE, Key={"id": item["id"]}),
        "PutObject": lambda: s3.put_object(Bucket=BUCKET, Key="order", Body=BODY),
        "GetObject": lambda: _read(s3),
    }


def _read(s3: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key="order")["Body"].read()
    return body


@contextmanager
def one_emulator() -> Iterator[Emulator]:
    driver = LiveDriver()
    emulator = compose(driver)
    driver.start()
    door = InProcessDoor(Gateway(emulator))
    door.open()
    try:
        yield emulator
    finally:
        door.close()
        driver.stop()


def own_clients() -> dict[str, Any]:
    return {
        service: boto3.session.Session().client(
            service,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )
        for service in ("sqs", "events", "s3", "dynamodb")
    }
