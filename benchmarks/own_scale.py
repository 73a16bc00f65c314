"""Whether cost stays what it is when there is much of everything. In process, without boto3."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.harness import at_most, best_rates
from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort, Figure

SMALL_QUEUE = 1_000
FEW, MANY = 10, 10_000
_CALLER = Caller("000000000000", "us-east-1", endpoint="http://127.0.0.1:4566")
_ACCOUNT = "000000000000"


class _Kernel:
    """An emulator whose clock stands still, called without a door."""

    def __init__(self) -> None:
        driver = VirtualDriver()
        self.emulator = compose(driver)

    def call(self, service: str, operation: str, **request: Any) -> Any:
        return self.emulator.call(service, operation, request, _CALLER)


def measure(effort: Effort) -> list[Figure]:
    """Return how much more a call costs with much than with little."""
    return [*_queues(effort), *_rules(effort), *_subscriptions(effort)]


def _queues(effort: Effort) -> list[Figure]:
    small, large = _Queue(SMALL_QUEUE), _Queue(effort.large)
    works = {
        f"{name} {size}": getattr(queue, name)
        for size, queue in (("small", small), ("large", large))
        for name in ("send_and_take_back", "receive_and_delete")
    }
    rates = best_rates(works, effort, calls=50)
    label = f"{effort.large:,} queued messages against {SMALL_QUEUE:,}"
    return [
        at_most(
            f"{what}, {label}",
            rates[f"{name} small"] / rates[f"{name} large"],
            "x",
            1.3,
            f"{1e6 / rates[f'{name} large']:.0f} µs",
        )
        for what, name in (
            ("receive, delete and send one", "send_and_take_back"),
            ("receive, delete and send ten", "receive_and_delete"),
        )
    ]


class _Queue:
    """A queue that always holds `size` messages."""

    def __init__(self, size: int) -> None:
        self._kernel = _Kernel()
        self._url = self._kernel.call("sqs", "CreateQueue", QueueName="bench")["QueueUrl"]
        self._batch = [{"Id": str(number), "MessageBody": "an order"} for number in range(10)]
        for _ in range(size // 10):
            self._call("SendMessageBatch", Entries=self._batch)

    def _call(self, operation: str, **request: Any) -> Any:
        return self._kernel.call("sqs", operation, QueueUrl=self._url, **request)

    def send_and_take_back(self) -> None:
        """Receive and delete one message, and send another."""
        (message,) = self._call("ReceiveMessage", MaxNumberOfMessages=1)["Messages"]
        self._call("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
        self._call("SendMessage", MessageBody="an order")

    def receive_and_delete(self) -> None:
        """Receive and delete ten messages, and send ten others."""
        messages = self._call("ReceiveMessage", MaxNumberOfMessages=10)["Messages"]
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        self._call("DeleteMessageBatch", Entries=entries)
        self._call("SendMessageBatch", Entries=self._batch[: len(entries)])


def _rules(effort: Effort) -> list[Figure]:
    works: dict[str, Callable[[], object]] = {}
    for count in (FEW, MANY):
        kernel = _Kernel()
        for number in range(count):
            pattern = json.dumps({"source": [f"shop-{number}"], "detail": {"total": [5]}})
            kernel.call("events", "PutRule", Name=f"rule-{number}", EventPattern=pattern)
        entry = {"Source": "shop-7", "DetailType": "placed", "Detail": '{"total": 6}'}
        works[str(count)] = partial(kernel.call, "events", "PutEvents", Entries=[entry])
    rates = best_rates(works, effort)
    ratio = rates[str(FEW)] / rates[str(MANY)]
    return [
        at_most(
            f"PutEvents, {MANY:,} rules against {FEW}",
            ratio,
            "x",
            3,
            f"{1e6 / rates[str(MANY)]:.0f} µs",
        )
    ]


def _subscriptions(effort: Effort) -> list[Figure]:
    works: dict[str, Callable[[], object]] = {}
    for count in (FEW, MANY):
        kernel = _Kernel()
        topic = kernel.call("sns", "CreateTopic", Name="bench")["TopicArn"]
        kernel.call("sqs", "CreateQueue", QueueName="bench")
        for number in range(count):
            # Distinct endpoints: a second subscription of one endpoint would be the first again.
            kernel.call(
                "sns",
                "Subscribe",
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=f"arn:aws:sqs:us-east-1:{_ACCOUNT}:q-{number}",
                Attributes={"FilterPolicy": json.dumps({"store": [f"store-{number}"]})},
            )
        attributes = {"store": {"DataType": "String", "StringValue": "nobody"}}
        message = {"TopicArn": topic, "Message": "an order", "MessageAttributes": attributes}
        works[str(count)] = partial(kernel.call, "sns", "Publish", **message)
    rates = best_rates(works, effort)
    ratio = rates[str(FEW)] / rates[str(MANY)]
    return [
        at_most(
            f"Publish, {MANY:,} subscriptions with filter policies against {FEW}",
            ratio,
            "x",
            3,
            f"{1e6 / rates[str(MANY)]:.0f} µs",
        )
    ]
