"""Whether tables and buckets stay quick and small when there is much in them. Without boto3.

Memory is measured in a process of its own (`python -m benchmarks.own_storage COUNT`), which writes
the items to a file and prints what it takes.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import at_most, best_rates
from benchmarks.workloads import TABLE_SHAPE
from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort, Figure

FEW = 1_000
IN_A_STORE = 50  # items of one store: what a query returns
IN_A_BATCH = 25
MEGABYTE = 1_000_000
_CALLER = Caller("000000000000", "us-east-1", endpoint="http://127.0.0.1:4566")
_KEYS = {
    "KeySchema": [
        {"AttributeName": "store", "KeyType": "HASH"},
        {"AttributeName": "order", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "store", "AttributeType": "S"},
        {"AttributeName": "order", "AttributeType": "N"},
    ],
}


def measure(effort: Effort) -> list[Figure]:
    """Return how much more a call costs with much than with little, and what much takes."""
    return [*_tables(effort), *_buckets(effort), _memory(effort)]


class _Kernel:
    """An emulator whose clock stands still, called without a door."""

    def __init__(self, file: Path | None = None) -> None:
        driver = VirtualDriver()
        self.emulator = compose(driver, storage=SqliteStorage(file))

    def call(self, service: str, operation: str, **request: Any) -> Any:
        return self.emulator.call(service, operation, request, _CALLER)


class _Table:
    """A table with `count` items of 300 bytes, `IN_A_STORE` of each store."""

    def __init__(self, count: int, file: Path | None = None) -> None:
        self._kernel = _Kernel(file)
        self._count = count
        self._numbers = itertools.cycle(range(0, count, max(1, count // 997)))
        self._call("CreateTable", **(TABLE_SHAPE | _KEYS))
        self._kernel.emulator.driver.settle(60_000)
        for start in range(0, count, IN_A_BATCH):
            numbers = range(start, min(start + IN_A_BATCH, count))
            puts = [{"PutRequest": {"Item": _item(number)}} for number in numbers]
            self._kernel.call(
                "dynamodb", "BatchWriteItem", RequestItems={TABLE_SHAPE["TableName"]: puts}
            )

    def _call(self, operation: str, **request: Any) -> Any:
        return self._kernel.call(
            "dynamodb", operation, **({"TableName": TABLE_SHAPE["TableName"]} | request)
        )

    def get(self) -> None:
        """Read an item."""
        self._call("GetItem", Key=_key(next(self._numbers)))

    def put(self) -> None:
        """Replace an item."""
        self._call("PutItem", Item=_item(next(self._numbers)))

    def query(self) -> None:
        """Read the orders of a store."""
        store = _key(next(self._numbers))["store"]
        self._call(
            "Query",
            KeyConditionExpression="#store = :store",
            ExpressionAttributeNames={"#store": "store"},
            ExpressionAttributeValues={":store": store},
        )


def _key(number: int) -> dict[str, Any]:
    return {"store": {"S": f"store-{number // IN_A_STORE}"}, "order": {"N": str(number)}}


def _item(number: int) -> dict[str, Any]:
    return _key(number) | {"body": {"S": "x" * 260}}


class _Bucket:
    """A bucket with `count` small objects, `IN_A_STORE` of each store."""

    def __init__(self, count: int) -> None:
        self._kernel = _Kernel()
        self._numbers = itertools.cycle(range(0, count, max(1, count // 997)))
        self._kernel.call("s3", "CreateBucket", Bucket="bench")
        for number in range(count):
            self._put(number)

    def _put(self, number: int) -> None:
        self._kernel.call("s3", "PutObject", Bucket="bench", Key=_path(number), Body=b"an order")

    def get(self) -> None:
        """Read an object."""
        self._kernel.call("s3", "GetObject", Bucket="bench", Key=_path(next(self._numbers)))

    def put(self) -> None:
        """Replace an object."""
        self._put(next(self._numbers))

    def list(self) -> None:
        """List the orders of a store."""
        prefix = _path(next(self._numbers)).rpartition("/")[0] + "/"
        self._kernel.call("s3", "ListObjectsV2", Bucket="bench", Prefix=prefix)


def _path(number: int) -> str:
    return f"orders/store-{number // IN_A_STORE}/{number}"


def _tables(effort: Effort) -> list[Figure]:
    return _compared("items", ("get", "put", "query"), _Table(FEW), _Table(effort.large), effort)


def _buckets(effort: Effort) -> list[Figure]:
    return _compared("objects", ("get", "put", "list"), _Bucket(FEW), _Bucket(effort.large), effort)


def _compared(
    what: str, names: tuple[str, ...], small: object, large: object, effort: Effort
) -> list[Figure]:
    works: dict[str, Callable[[], object]] = {
        f"{name} {size}": getattr(holder, name)
        for size, holder in (("small", small), ("large", large))
        for name in names
    }
    rates = best_rates(works, effort)
    return [
        at_most(
            f"{name}, {effort.large:,} {what} against {FEW:,}",
            rates[f"{name} small"] / rates[f"{name} large"],
            "x",
            1.3,
            f"{1e6 / rates[f'{name} large']:.0f} µs",
        )
        for name in names
    ]


def _memory(effort: Effort) -> Figure:
    """Measure in a process of its own what many items in a file take."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.own_storage", str(effort.large)],
        stdout=subprocess.PIPE, check=True, text=True, timeout=1_200,
    )  # fmt: skip
    told = json.loads(done.stdout)
    return at_most(
        f"resident memory, {effort.large:,} items of 300 bytes in a file",
        told["resident"] / MEGABYTE,
        "MB",
        300,
        f"the file has {told['file'] / MEGABYTE:.0f} MB",
    )


def _memory_here(count: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "tables.db"
        table = _Table(count, file)
        for _ in range(FEW):
            table.get()
        fields = Path("/proc/self/statm").read_text().split()
        resident = int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
        return {"resident": resident, "file": file.stat().st_size}


if __name__ == "__main__":
    print(json.dumps(_memory_here(int(sys.argv[1]))))
