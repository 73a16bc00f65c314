"""What executions cost: ten Pass states, approvals that take three days, Maps over many items."""

from __future__ import annotations

import json
import subprocess
import sys
import time
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
ITEMS_FEW, ITEMS_MANY = 10_000, 100_000
_CALLER = Caller("000000000000", "us-east-1", endpoint="http://127.0.0.1:4566")
_ROLE = "arn:aws:iam::000000000000:role/bench"
_THREE_DAYS_MS = 3 * 24 * 3600 * 1000


class Workflows:
    """An emulator in virtual time, called without a client."""

    def __init__(self) -> None:
        self.driver = VirtualDriver()
        # A short journal: what a workflow costs is not to be hidden by what is kept of it.
        self.emulator = compose(self.driver, journal=MemoryJournal(capacity=1_000))

    def call(self, service: str, operation: str, **request: Any) -> Any:
        """Call an operation."""
        return self.emulator.call(service, operation, request, _CALLER)

    def create(self, definition: dict[str, Any]) -> str:
        """Make the state machine; return its ARN."""
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
        """Start an execution; return its ARN."""
        reply = self.call("stepfunctions", "StartExecution", stateMachineArn=arn, input=text)
        execution: str = reply["executionArn"]
        return execution


def measure(_effort: Effort) -> list[Figure]:
    """Return executions a second, seconds for 10,000 approvals, and memory of a long Map."""
    return [_ten_passes(), _approvals(), *_long_maps()]


def _ten_passes() -> Figure:
    bench = Workflows()
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9)}
    arn = bench.create({"StartAt": "S0", "States": {**states, "S9": {"Type": "Pass", "End": True}}})
    began = time.perf_counter()
    for _ in range(EXECUTIONS):
        bench.start(arn)
        bench.driver.settle(1_000)
    rate = EXECUTIONS / (time.perf_counter() - began)
    return at_least("executions of ten Pass states", rate, "/s", 300)


def _approvals() -> Figure:
    bench = Workflows()
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


def _long_maps() -> list[Figure]:
    """Peak memory of whole processes, as the system counts it, so nothing is left out.

    An Express execution an item; without ResultWriter the results are what the state may hand on,
    with it they are a file. What still grows is the journal's index, up to its 50,000 entries.
    """
    figures = []
    for words, writes in (("", False), (", results written to S3", True)):
        few, many = (_peak_of_process(items, writes) for items in (ITEMS_FEW, ITEMS_MANY))
        name = f"peak memory, distributed Map over {ITEMS_MANY:,} items against {ITEMS_FEW:,}"
        note = f"{few:.0f} and {many:.0f} MB"
        figures.append(at_most(name + words, many / few, "x", 1.4, note))
    return figures


def _peak_of_process(items: int, writes: bool) -> float:
    """Return the peak resident memory of a process that runs one Map, in MB."""
    command = [sys.executable, "-m", "benchmarks.long_map", str(items), *(["write"] * writes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)
