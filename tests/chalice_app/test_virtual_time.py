"""`offline` in virtual time: settle, advance, sleep, and exceptions in the test that settled."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalice_offline.testing import NotSettledError

WORK = """
import time
SEEN = []

@app.on_sqs_message("jobs", batch_size=1)
def work(event):
    for record in event:
        SEEN.append(record.body)
        if record.body == "bad":
            raise ValueError("bad paper")
        if record.body == "slow":
            time.sleep(30)

@app.schedule("rate(10 minutes)")
def tick(event):
    SEEN.append(event.time)
"""


def send(offline: Any, body: str, **options: Any) -> None:
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body, **options)


def test_settle_waits_for_delayed_work_but_not_for_schedules(run: Any, projects: Any) -> None:
    """The clock jumps to what is owed; a schedule alone is no reason to go on."""
    offline = run(WORK)
    start = offline.now
    offline.settle()
    assert offline.now == start
    send(offline, "later", DelaySeconds=300)
    offline.settle()
    assert projects.seen() == ["later"]
    assert offline.now - start == timedelta(seconds=300)


def test_schedules_fire_on_the_way_to_what_is_owed(run: Any, projects: Any) -> None:
    """Time that passes while settling is like any other: schedules fire in it."""
    offline = run(WORK)
    for _ in range(2):
        send(offline, "later", DelaySeconds=700)
    offline.settle()
    assert projects.seen() == ["2026-01-01T00:10:00Z", "later", "later"]


def test_advance_ends_exactly_where_it_was_told(run: Any, projects: Any) -> None:
    """Everything due by then has happened, and nothing that is due later."""
    offline = run(WORK)
    start = offline.now
    offline.advance(minutes=9, seconds=59)
    assert projects.seen() == []
    offline.advance(seconds=1)
    assert projects.seen() == ["2026-01-01T00:10:00Z"]
    assert offline.now - start == timedelta(minutes=10)


def test_exception_appears_in_the_test_that_settled(run: Any) -> None:
    """The handler's own exception is raised; settling again goes on with its retry."""
    offline = run(WORK)
    send(offline, "bad")
    for _ in range(2):
        with pytest.raises(ValueError, match="bad paper"):
            offline.settle()


def test_sending_does_not_raise_what_handlers_raise(run: Any, projects: Any) -> None:
    """A client's call is not a handler's: no handler has run until settle, advance or invoke."""
    offline = run(WORK)
    send(offline, "bad")
    send(offline, "good")
    assert projects.seen() == []


def test_errors_can_be_left_to_their_retries(run: Any, projects: Any) -> None:
    """With raise_errors=False a message that always fails ends in its dead-letter queue."""
    dead = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
    properties = {"QueueName": "jobs", "VisibilityTimeout": 60, "RedrivePolicy": redrive}
    jobs = {"Type": "AWS::SQS::Queue", "Properties": properties}
    offline = run(WORK, resources={"Resources": {"Dead": dead, "Jobs": jobs}})
    send(offline, "bad")
    offline.settle(raise_errors=False)
    assert projects.seen() == ["bad"] * 3
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "bad"


def test_work_without_end_is_reported_with_its_last_steps(run: Any) -> None:
    """A message that is retried for ever makes settle give up, and say what it saw."""
    offline = run(WORK)
    send(offline, "bad")
    with pytest.raises(NotSettledError, match=r"still work to do(?s:.*)work runs"):
        offline.settle(within=timedelta(hours=1), raise_errors=False)


def test_sleeping_handler_lets_time_pass(run: Any, projects: Any) -> None:
    """A handler's sleep moves the clock and costs nothing; others go on meanwhile."""
    offline = run(WORK)
    start = offline.now
    send(offline, "slow")
    send(offline, "quick")
    offline.settle()
    assert sorted(projects.seen()) == ["quick", "slow"]
    assert offline.now - start == timedelta(seconds=30)


def test_handlers_clock_is_the_virtual_one(run: Any) -> None:
    """datetime, time.time and moto's timestamps all say the same instant."""
    offline = run(
        """
import boto3, datetime, time

@app.lambda_function()
def clock(event, context):
    boto3.client("s3").create_bucket(Bucket="box")
    made = boto3.client("s3").list_buckets()["Buckets"][0]["CreationDate"]
    return [datetime.datetime.now(datetime.timezone.utc).isoformat(), time.time(),
            made.isoformat()]
"""
    )
    offline.advance(days=1, seconds=0.5)
    assert offline.invoke("clock").payload == [
        "2026-01-02T00:00:00.500000+00:00",
        1767312000.5,
        "2026-01-02T00:00:00+00:00",
    ]


def test_handler_may_invoke_another_and_wait_for_it(run: Any) -> None:
    """A synchronous invocation from a handler runs the other one inline."""
    offline = run(
        """
import boto3, json

@app.lambda_function()
def outer(event, context):
    reply = boto3.client("lambda").invoke(FunctionName="demo-dev-inner", Payload=b"20")
    return json.loads(reply["Payload"].read()) + 1

@app.lambda_function()
def inner(event, context):
    return event * 2
"""
    )
    assert offline.invoke("outer").payload == 41


def test_long_poll_lets_time_pass_until_a_message_comes(run: Any) -> None:
    """Receiving with a wait moves the clock to the message, or to the end of the wait."""
    offline = run("\n")
    sqs = offline.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    start = offline.now
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert offline.now - start == timedelta(seconds=20)
    sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=5)
    assert len(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]) == 1
    assert offline.now - start == timedelta(seconds=25)


SCRIPT = """
import sys
from pathlib import Path
from chalice_offline.chalice_app.project import load_for_stage
from chalice_offline.core.journal import digest
from chalice_offline.testing import Offline

offline = Offline(load_for_stage(Path(sys.argv[1]), "dev"), seed=int(sys.argv[2]))
offline.start()
for number in range(5):
    body = '{"n": %d}' % number
    headers = {"Content-Type": "application/json"}
    assert offline.http.post("/orders", headers=headers, body=body).status_code == 200
offline.settle(raise_errors=False)
offline.advance(minutes=20, raise_errors=False)
print(len(list(offline.journal.entries())), digest(offline.journal))
"""

TABLE = {
    "Resources": {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "orders",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            },
        }
    }
}
PIPELINE = """
import boto3, json, uuid
events = boto3.client("events")
sqs = boto3.client("sqs")
table = boto3.resource("dynamodb").Table("orders")

@app.route("/orders", methods=["POST"])
def order():
    detail = json.dumps(app.current_request.json_body)
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": detail}])
    return {}

@app.on_cw_event({"source": ["shop"]})
def received(event):
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event.detail))

@app.on_sqs_message("jobs", batch_size=10, maximum_batching_window_in_seconds=1)
def work(event):
    for record in event:
        number = json.loads(record.body)["n"]
        if number == 3 and record.to_dict()["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError(number)
        table.put_item(Item={"id": str(number), "tags": ["a", "b", "c"]})

@app.on_dynamodb_record(
    "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-01T00:00:00.000")
def changed(event):
    boto3.client("s3").put_object(Bucket="archive", Key="k", Body=b"x")

@app.on_s3_event("archive")
def archived(event):
    pass

@app.on_sns_message("news")
def news(event):
    pass

@app.schedule("rate(5 minutes)")
def tick(event):
    boto3.client("sns").publish(
        TopicArn="arn:aws:sns:us-east-1:000000000000:news", Message=event.time)
"""


def _digest_of(project: Path, seed: int, hash_seed: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    } | {"PYTHONHASHSEED": hash_seed, "AWS_DEFAULT_REGION": "us-east-1"}
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(project), str(seed)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()[-1]


def test_same_seed_gives_the_same_journal(projects: Any) -> None:
    """Equal under two hash seeds and two runs; another seed gives another journal."""
    project = projects.write(PIPELINE, resources=TABLE)
    first = _digest_of(project, 7, "1")
    assert int(first.split()[0]) > 100
    assert _digest_of(project, 7, "2") == first
    assert _digest_of(project, 8, "1") != first


def test_sleep_imported_by_name_lets_time_pass(run: Any) -> None:
    """`from time import sleep as nap`, also in a module that was imported before the fixture."""
    offline = run(
        """
from time import sleep as nap

@app.lambda_function()
def rests(event, context):
    nap(50)
"""
    )
    start = offline.now
    offline.invoke("rests")
    assert offline.now - start == timedelta(seconds=50)


@pytest.mark.parametrize("raises", [False, True])
def test_a_loop_without_end_is_reported_with_or_without_errors(run: Any, raises: bool) -> None:
    """Through EventBridge, where AWS detects none: settle and advance come back and name it."""
    offline = run(
        f"""
import boto3

bus = boto3.client("events")

@app.on_cw_event({{"source": ["demo"]}})
def again(event):
    bus.put_events(Entries=[{{"Source": "demo", "DetailType": "x", "Detail": "{{}}"}}])
    if {raises}:
        raise ValueError("and it fails, too")
"""
    )
    entry = {"Source": "demo", "DetailType": "x", "Detail": "{}"}
    offline.client("events").put_events(Entries=[entry])
    with pytest.raises(NotSettledError, match=r"again goes on without end(?s:.*)again"):
        offline.settle(within=timedelta(minutes=1), raise_errors=False)
    with pytest.raises(NotSettledError, match="goes on without end"):
        offline.advance(seconds=5, raise_errors=False)


def test_what_lambda_sets_is_there(run: Any) -> None:
    """The documented variables, and UTC as local time."""
    offline = run(
        """
import os, time

@app.lambda_function()
def surroundings(event, context):
    names = ["TZ", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "LANG", "_HANDLER",
             "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_EXECUTION_ENV"]
    return [os.environ.get(name) for name in names], time.localtime().tm_gmtoff
"""
    )
    variables, offset_seconds = offline.invoke("surroundings").payload
    assert all(variables)
    assert variables[0] == ":UTC"
    assert Path(variables[1]).samefile(offline.app.directory)
    assert offset_seconds == 0
