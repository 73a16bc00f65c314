"""Faults on purpose, on a project in virtual time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.testing import Offline
from chalice_offline.testing.project_code import ProjectCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = """
from chalice import Chalice
app = Chalice(app_name="faulty")
SEEN = []

@app.on_sqs_message(queue="jobs", batch_size=1)
def work(event):
    for record in event:
        SEEN.append(record.body)

@app.on_sns_message(topic="news")
def hear(event):
    SEEN.append(event.message)

@app.lambda_function()
def seen(event, context):
    return SEEN
"""


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Offline]:
    chalice = tmp_path / ".chalice"
    chalice.mkdir()
    config = {"version": "2.0", "app_name": "faulty", "stages": {"dev": {}}}
    (chalice / "config.json").write_text(json.dumps(config))
    (tmp_path / "app.py").write_text(APP)
    ProjectCode.forget(tmp_path)
    with Offline(tmp_path, stage="dev", region="us-east-1") as running:
        yield running


def send(offline: Offline, *bodies: str) -> Any:
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    return [sqs.send_message(QueueUrl=url, MessageBody=body) for body in bodies]


def seen(offline: Offline) -> list[str]:
    found: list[str] = offline.invoke("seen").payload
    return found


def test_a_call_is_refused_as_its_service_would(offline: Offline) -> None:
    """So often as was asked; nothing is carried out."""
    offline.faults.error("dynamodb", times=20)
    with pytest.raises(ClientError, match="InternalServerError"):
        offline.client("dynamodb").list_tables()
    offline.faults.clear()
    assert offline.client("dynamodb").list_tables()["TableNames"] == []
    offline.faults.error("sqs.SendMessage", code="AccessDenied", message="no key", status=400)
    with pytest.raises(ClientError, match=r"AccessDenied.*no key"):
        send(offline, "lost")
    offline.settle()
    assert seen(offline) == []


def test_sdks_try_throttled_calls_again(offline: Offline) -> None:
    """Two throttles are nothing to botocore."""
    fault = offline.faults.throttle("sqs.SendMessage", times=2)
    send(offline, "patient")
    offline.settle()
    assert seen(offline) == ["patient"]
    assert fault.struck == 2


def test_a_handler_fails_and_its_message_comes_back(offline: Offline) -> None:
    """The handler's code does not run when it fails on purpose."""
    offline.faults.error("work", times=1)
    send(offline, "once more")
    offline.settle()
    assert seen(offline) == ["once more"]
    assert [(run.function, run.outcome) for run in offline.runs()][:2] == [
        ("work", "InjectedFault"),
        ("work", "ok"),
    ]


def test_a_slow_handler_meets_its_timeout(offline: Offline) -> None:
    """Its run ends as Lambda ends it; the message is received again after its visibility."""
    offline.faults.delay("work", milliseconds=70_000, times=1)
    send(offline, "slow")
    offline.settle(raise_errors=False)
    assert [run.outcome for run in offline.runs()] == ["Sandbox.Timedout", "ok"]


def test_a_slow_handler_within_its_timeout_just_takes_longer(offline: Offline) -> None:
    """The clock moves by that much."""
    before = offline.now
    offline.faults.delay("seen", milliseconds=5_000)
    assert seen(offline) == []
    assert (offline.now - before).total_seconds() == 5


@pytest.mark.parametrize("fault", ["throttle", "error"])
def test_a_queue_that_refused_its_mapping_is_asked_again(offline: Offline, fault: str) -> None:
    """Nothing signals when it takes calls again; AWS's pollers ask all the time."""
    getattr(offline.faults, fault)("sqs.ReceiveMessage", times=3)
    send(offline, "kept")
    offline.settle()
    assert seen(offline) == []
    offline.advance(seconds=5)
    assert seen(offline) == ["kept"]


def test_a_throttled_function_keeps_its_message(offline: Offline) -> None:
    """As with no concurrency left: the batch waits and comes back."""
    offline.faults.throttle("work", times=1)
    send(offline, "wait")
    offline.settle()
    assert seen(offline) == ["wait"]


def test_a_delivery_is_made_twice(offline: Offline) -> None:
    """At least once is what SNS promises."""
    offline.faults.duplicate("lambda.Invoke", times=1)
    arn = offline.client("sns").create_topic(Name="news")["TopicArn"]
    offline.client("sns").publish(TopicArn=arn, Message="echo")
    offline.settle()
    offline.faults.clear()
    assert seen(offline) == ["echo", "echo"]


def test_a_handler_runs_twice_for_one_event(offline: Offline) -> None:
    """What idempotency is for."""
    offline.faults.duplicate("work", times=1)
    send(offline, "twice")
    offline.settle()
    assert seen(offline) == ["twice", "twice"]


def test_a_call_is_carried_out_later(offline: Offline) -> None:
    """Its reply comes later, too."""
    offline.faults.delay("sqs.SendMessage", milliseconds=2_000)
    before = offline.now
    send(offline, "late")
    assert (offline.now - before).total_seconds() == 2
    offline.settle()
    assert seen(offline) == ["late"]


def shuffled(directory: Path, seed: int) -> list[str]:
    ProjectCode.forget(directory)
    with Offline(directory, stage="dev", region="us-east-1", seed=seed) as offline:
        offline.faults.reorder("lambda.Invoke", milliseconds=60_000)
        arn = offline.client("sns").create_topic(Name="news")["TopicArn"]
        for number in range(6):
            offline.client("sns").publish(TopicArn=arn, Message=str(number))
        offline.settle()
        offline.faults.clear()
        return seen(offline)


def test_reordered_deliveries_follow_from_the_seed(offline: Offline) -> None:
    """The same seed gives the same order, another one another."""
    directory = offline.app.directory
    offline.stop()
    first = shuffled(directory, 1)
    assert sorted(first) == [str(number) for number in range(6)]
    assert first != sorted(first)
    assert shuffled(directory, 1) == first
    assert shuffled(directory, 2) != first


def test_a_probability_strikes_some(offline: Offline) -> None:
    """By the seed, so it is the same each time."""
    fault = offline.faults.duplicate("sqs.SendMessage", probability=0.5)
    send(offline, *map(str, range(20)))
    assert 3 < fault.struck < 17


@pytest.mark.parametrize("target", ["sqz", "sqs.Sned", "wrok", "function:x"])
def test_a_target_that_is_not_there_is_refused(offline: Offline, target: str) -> None:
    """With the names that come nearest."""
    with pytest.raises(ValueError, match=r"no|There is"):
        offline.faults.error(target)


def test_a_probability_of_none_is_refused(offline: Offline) -> None:
    """Nothing that never strikes is switched on."""
    with pytest.raises(ValueError, match="probability"):
        offline.faults.error("sqs", probability=0)
