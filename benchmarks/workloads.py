"""The same work for every engine, sent by one boto3 client over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.harness import Figure, best_rates, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort
    from benchmarks.subjects import Subject

QUEUE, BUCKET, TABLE = "bench-tickets", "bench-tickets", "bench-orders"
TABLE_SHAPE: dict[str, Any] = {
    "TableName": TABLE,
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
WARM_UP_ORDERS = 10
ORDER_SECONDS = 60
_IN_A_CALL = 10


def plain_calls(subject: Subject, effort: Effort) -> list[Figure]:
    """Return how many calls a second an engine answers: no handlers needed."""
    sqs, events = subject.client("sqs"), subject.client("events")
    url = sqs.create_queue(QueueName="plain")["QueueUrl"]
    target = sqs.create_queue(QueueName="target")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=target, AttributeNames=["QueueArn"])
    events.put_rule(Name="plain", EventPattern=json.dumps({"source": ["plain"]}))
    events.put_targets(Rule="plain", Targets=[{"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}])
    entry = {"Source": "plain", "DetailType": "placed", "Detail": '{"order": 1}'}
    entries = [entry] * _IN_A_CALL

    def receive_and_delete() -> None:
        (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    sends = best_rates(
        {"send": lambda: sqs.send_message(QueueUrl=url, MessageBody="an order")}, effort
    )["send"]
    # What is taken out must be there: as much is sent as the fastest engine takes in this time.
    pairs = _pairs_rate(sqs, url, receive_and_delete, effort)
    puts = best_rates({"put": lambda: events.put_events(Entries=entries)}, effort, calls=5)["put"]
    client = subject.client("sqs")
    sends_again = without_boto3(
        client, lambda: client.send_message(QueueUrl=url, MessageBody="an order")
    )
    raw = best_rates({"send": sends_again}, effort)["send"]
    items = _item_rates(subject, effort)
    return [
        Figure("SendMessage", sends, "calls/s"),
        Figure("SendMessage, without boto3's own cost", raw, "calls/s"),
        Figure("receive and delete", pairs, "messages/s"),
        Figure(f"PutEvents to a queue, {_IN_A_CALL} a call", puts * _IN_A_CALL, "entries/s"),
        Figure("PutItem", items["put"], "calls/s"),
        Figure("GetItem", items["get"], "calls/s"),
    ]


def _item_rates(subject: Subject, effort: Effort) -> dict[str, float]:
    """Return how many items of a kilobyte a second are written and read."""
    dynamodb = subject.client("dynamodb")
    dynamodb.create_table(**(TABLE_SHAPE | {"TableName": "plain"}))
    dynamodb.get_waiter("table_exists").wait(TableName="plain")
    item = {"id": {"S": "order"}, "total": {"N": "650"}, "body": {"S": "x" * 1_000}}
    return best_rates(
        {
            "put": lambda: dynamodb.put_item(TableName="plain", Item=item),
            "get": lambda: dynamodb.get_item(TableName="plain", Key={"id": item["id"]}),
        },
        effort,
    )


def without_boto3(client: Any, call: Callable[[], object]) -> Callable[[], None]:
    """Return what sends the bytes of a client's call again, over one open connection."""
    seen: list[Any] = []

    def see(request: Any, **_: Any) -> None:
        seen.append(request)

    client.meta.events.register("before-send", see)
    call()
    client.meta.events.unregister("before-send", see)
    request = seen[0]
    parts = urlsplit(request.url)
    headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send() -> None:
        connection.request("POST", parts.path or "/", request.body, headers)
        reply = connection.getresponse()
        reply.read()
        if reply.status != http.client.OK:
            message = f"{request.url} was answered with {reply.status}"
            raise RuntimeError(message)

    return send


def _pairs_rate(sqs: Any, url: str, work: Any, effort: Effort) -> float:
    """Return receive-and-delete pairs a second, as many as there are messages."""
    best = 0.0
    batch = [{"Id": str(number), "MessageBody": "an order"} for number in range(_IN_A_CALL)]
    for _ in range(effort.rounds):
        for _ in range(4):
            sqs.send_message_batch(QueueUrl=url, Entries=batch)
        began = time.perf_counter()
        for _ in range(4 * _IN_A_CALL):
            work()
        best = max(best, 4 * _IN_A_CALL / (time.perf_counter() - began))
    return best


# ---- with handlers -------------------------------------------------------------------------------


def furnish(subject: Subject) -> None:
    """Make what the pipeline's app does not declare."""
    subject.client("sqs").create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "60"})
    subject.client("s3").create_bucket(Bucket=BUCKET)
    subject.client("dynamodb").create_table(**TABLE_SHAPE)


def with_handlers(subject: Subject, effort: Effort) -> list[Figure]:
    """Return how long an event takes to its handler, and how many orders a second go through."""
    events, table = subject.client("events"), subject.client("dynamodb")
    for number in range(WARM_UP_ORDERS):
        _put(events, [f"warm-{number}"], latency_only=number % 2 == 0)
    _wait_for(table, [f"warm-{number}" for number in range(WARM_UP_ORDERS)])
    latencies = []
    for number in range(effort.events):
        name = f"idle-{number}"
        _put(events, [name], latency_only=True)
        (item,) = _wait_for(table, [name])
        latencies.append((_ns(item, "handled_ns") - _ns(item, "sent_ns")) / 1e6)
    cold = _orders_rate(events, table, "cold", effort.orders)
    warm = max(_orders_rate(events, table, f"warm{turn}", effort.orders) for turn in range(2))
    return [
        Figure("event to handler, idle, p50", percentile(latencies, 50), "ms"),
        Figure("event to handler, idle, p99", percentile(latencies, 99), "ms"),
        Figure("four-hop pipeline, first burst", cold, "orders/s"),
        Figure("four-hop pipeline, warm", warm, "orders/s"),
    ]


def _orders_rate(events: Any, table: Any, burst: str, count: int) -> float:
    """Return orders a second of one burst, from the first event sent to the last item written."""
    names = [f"{burst}-{number}" for number in range(count)]
    began = time.time_ns()
    for start in range(0, len(names), _IN_A_CALL):
        _put(events, names[start : start + _IN_A_CALL], latency_only=False)
    items = _wait_for(table, names)
    return count / ((max(_ns(item, "done_ns") for item in items) - began) / 1e9)


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
    reply = events.put_events(Entries=entries)
    if reply["FailedEntryCount"]:
        message = f"PutEvents failed: {reply}"
        raise RuntimeError(message)


def _wait_for(table: Any, names: list[str]) -> list[dict[str, Any]]:
    """Return the items of these orders, once all are there."""
    found: dict[str, dict[str, Any]] = {}
    finish = time.monotonic() + ORDER_SECONDS
    pause = 0.002
    while len(found) < len(names):
        missing = [name for name in names if name not in found][:50]
        for name in missing:
            item = table.get_item(TableName=TABLE, Key={"id": {"S": name}}).get("Item")
            if item is None:
                break
            found[name] = item
        else:
            continue
        if time.monotonic() > finish:
            message = f"{len(names) - len(found)} of {len(names)} orders never arrived"
            raise RuntimeError(message)
        time.sleep(pause)
        pause = min(0.25, pause * 1.5)
    return [found[name] for name in names]


def _ns(item: dict[str, Any], name: str) -> int:
    return int(item[name]["N"])
