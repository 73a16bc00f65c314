"""Whether memory stays flat under a steady load. In a process of its own, without boto3.

Messages go through two queues and a function until everything that is kept of them (journal,
origins, lineages) is full; what more of them add is growth without bound, and should be nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness import Effort, Figure, at_most
from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.run import FunctionRun, Outcome
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import ORIGINS_KEPT
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState

MEGABYTE = 1_000_000
BATCH = 10
FULL = 2 * ORIGINS_KEPT  # after 75,000 messages of this load nothing grew any more
MORE = ORIGINS_KEPT
_CALLER = Caller("000000000000", "us-east-1", endpoint="http://127.0.0.1:4566")
_ARN = "arn:aws:sqs:us-east-1:000000000000:in"


def measure(_effort: Effort) -> list[Figure]:
    """Measure in a process of its own: its memory is what is measured."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.own_steady"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=600,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        at_most(
            f"resident memory after {FULL + MORE:,} messages against {FULL:,}",
            found["after"] / found["full"],
            "x",
            1.1,
            f"{found['after'] / MEGABYTE:.0f} MB",
        )
    ]


class _Load:
    """Two queues, and a function that takes what is in one to the other."""

    def __init__(self) -> None:
        self._driver = VirtualDriver(run_function=self._handle)
        self._emulator = compose(self._driver)
        self._in = self._call("sqs", "CreateQueue", QueueName="in")["QueueUrl"]
        self._out = self._call("sqs", "CreateQueue", QueueName="out")["QueueUrl"]
        self._emulator.registry.state("lambda", LambdaState).register(
            FunctionSettings(name="work", account_id="000000000000", region="us-east-1")
        )
        self._call("lambda", "CreateEventSourceMapping", EventSourceArn=_ARN, FunctionName="work")

    def send(self, count: int) -> None:
        """Send messages at a thousand a second, and take them out at the other end."""
        for number in range(count // BATCH):
            entries = [
                {"Id": str(one), "MessageBody": f"order {number}-{one}" + "x" * 200}
                for one in range(BATCH)
            ]
            self._call("sqs", "SendMessageBatch", QueueUrl=self._in, Entries=entries)
            self._driver.advance(BATCH)
            self._empty()
        self._driver.settle(600_000)
        self._empty()

    def _empty(self) -> None:
        asked = {"QueueUrl": self._out, "MaxNumberOfMessages": BATCH}
        while messages := self._call("sqs", "ReceiveMessage", **asked).get("Messages"):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._call("sqs", "DeleteMessageBatch", QueueUrl=self._out, Entries=entries)

    def _handle(self, run: FunctionRun) -> Outcome:
        caller = Caller("000000000000", "us-east-1", causes=(run.entry,))
        for record in json.loads(run.payload)["Records"]:
            request = {"QueueUrl": self._out, "MessageBody": record["body"]}
            self._emulator.call("sqs", "SendMessage", request, caller)
        return Outcome(b"null")

    def _call(self, service: str, operation: str, **request: Any) -> Any:
        return self._emulator.call(service, operation, request, _CALLER)


def _resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def main() -> None:
    """Print the figures as JSON."""
    load = _Load()
    load.send(FULL)
    full = _resident_bytes()
    load.send(MORE)
    print(json.dumps({"full": full, "after": _resident_bytes()}))


if __name__ == "__main__":
    main()
