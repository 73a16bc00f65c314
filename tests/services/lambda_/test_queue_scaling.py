"""How many batches of a queue run at once, and what large and failing batches cost."""

from __future__ import annotations

import time
from typing import Any

import pytest


def send(bench: Any, url: str, count: int, **options: Any) -> None:
    for start in range(0, count, 10):
        numbers = range(start, min(start + 10, count))
        entries = [{"Id": str(n), "MessageBody": str(n), **options} for n in numbers]
        bench.sqs.send_message_batch(QueueUrl=url, Entries=entries)


def test_concurrency_ends_at_twelve_hundred_and_fifty(bench: Any) -> None:
    """The ramp stops at its end, and time goes on."""
    running = {"now": 0, "most": 0}

    def work(_event: Any) -> None:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        time.sleep(800)
        running["now"] -= 1

    bench.function(handler=work, timeout_seconds=900)
    url = bench.queue(VisibilityTimeout="5400")
    bench.map(BatchSize=1)
    send(bench, url, 1_300)
    bench.aws.advance(seconds=700)
    assert 900 <= running["most"] <= 1_250


def test_a_failing_batch_of_thousands_comes_back_whole(bench: Any) -> None:
    """Every message of a failed batch is received again, none twice at once."""
    seen: list[int] = []

    def fail_once(event: Any) -> None:
        seen.append(len(event["Records"]))
        if len(seen) == 1:
            raise RuntimeError("once")

    bench.function(handler=fail_once)
    url = bench.queue(VisibilityTimeout="30")
    bench.map(BatchSize=2_000, MaximumBatchingWindowInSeconds=5)
    send(bench, url, 2_000)
    bench.aws.settle()
    assert seen[0] == 2_000
    assert sum(seen[1:]) == 2_000
    assert bench.counts(url) == (0, 0)


def test_groups_of_a_fifo_queue_run_beside_each_other(bench: Any) -> None:
    """One batch per message group at a time, however many groups there are."""
    running: dict[str, int] = {}
    most = 0

    def work(event: Any) -> None:
        nonlocal most
        groups = {record["attributes"]["MessageGroupId"] for record in event["Records"]}
        for group in groups:
            running[group] = running.get(group, 0) + 1
            assert running[group] == 1
        most = max(most, sum(running.values()))
        time.sleep(5)
        for group in groups:
            running[group] -= 1

    bench.function(handler=work, timeout_seconds=30)
    url = bench.queue("jobs.fifo", FifoQueue="true", VisibilityTimeout="60")
    bench.map("jobs.fifo", BatchSize=1)
    for number in range(3):
        for group in "abcdefghij":
            bench.send(
                url,
                f"{group}{number}",
                MessageGroupId=group,
                MessageDeduplicationId=f"{group}{number}",
            )
    bench.aws.settle()
    assert bench.counts(url) == (0, 0)
    assert most > 5


@pytest.mark.parametrize(
    "settings",
    [
        {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"},
        {"MetricsConfig": {"Metrics": ["EventCount"]}},
        {"LoggingConfig": {"SystemLogLevel": "INFO"}},
        {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 4}},
    ],
)
def test_settings_without_effect_are_kept(bench: Any, settings: dict[str, Any]) -> None:
    """What AWS keeps is told again."""
    bench.function()
    bench.queue()
    uuid = bench.map(**settings)
    found = bench.lambda_.get_event_source_mapping(UUID=uuid)
    assert {name: found[name] for name in settings} == settings
