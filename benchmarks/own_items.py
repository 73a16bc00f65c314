"""PutItem over HTTP beside AWS's DynamoDB Local: both run, and take turns.

Measured when `scripts/engines/engines.py install dynamodb` has installed it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.harness import Figure, at_least, best_rates
from benchmarks.subjects import OURS, EngineError, running
from benchmarks.workloads import TABLE_SHAPE, without_boto3

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from benchmarks.harness import Effort
    from benchmarks.subjects import Subject

# A kilobyte, as in the calls without a socket.
ITEM = {"id": {"S": "order"}, "total": {"N": "650"}, "body": {"S": "x" * 1_000}}


def measure(effort: Effort) -> list[Figure]:
    """Return how many items a second are written, and how many times DynamoDB Local that is."""
    try:
        with running(OURS) as here, running("dynamodb") as local:
            works = _works("here", here) | _works("local", local)
            rates = best_rates(works, effort)
    except EngineError as error:
        print(f"DynamoDB Local was not measured: {error}", file=sys.stderr)
        return []
    return [
        at_least(
            "PutItem over HTTP through boto3, against DynamoDB Local",
            rates["here"] / rates["local"],
            "x",
            2,
            f"{rates['here']:.0f} calls/s against {rates['local']:.0f}",
        ),
        Figure(
            "the same without boto3's own cost",
            rates["here, again"] / rates["local, again"],
            "x",
            note=f"{rates['here, again']:.0f} calls/s against {rates['local, again']:.0f}",
        ),
    ]


def _works(name: str, subject: Subject) -> dict[str, Callable[[], object]]:
    dynamodb: Any = subject.client("dynamodb")
    dynamodb.create_table(**TABLE_SHAPE)
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE_SHAPE["TableName"])

    def put() -> None:
        dynamodb.put_item(TableName=TABLE_SHAPE["TableName"], Item=ITEM)

    return {name: put, f"{name}, again": without_boto3(dynamodb, put)}
