"""What executions cost: ten Pass states, approvals that take three days, Maps over many items."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from benchmarks.harness import at_least, at_most
from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage.memory import MemoryJournal

if TYPE_CHECKING:
    from benchmarks.harness import Effort, Figure

APPROVALS = 10_000
EXECUTIONS = 500
ITEMS_FEW, ITEMS_MANY = 2_000, 20_000
_CALLER = Caller("000000000000", "us-east-1", endpoint="http://127.0.0.1:4566")
_ROLE = "arn:aws:iam::000000000000:role/bench"
_THREE_DAYS_MS = 3 * 24 * 3600 * 1000


class _Workflows:
    def __init__(self) -> None:
        self.driver = VirtualDriver()
        # A short journal: what a workflow costs is not to be hidden by what is kept of it.
        self.emulator = compose(self.driver, journal=MemoryJournal(capacity=1_000))

    def call(self, service: str, operation: str, **request: Any) -> Any:
        return self.emulator.call(service, operation, request, _CALLER)

    def create(self, definition: dict[str, Any]) -> str:
        reply = self.call(
            "stepfunctions",
            "CreateStateMachine",
            name="bench",
            definition=json.dumps(definition),
            roleArn=_ROLE,
        )
        arn: str = reply["stateMachineArn"]
        return arn

    def start(self, arn: str, text: str = "{}") -> str:
        reply = self.call("stepfunctions", "StartExecution", stateMachineArn=arn, input=text)
        execution: str = reply["executionArn"]
        return execution


def measure(_effort: Effort) -> list[Figure]:
    """Return executions a second, seconds for 10,000 approvals, and memory of a long Map."""
    return [_ten_passes(), _approvals(), _long_map()]


def _ten_passes() -> Figure:
    bench = _Workflows()
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9)}
    arn = bench.create({"StartAt": "S0", "States": {**states, "S9": {"Type": "Pass", "End": True}}})
    began = time.perf_counter()
    for _ in range(EXECUTIONS):
        bench.start(arn)
        bench.driver.settle(1_000)
    rate = EXECUTIONS / (time.perf_counter() - began)
    return at_least("executions of ten Pass states", rate, "/s", 300)


def _approvals() -> Figure:
    bench = _Workflows()
    url = bench.call("sqs", "CreateQueue", QueueName="approvals")["QueueUrl"]
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    arn = bench.create({"StartAt": "Ask", "States": {"Ask": ask}})
    began = time.perf_counter()
    executions = [bench.start(arn) for _ in range(APPROVALS)]
    bench.driver.advance(_THREE_DAYS_MS)
    while messages := bench.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            token = message["Body"]
            bench.call("stepfunctions", "SendTaskSuccess", taskToken=token, output="{}")
            handle = message["ReceiptHandle"]
            bench.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
    bench.driver.settle(1_000)
    seconds = time.perf_counter() - began
    for execution in executions:
        found = bench.call("stepfunctions", "DescribeExecution", executionArn=execution)
        if found["status"] != "SUCCEEDED":
            message = f"{execution} is {found['status']}"
            raise RuntimeError(message)
    return at_most(f"{APPROVALS:,} approvals after three days", seconds, "s", 60)


def _long_map() -> Figure:
    few, many = (_map_peak(items) for items in (ITEMS_FEW, ITEMS_MANY))
    label = "memory for each further item of a Map, of its file and its result"
    each = (many - few) / (ITEMS_MANY - ITEMS_FEW)
    return at_most(label, each, "B", 200, f"{many / 1e6:.1f} MB at most")


def _map_peak(items: int) -> int:
    bench = _Workflows()
    bench.call("s3", "CreateBucket", Bucket="bench-items")
    body = "id\n" + "\n".join(map(str, range(items)))
    bench.call("s3", "PutObject", Bucket="bench-items", Key="rows.csv", Body=body.encode())
    state = {
        "Type": "Map",
        "MaxConcurrency": 10,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "bench-items", "Key": "rows.csv"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": 10},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "Result": 1, "End": True}},
        },
        "ResultPath": None,
        "End": True,
    }
    arn = bench.create({"StartAt": "Each", "States": {"Each": state}})
    tracemalloc.start()
    execution = bench.start(arn)
    bench.driver.settle(1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = bench.call("stepfunctions", "DescribeExecution", executionArn=execution)
    if found["status"] != "SUCCEEDED":
        message = f"the Map is {found['status']}: {found.get('cause')}"
        raise RuntimeError(message)
    return peak
