"""Where a call's time goes between boto3 and its reply, by layer.

    python -m benchmarks.layers

Times are taken inside of boto3's calls, a layer after the other: a loop over a layer alone would
find all of its code and data in the processor's caches, and take half as long.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.harness import percentile
from benchmarks.own_calls import BUCKET, TABLE, one_emulator, own_clients, own_works
from benchmarks.workloads import TABLE_SHAPE
from chalice_offline.core.kernel import Service
from chalice_offline.emulator import Emulator
from chalice_offline.transports import gateway
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 30
CALLS = 30  # of each layer in a round, so that other load falls on all layers alike
# From the outside to the inside: whose function it is, and its name.
LAYERS: dict[str, tuple[Any, str]] = {
    "all": (InProcessDoor, "reply"),
    "gateway": (Gateway, "handle"),
    "detect": (gateway, "detect"),
    "parse": (gateway, "parse"),
    "kernel": (Emulator, "call"),
    "operation": (Service, "call"),
    "serialize": (gateway, "serialize"),
}


def main() -> None:
    """Print a line for each call of `own_calls`, in microseconds."""
    with one_emulator():
        clients = own_clients()
        url = clients["sqs"].create_queue(QueueName="bench")["QueueUrl"]
        clients["s3"].create_bucket(Bucket=BUCKET)
        clients["dynamodb"].create_table(**(TABLE_SHAPE | {"TableName": TABLE}))
        works = own_works(clients, url)
        works["PutObject"]()
        print("| call | all | door | detect | parse | kernel | operation | serialize |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for name, work in works.items():
            times: dict[str, list[int]] = {layer: [] for layer in LAYERS}
            for _ in range(ROUNDS):
                for layer, place in LAYERS.items():
                    times[layer] += _times(work, *place)
            taken = {layer: percentile(each, 20) / 1_000 for layer, each in times.items()}
            print(f"| {name} | {' | '.join(_row(taken))} |")


def _row(taken: dict[str, float]) -> list[str]:
    """Return what each layer takes itself, without those inside of it."""
    inside = ("detect", "parse", "kernel", "serialize")
    door = taken["all"] - sum(taken[layer] for layer in inside)
    own = [
        taken["all"], door, taken["detect"], taken["parse"],
        taken["kernel"] - taken["operation"], taken["operation"], taken["serialize"],
    ]  # fmt: skip
    return [f"{microseconds:.0f}" for microseconds in own]


def _times(work: Callable[[], object], owner: Any, name: str) -> list[int]:
    """Return the nanoseconds that a function took in each of some calls."""
    function = getattr(owner, name)
    times: list[int] = []

    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter_ns()
        try:
            return function(*arguments, **options)
        finally:
            times.append(time.perf_counter_ns() - began)

    setattr(owner, name, timed)
    try:
        for _ in range(CALLS):
            work()
    finally:
        setattr(owner, name, function)
    return times


if __name__ == "__main__":
    main()
