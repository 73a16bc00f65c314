"""Run by test_kills.py: a process that ends in the middle of a batch of writes, as by kill -9."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from chalice_offline.core.context import Caller
from chalice_offline.storage.sqlite import SqliteCollection
from tests.services.dynamodb.test_storage import TABLE, Opened


def main(file: Path, writes: int) -> None:
    """Put one item, then three at once, of whose writes to storage only the first few happen."""
    opened = Opened(file)
    opened.call("CreateTable", **TABLE)
    opened.put("before", state={"S": "new"})
    left = writes
    put = SqliteCollection.put

    def put_until_killed(self: SqliteCollection, key: bytes, value: bytes) -> Any:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        put(self, key, value)

    SqliteCollection.put = put_until_killed  # type: ignore[method-assign]
    entries = [
        {"PutRequest": {"Item": {"id": {"S": name}, "state": {"S": "new"}}}} for name in "abc"
    ]
    opened.emulator.call(
        "dynamodb", "BatchWriteItem", {"RequestItems": {"orders": entries}}, Caller()
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
