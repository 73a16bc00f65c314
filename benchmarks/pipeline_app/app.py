"""The pipeline that engines are compared with: event → queue → object → table, four hops.

    default bus ─rule→ placed ─→ queue ─→ cook ─→ bucket ─→ serve ─→ table

Each hop passes on when the order was sent, so that the table holds how long it took.
"""

# Chalice's decorators have no types.
# mypy: disallow-untyped-decorators=False

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import Any

import boto3
from chalice import Chalice

QUEUE, BUCKET, TABLE = "bench-tickets", "bench-tickets", "bench-orders"

app = Chalice(app_name="bench")


@cache
def client(service: str) -> Any:
    """Return a client; made once per process, as on Lambda."""
    make: Any = boto3.client
    return make(service, region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))


@cache
def queue_url() -> str:
    """Return the queue's URL."""
    return str(client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"])


@app.on_cw_event({"source": ["bench"]}, name="placed")
def placed(event: Any) -> None:
    """First hop: an event becomes a message."""
    order = {**event.detail, "handled_ns": time.time_ns()}
    if order["latency_only"]:
        write(order)
    else:
        client("sqs").send_message(QueueUrl=queue_url(), MessageBody=json.dumps(order))


@app.on_sqs_message(queue=QUEUE, batch_size=10, name="cook")
def cook(event: Any) -> None:
    """Second hop: a message becomes an object."""
    for record in event:
        order = json.loads(record.body)
        body = record.body.encode()
        client("s3").put_object(Bucket=BUCKET, Key=f"{order['id']}.json", Body=body)


@app.on_s3_event(bucket=BUCKET, events=["s3:ObjectCreated:*"], name="serve")
def serve(event: Any) -> None:
    """Third hop: an object becomes an item."""
    content = client("s3").get_object(Bucket=event.bucket, Key=event.key)["Body"].read()
    write(json.loads(content))


def write(order: dict[str, Any]) -> None:
    """Last hop: the item says when the order was sent, first handled and done."""
    item = {
        "id": {"S": order["id"]},
        "sent_ns": {"N": str(order["sent_ns"])},
        "handled_ns": {"N": str(order["handled_ns"])},
        "done_ns": {"N": str(time.time_ns())},
    }
    client("dynamodb").put_item(TableName=TABLE, Item=item)
