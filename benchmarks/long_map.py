"""Runs one long distributed Map and prints this process's peak resident memory in MB.

python -m benchmarks.long_map ITEMS [write]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.own_workflows import Workflows

_KIB = 1024


def main(items: int, *, writes: bool) -> None:
    """Read items from a CSV file; each is an execution."""
    bench = Workflows()
    bench.call("s3", "CreateBucket", Bucket="bench-items")
    body = ("id\n" + "\n".join(map(str, range(items)))).encode()
    bench.call("s3", "PutObject", Bucket="bench-items", Key="rows.csv", Body=body)
    arn = bench.create({"StartAt": "Each", "States": {"Each": _state(writes=writes)}})
    execution = bench.start(arn)
    # Each execution takes no time: to the guard against loops it looks like one.
    while bench.call("stepfunctions", "DescribeExecution", executionArn=execution)["status"] == (
        "RUNNING"
    ):
        bench.driver.settle(1_000)
    found = bench.call("stepfunctions", "DescribeExecution", executionArn=execution)
    if found["status"] != "SUCCEEDED":
        message = f"the Map is {found['status']}: {found.get('cause')}"
        raise RuntimeError(message)
    print(_peak_kib() / _KIB)


def _peak_kib() -> int:
    """Return this program's peak, which getrusage(2) mixes with that of whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    if found is None:
        message = "/proc/self/status has no VmHWM"
        raise RuntimeError(message)
    return int(found[1])


def _state(*, writes: bool) -> dict[str, Any]:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "bench-items", "Prefix": "results"},
    }
    return {
        "Type": "Map",
        "MaxConcurrency": 10,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "bench-items", "Key": "rows.csv"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "Result": 1, "End": True}},
        },
        **({"ResultWriter": writer} if writes else {}),
        "ResultPath": None,
        "End": True,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), writes="write" in sys.argv[2:])
