"""Handlers that run here get the events that Lambda would pass."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from .conftest import wait_until

NOTE = """
def note(event):
    app.seen.append(event.to_dict())
"""


def test_queue_handler_gets_records_and_its_message_is_deleted(attached: Any) -> None:
    """An SQS handler reads its own queue; success deletes the message."""
    url = attached.queue("orders")
    session = attached.start(NOTE + "on = app.on_sqs_message(queue='orders')(note)\n")
    attached.send(url, "hello")
    (event,) = attached.wait_for_seen(session)
    (record,) = event["Records"]
    assert record["body"] == "hello"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":orders")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    wait_until(lambda: attached.depth(url) == 0, "the message to be deleted")


def test_topic_handler_gets_what_sns_passes_to_a_function(attached: Any) -> None:
    """The envelope in our queue becomes Lambda's SNS event, with the subscription's ARN."""
    sns = attached.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    session = attached.start(NOTE + "on = app.on_sns_message(topic='news')(note)\n")
    attributes = {"kind": {"DataType": "String", "StringValue": "flash"}}
    sns.publish(TopicArn=topic, Message="hi", Subject="s", MessageAttributes=attributes)
    (event,) = attached.wait_for_seen(session)
    (record,) = event["Records"]
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert record["EventSource"] == "aws:sns"
    assert record["EventVersion"] == "1.0"
    assert record["EventSubscriptionArn"] == subscription["SubscriptionArn"]
    told = record["Sns"]
    assert (told["Message"], told["Subject"], told["TopicArn"]) == ("hi", "s", topic)
    assert told["MessageAttributes"] == {"kind": {"Type": "String", "Value": "flash"}}
    assert {"SigningCertUrl", "UnsubscribeUrl", "Signature", "Timestamp"} <= told.keys()


def test_topic_handler_gets_null_for_a_missing_subject(attached: Any) -> None:
    """Chalice reads the key Subject; Lambda gives null where there is none."""
    sns = attached.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    code = "@app.on_sns_message(topic='news')\ndef on(event):\n    app.seen.append(event.subject)\n"
    session = attached.start(code)
    sns.publish(TopicArn=topic, Message="hi")
    assert attached.wait_for_seen(session) == [None]


def test_bucket_handler_gets_the_record_and_not_the_test_event(attached: Any) -> None:
    """S3's notification arrives as it is; its s3:TestEvent never reaches the handler."""
    s3 = attached.client("s3")
    s3.create_bucket(Bucket="files")
    code = (
        NOTE
        + "on = app.on_s3_event(bucket='files', prefix='in/', suffix='.json', name='on')(note)\n"
    )
    session = attached.start(code)
    s3.put_object(Bucket="files", Key="out/a.json", Body=b"1")
    s3.put_object(Bucket="files", Key="in/a b.json", Body=b"12")
    (event,) = attached.wait_for_seen(session)
    (record,) = event["Records"]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["object"]["key"] == "in/a+b.json"
    assert record["s3"]["object"]["size"] == 2
    queue = attached.client("sqs").get_queue_url(QueueName="shop-dev-on-offline")["QueueUrl"]
    wait_until(lambda: attached.depth(queue) == 0, "the test event to be taken, too")
    assert len(attached.seen(session)) == 1


def test_rule_handler_gets_the_event_itself(attached: Any) -> None:
    """What matches the pattern on the default bus reaches the handler as EventBridge's event."""
    code = NOTE + "on = app.on_cw_event({'source': ['till']})(note)\n"
    session = attached.start(code)
    entries = [
        {"Source": source, "DetailType": "paid", "Detail": json.dumps({"of": source})}
        for source in ("other", "till")
    ]
    attached.client("events").put_events(Entries=entries)
    (event,) = attached.wait_for_seen(session)
    assert event["detail"] == {"of": "till"}
    assert event["detail-type"] == "paid"
    assert {"id", "time", "account", "region", "resources", "version"} <= event.keys()


def test_schedule_becomes_a_rule_of_its_own(attached: Any) -> None:
    """A schedule is a tagged rule that targets the handler's queue."""
    attached.start("@app.schedule(Rate(5, unit=Rate.MINUTES))\ndef sweep(event):\n    pass\n")
    events = attached.client("events")
    rule = events.describe_rule(Name="shop-dev-sweep-offline")
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert rule["State"] == "ENABLED"
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"].endswith(":shop-dev-sweep-offline")
    tags = events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
    assert {"Key": "chalice-offline:attached", "Value": "shop-dev"} in tags


def test_handler_sees_configured_variables_and_calls_the_endpoint(attached: Any) -> None:
    """config.json's variables hold, but where AWS is the command line decides."""
    url = attached.queue("orders")
    attached.queue("answers")
    code = """
@app.on_sqs_message(queue='orders', name='on')
def on(event):
    app.seen.append([os.environ['STAGE'], os.environ['AWS_LAMBDA_FUNCTION_NAME']])
    sqs = boto3.client('sqs')
    answers = sqs.get_queue_url(QueueName='answers')['QueueUrl']
    sqs.send_message(QueueUrl=answers, MessageBody='done')
"""
    session = attached.start(code)
    attached.send(url, "go")
    assert attached.wait_for_seen(session) == [["dev", "shop-dev-on"]]
    answers = attached.client("sqs").get_queue_url(QueueName="answers")["QueueUrl"]
    wait_until(lambda: attached.depth(answers) == 1, "the handler's own call to arrive")


def test_routes_are_served_here(attached: Any) -> None:
    """HTTP goes to the app in this process, whose AWS calls go to the endpoint."""
    attached.queue("orders")
    code = """
@app.route('/queues')
def queues():
    return {'count': len(boto3.client('sqs').list_queues()['QueueUrls'])}
"""
    session = attached.start(code)
    with urllib.request.urlopen(f"{session.http_server.url}/queues", timeout=10) as reply:
        assert json.loads(reply.read()) == {"count": 1}


@pytest.mark.parametrize("fails", [False, True])
def test_batch_is_one_event_and_fails_as_one(attached: Any, fails: bool) -> None:
    """batch_size messages come in one event; success deletes all of them, failure none."""
    url = attached.queue("orders", VisibilityTimeout="30")
    attached.send(url, "a", "b", "c")
    code = f"""
@app.on_sqs_message(queue='orders', batch_size=10)
def on(event):
    app.seen.append(sorted(record.body for record in event))
    if {fails}:
        raise RuntimeError('no')
"""
    session = attached.start(code)
    assert attached.wait_for_seen(session) == [["a", "b", "c"]]
    wait_until(lambda: session.counts()["on"].failures == int(fails), "the outcome")
    wait_until(lambda: attached.depth(url) == (3 if fails else 0), "what is left to be right")
