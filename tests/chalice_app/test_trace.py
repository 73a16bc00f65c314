"""`offline.trace`: one story, drawn so that a person understands it."""

from __future__ import annotations

import json
import textwrap
from typing import Any

PIPELINE = """
import boto3, json, time
events = boto3.client("events")

@app.route("/orders", methods=["POST"])
def order():
    entry = {"Source": "shop", "DetailType": "order.placed",
             "Detail": json.dumps(app.current_request.json_body)}
    events.put_events(Entries=[entry])
    return {}

@app.on_sqs_message("jobs", batch_size=10, maximum_batching_window_in_seconds=1)
def work(event):
    for record in event:
        if "bad" in record.body:
            raise ValueError("bad paper")
    boto3.client("s3").put_object(Bucket="tickets", Key="t/1.txt", Body=b"x")

@app.lambda_function()
def slow(event, context):
    time.sleep(100)
"""


def resources() -> dict[str, Any]:
    def queue(name: str, **properties: Any) -> dict[str, Any]:
        return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}

    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}
    rule = {
        "Name": "orders-to-jobs",
        "EventPattern": {"source": ["shop"], "detail": {"total": [{"numeric": [">", 0]}]}},
        "Targets": [{"Id": "1", "Arn": {"Fn::GetAtt": ["Jobs", "Arn"]}}],
    }
    return {
        "Resources": {
            "Dead": queue("dead"),
            "Jobs": queue("jobs", VisibilityTimeout=60, RedrivePolicy=redrive),
            "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
            "Tickets": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tickets"}},
        }
    }


def post(offline: Any, **body: Any) -> None:
    headers = {"Content-Type": "application/json"}
    offline.http.post("/orders", headers=headers, body=json.dumps(body))


def story(offline: Any, text: str) -> str:
    return "\n".join(line.rstrip() for line in str(offline.trace(text)).splitlines())


def drawn(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def test_an_order_from_request_to_ticket(run: Any) -> None:
    """Request, event, delivery, batch and what the handler wrote, with times."""
    offline = run(PIPELINE, resources=resources())
    post(offline, id="order-1", total=5)
    offline.settle()
    expected = """
     +0 ms  POST /orders → 200
     +0 ms  └─ delivers Invoke function api_handler
     +0 ms     └─ api_handler runs → ok
     +0 ms        └─ PutEvents shop: order.placed (bus default)
     +0 ms           └─ delivers SendMessage queue jobs
      +1 s              └─ work runs with 1 record → ok
      +1 s                 └─ PutObject bucket tickets/t/1.txt
    """
    assert textwrap.dedent(story(offline, "order-1")) == drawn(expected)


def test_a_batch_is_drawn_once_and_pointed_at(run: Any) -> None:
    """Two orders in one batch: each story has its own request, and the batch once."""
    offline = run(PIPELINE, resources=resources())
    post(offline, id="order-1", total=5)
    post(offline, id="order-2", total=5)
    offline.settle()
    one = story(offline, "order-1")
    assert one.count("POST /orders") == 1
    assert one.count("work runs with 2 records → ok") == 1
    both = story(offline, "order-")
    assert both.count("work runs with 2 records → ok") == 1
    assert both.count("joins the batch of work at +1 s, below") == 1
    assert both.count("POST /orders") == 2


def test_retries_and_the_dead_letter(run: Any) -> None:
    """A message that fails shows each try with its error, and where it went."""
    offline = run(PIPELINE, resources=resources())
    post(offline, id="bad-1", total=5)
    offline.settle(raise_errors=False)
    lines = story(offline, "bad-1").splitlines()
    runs = [line for line in lines if "work runs" in line]
    assert runs[0].endswith("work runs with 1 record → ValueError: bad paper")
    assert runs[1].endswith("work runs with 1 record, try 2 → ValueError: bad paper")
    assert len(runs) == 2
    assert "dead" in lines[-1].lower()
    # Tries stand beside each other, and what followed from the last one below it.
    indents = [line.index("work runs") for line in runs]
    assert indents[1] == indents[0] < lines[-1].index("sqs.DeadLetter")


def test_an_event_no_rule_matched_says_why(run: Any) -> None:
    """The story of an event that went nowhere names the rule it missed."""
    offline = run(PIPELINE, resources=resources())
    post(offline, id="order-9", total=-1)
    text = story(offline, "order-9")
    assert "no rule matched" in text
    assert "orders-to-jobs" in text


def test_a_run_that_timed_out_says_so(run: Any) -> None:
    """A timeout is told with the run it ended, once."""
    offline = run(PIPELINE, resources=resources(), config={"lambda_timeout": 5})
    offline.client("lambda").invoke(FunctionName="demo-dev-slow", Payload=b'"order-3"')
    text = story(offline, "order-3")
    assert "slow runs → timed out after 5 s" in text
    assert text.count("timed out") == 1


def test_asynchronous_tries_stand_beside_each_other(run: Any) -> None:
    """One and two minutes apart; what follows from the last stands below it."""
    offline = run(
        """
@app.lambda_function()
def fails(event, context):
    raise ValueError("no")
"""
    )
    offline.client("lambda").invoke(
        FunctionName="demo-dev-fails", InvocationType="Event", Payload=b'"order-4"'
    )
    offline.settle(raise_errors=False)
    expected = """
     +0 ms  Invoke function fails
     +0 ms  ├─ fails runs → ValueError: no
     +60 s  ├─ fails runs, try 2 → ValueError: no
    +3 min  └─ fails runs, try 3 → ValueError: no
    +3 min     └─ fails: discarded (condition RetriesExhausted)
    """
    assert textwrap.dedent(story(offline, "order-4")) == drawn(expected)


def test_of_many_tries_that_ended_alike_the_first_and_the_last_are_drawn(run: Any) -> None:
    """A message that fails for hours is a few lines, whatever else its handler's tries took."""
    offline = run(
        """
import time

@app.on_sqs_message(queue="jobs")
def fails(event):
    [record] = event
    tries = int(record.to_dict()["attributes"]["ApproximateReceiveCount"])
    time.sleep(tries % 3)
    if tries < 40:
        raise ValueError("not yet")
"""
    )
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="order-4")
    offline.settle(raise_errors=False)
    lines = [line[12:].lstrip() for line in story(offline, "order-4").splitlines()]
    assert lines == [
        "SendMessage queue jobs",
        "├─ fails runs with 1 record → ValueError: not yet in 1 s",
        "├─ fails runs with 1 record, try 2 → ValueError: not yet in 2 s",
        "│  … 36 more tries, which ended the same way …",
        "├─ fails runs with 1 record, try 39 → ValueError: not yet",
        "└─ fails runs with 1 record, try 40 → ok in 1 s",
    ]


def test_nothing_to_tell(run: Any) -> None:
    """A text that is nowhere in the journal gives a sentence, not an empty page."""
    offline = run("\n")
    trace = offline.trace("nowhere")
    assert str(trace) == "(nothing in the journal mentions it)"
    assert len(trace) == 0
