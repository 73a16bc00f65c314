"""`chalice-offline local --endpoint` as a process beside LocalStack."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.attach.poller import LONG_POLL_SECONDS

from .conftest import own_engines, wait_until

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import os
from chalice import Chalice

app = Chalice(app_name='shop')


@app.on_sqs_message(queue='bakery-orders', name='ordered')
def ordered(event):
    for record in event:
        print('ordered', record.body, flush=True)
        if record.body == 'bad':
            raise ValueError(record.body)


@app.on_sns_message(topic='bakery-news', name='told')
def told(event):
    print('told', event.message, flush=True)
"""
READY = "Ctrl-C ends it"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small project."""
    folder = tmp_path / "shop"
    (folder / ".chalice").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    config = {"version": "2.0", "app_name": "shop", "stages": {"dev": {"lambda_timeout": 20}}}
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    return folder


def create_sources(localstack: Any) -> str:
    """Create the shop's queue and topic; return the topic's ARN."""
    localstack.client("sqs").create_queue(QueueName="bakery-orders")
    return str(localstack.client("sns").create_topic(Name="bakery-news")["TopicArn"])


def test_ctrl_c_leaves_nothing_and_kill_is_adopted(
    localstack: Any, shop: Path, command: Any
) -> None:
    """Killed: queue and subscription stay and fill. Started again: handled. Ctrl-C: gone."""
    topic = create_sources(localstack)
    before = localstack.queues()
    arguments = ("--endpoint", localstack.url, "--port", "0")

    first = command(shop, *arguments)
    first.wait_for(READY)
    assert "shop-dev-told-offline" in localstack.queues()
    first.end(signal.SIGKILL)
    # A poll that was under way would still take a message, which then comes a minute later.
    threading.Event().wait(LONG_POLL_SECONDS + 1)
    localstack.client("sns").publish(TopicArn=topic, Message="meanwhile")

    second = command(shop, *arguments)
    second.wait_for("told meanwhile")
    assert "adopted" in second.output()
    assert second.end(signal.SIGINT) == 0
    assert localstack.queues() == before
    listed = localstack.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    assert listed["Subscriptions"] == []


def test_detach_removes_what_a_killed_run_left(localstack: Any, shop: Path, command: Any) -> None:
    """--detach says what it removed and ends with 0."""
    create_sources(localstack)
    before = localstack.queues()
    arguments = ("--endpoint", localstack.url, "--port", "0")
    killed = command(shop, *arguments)
    killed.wait_for(READY)
    killed.end(signal.SIGKILL)
    detaching = command(shop, *arguments, "--detach")
    assert detaching.process.wait(60) == 0
    assert "removed queue shop-dev-told-offline" in detaching.output()
    assert localstack.queues() == before


def test_template_that_cannot_be_deployed_is_named(
    localstack: Any, shop: Path, command: Any
) -> None:
    """--provision says which resource failed and why, ends with 2, and works once repaired."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "no such name"}}
    template = {"Resources": {"Crooked": queue}}
    path = shop / ".chalice" / "resources.json"
    path.write_text(json.dumps(template))
    arguments = ("--endpoint", localstack.url, "--port", "0", "--provision")
    run = command(shop, *arguments)
    assert run.process.wait(60) == 2
    assert "Crooked (AWS::SQS::Queue): " in run.output()
    assert "Can only include alphanumeric characters" in run.output()

    create_sources(localstack)
    queue["Properties"] = {"QueueName": "shop-straight"}
    path.write_text(json.dumps(template))
    repaired = command(shop, *arguments)
    repaired.wait_for(READY)
    assert "shop-straight" in localstack.queues()
    assert repaired.end(signal.SIGTERM) == 0
    localstack.client("cloudformation").delete_stack(StackName="shop-dev")


def test_killed_localstack_ends_it_with_a_sentence(shop: Path, command: Any) -> None:
    """With LocalStack gone for good it says so, says what is left there, and ends with 3."""
    with own_engines("localstack") as (engine,):
        import boto3

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=engine.url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        url = client("sqs").create_queue(QueueName="bakery-orders")["QueueUrl"]
        client("sns").create_topic(Name="bakery-news")
        run = command(shop, "--endpoint", engine.url, "--port", "0")
        run.wait_for(READY)
        client("sqs").send_message(QueueUrl=url, MessageBody="good")
        run.wait_for("ordered good")
        engine.stop()
        wait_until(lambda: run.process.poll() is not None, "the command to end", seconds=60)
    assert run.process.returncode == 3
    (sentence,) = [line for line in run.output().splitlines() if "gave up" in line]
    assert sentence.startswith(f"chalice-offline: {engine.url} does not answer")
    assert "--detach removes" in run.output()


def test_nobody_at_the_endpoint_ends_it_with_a_sentence(shop: Path, command: Any) -> None:
    """The bound on retries holds at the start, too."""
    from engines import free_port

    url = f"http://127.0.0.1:{free_port()}"
    run = command(shop, "--endpoint", url, "--port", "0")
    wait_until(lambda: run.process.poll() is not None, "the command to end", seconds=60)
    assert run.process.returncode == 3
    assert f"{url} does not answer (sts:GetCallerIdentity)" in run.output()
    assert "Traceback" not in run.output()
