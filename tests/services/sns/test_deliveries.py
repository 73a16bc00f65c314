"""Retries, dead-letter queues, HTTP endpoints, delivery logs, and what never leaves."""

from __future__ import annotations

import itertools
import json

import pytest

from chalice_offline.core.errors import AwsError

from .conftest import Cloud, queue_arn, string

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:cook"
GONE = AwsError("QueueDoesNotExist", "The specified queue does not exist.")
BUSY = AwsError("ServiceUnavailable", "Come back later.", status=503)


def test_a_gone_queue_is_not_tried_again(cloud: Cloud) -> None:
    """A client error goes straight to the dead-letter queue, in the shape of the delivery."""
    topic = cloud.topic()
    _subscribe_with_dead_letters(cloud, topic)
    _fail(cloud, GONE)
    cloud.publish(topic, Subject="s", MessageAttributes={"a": string("x")})
    lost, kept = cloud.sqs.requests
    assert kept["QueueUrl"].endswith("/dead")
    assert kept["MessageBody"] == lost["MessageBody"]
    assert "MessageAttributes" not in kept
    [note] = cloud.notes()
    assert note.outcome == f"dead-lettered to {queue_arn('dead')}"
    assert note.detail["Attempts"] == 1


def test_dead_letters_of_raw_delivery_are_raw(cloud: Cloud) -> None:
    """What would have been delivered raw is dead-lettered raw, attributes included."""
    topic = cloud.topic()
    _subscribe_with_dead_letters(cloud, topic, RawMessageDelivery="true")
    _fail(cloud, GONE)
    cloud.publish(topic, "text", MessageAttributes={"a": string("x")})
    kept = cloud.sqs.requests[-1]
    assert kept["MessageBody"] == "text"
    assert kept["MessageAttributes"] == {"a": string("x")}


def test_more_than_ten_attributes_do_not_fit_raw_into_a_queue(cloud: Cloud) -> None:
    """Raw delivery with eleven attributes is a client error of the subscription."""
    topic = cloud.topic()
    cloud.subscribe(topic, RawMessageDelivery="true")
    attributes = {f"a{index}": string("x") for index in range(11)}
    cloud.publish(topic, MessageAttributes=attributes)
    assert cloud.sqs.requests == []
    assert cloud.outcomes() == ["lost: no dead-letter queue"]


def test_a_missing_function_dead_letters_the_envelope(cloud: Cloud) -> None:
    """A function's dead-letter queue gets what a queue would have got."""
    topic = cloud.topic()
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead")})
    cloud.subscribe(topic, "lambda", FUNCTION, RedrivePolicy=policy)
    cloud.lambda_.failure = AwsError("ResourceNotFoundException", "Function not found", status=404)
    cloud.publish(topic)
    [envelope] = cloud.envelopes()
    assert envelope["Type"] == "Notification"
    assert envelope["Message"] == "hello"


def test_a_busy_service_is_tried_again_on_aws_schedule(cloud: Cloud) -> None:
    """3 retries at once, 2 a second apart, then up to 20 seconds apart."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    _fail(cloud, BUSY)
    cloud.publish(topic)
    assert len(cloud.sqs.requests) == 4
    cloud.advance(2)
    assert len(cloud.sqs.requests) == 6
    cloud.advance(600)
    cloud.sqs.failure = None
    before = len(cloud.sqs.requests)
    cloud.advance(20)
    assert len(cloud.sqs.requests) == before + 1
    assert cloud.notes() == []


def test_a_lost_message_is_noted(cloud: Cloud) -> None:
    """Without a dead-letter queue, or when that one refuses too, the loss is written down."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    _subscribe_with_dead_letters(cloud, topic, queue="second")
    cloud.sqs.failure = GONE
    cloud.publish(topic)
    first, second = cloud.outcomes()
    assert first == "lost: no dead-letter queue"
    assert second.startswith(f"lost: dead-letter queue {queue_arn('dead')} refused it")


def test_http_endpoint_gets_headers_and_document(cloud: Cloud) -> None:
    """A notification names its subscription in a header; its body is the envelope."""
    topic, arn = _confirmed(cloud)
    cloud.publish(topic)
    cloud.settle()
    request = cloud.outside.requests[-1]
    document = json.loads(request.body)
    assert request.headers["x-amz-sns-message-type"] == "Notification"
    assert request.headers["x-amz-sns-message-id"] == document["MessageId"]
    assert request.headers["x-amz-sns-subscription-arn"] == arn
    assert "x-amz-sns-rawdelivery" not in request.headers
    assert document["Message"] == "hello"


def test_http_endpoint_raw_gets_the_message_alone(cloud: Cloud) -> None:
    """With raw delivery the body is the message, and a header says so."""
    topic, arn = _confirmed(cloud)
    _set(cloud, arn, "RawMessageDelivery", "true")
    _set(cloud, arn, "DeliveryPolicy", '{"requestPolicy":{"headerContentType":"text/csv"}}')
    cloud.publish(topic, "a,b", MessageAttributes={"x": string("y")})
    cloud.settle()
    request = cloud.outside.requests[-1]
    assert request.body == b"a,b"
    assert request.headers["x-amz-sns-rawdelivery"] == "true"
    assert request.headers["content-type"] == "text/csv"


def test_http_endpoint_takes_the_content_type_of_its_topic(cloud: Cloud) -> None:
    """The topic's delivery policy holds for subscriptions without one."""
    topic, _ = _confirmed(cloud)
    policy = {"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}
    cloud.call(
        "SetTopicAttributes",
        TopicArn=topic,
        AttributeName="DeliveryPolicy",
        AttributeValue=json.dumps(policy),
    )
    cloud.publish(topic)
    cloud.settle()
    assert cloud.outside.requests[-1].headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [None, 500, 503, 429])
def test_http_endpoint_that_fails_is_tried_three_times_more(
    cloud: Cloud, status: int | None
) -> None:
    """No reply, a 5xx and 429 are retried 20 seconds apart, then dead-lettered."""
    topic, arn = _confirmed(cloud)
    _set(cloud, arn, "RedrivePolicy", json.dumps({"deadLetterTargetArn": queue_arn("dead")}))
    cloud.outside.statuses = [status] * 4
    sent_before = len(cloud.outside.requests)
    cloud.publish(topic)
    cloud.advance(59)
    assert len(cloud.outside.requests) - sent_before == 3
    cloud.settle()
    assert len(cloud.outside.requests) - sent_before == 4
    assert cloud.envelopes()[0]["Message"] == "hello"


def test_http_endpoint_that_refuses_is_not_tried_again(cloud: Cloud) -> None:
    """A 4xx other than 429 is the endpoint's last word."""
    topic, arn = _confirmed(cloud)
    _set(cloud, arn, "RedrivePolicy", json.dumps({"deadLetterTargetArn": queue_arn("dead")}))
    cloud.outside.statuses = [404]
    sent_before = len(cloud.outside.requests)
    cloud.publish(topic)
    cloud.settle()
    assert len(cloud.outside.requests) - sent_before == 1
    assert len(cloud.sqs.requests) == 1


def test_http_endpoint_retries_follow_its_delivery_policy(cloud: Cloud) -> None:
    """Immediate retries, then minimum delays, then a backoff, then maximum delays."""
    topic, arn = _confirmed(cloud)
    retries = {
        "minDelayTarget": 10,
        "maxDelayTarget": 30,
        "numRetries": 6,
        "numNoDelayRetries": 1,
        "numMinDelayRetries": 1,
        "numMaxDelayRetries": 1,
        "backoffFunction": "linear",
    }
    _set(cloud, arn, "DeliveryPolicy", json.dumps({"healthyRetryPolicy": retries}))
    cloud.outside.statuses = [500] * 7
    cloud.publish(topic)
    cloud.settle()
    sent_ms = [
        entry.at_ms
        for entry in cloud.emulator.journal.entries()
        if entry.kind == "delivery" and entry.subject.startswith("POST")
    ][1:]
    waits = [(later - earlier) / 1000 for earlier, later in itertools.pairwise(sent_ms)]
    assert waits == [0, 10, 10, 20, 30, 30]


def test_failed_confirmation_is_not_dead_lettered(cloud: Cloud) -> None:
    """A confirmation that cannot be delivered leaves a note and nothing in a queue."""
    topic = cloud.topic()
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead")})
    cloud.outside.statuses = [None] * 4
    cloud.subscribe(topic, "http", "http://example.com/hook", RedrivePolicy=policy)
    cloud.settle()
    assert len(cloud.outside.requests) == 4
    assert cloud.sqs.requests == []
    assert cloud.outcomes() == ["not delivered"]


def test_messages_to_people_are_written_down(cloud: Cloud) -> None:
    """Text messages and mails leave a note with what would have been sent."""
    topic = cloud.topic()
    cloud.subscribe(topic, "sms", "+15551234567")
    cloud.subscribe(topic, "email", "cook@example.com")
    token = cloud.notes()[-1].detail["Token"]
    cloud.call("ConfirmSubscription", TopicArn=topic, Token=token)
    cloud.publish(topic, "Dinner is ready", Subject="Dinner")
    sms, mail = cloud.notes()[-2:]
    assert sms.subject == "sns sms +15551234567"
    assert sms.detail["Message"] == "Dinner is ready"
    assert mail.subject == "sns email cook@example.com"
    assert mail.detail["Subject"] == "Dinner"
    assert sms.outcome == mail.outcome == "sent"


def test_delivery_status_is_logged_when_the_topic_asks(cloud: Cloud) -> None:
    """With a role for the protocol each delivery puts an event into the topic's log group."""
    role = "arn:aws:iam::000000000000:role/logs"
    topic = cloud.topic(LambdaSuccessFeedbackRoleArn=role, LambdaSuccessFeedbackSampleRate="100")
    cloud.subscribe(topic, "lambda", FUNCTION)
    cloud.subscribe(topic)
    message_id = cloud.publish(topic)["MessageId"]
    group, _stream, events = cloud.logs.requests
    assert group == {"logGroupName": "sns/us-east-1/000000000000/orders"}
    [event] = events["logEvents"]
    record = json.loads(event["message"])
    assert record["status"] == "SUCCESS"
    assert record["notification"]["messageId"] == message_id
    assert record["delivery"]["destination"] == FUNCTION
    assert record["delivery"]["statusCode"] == 202


def test_failed_deliveries_are_logged_apart(cloud: Cloud) -> None:
    """Failures go to a log group of their own; a sample rate of 0 logs no success."""
    role = "arn:aws:iam::000000000000:role/logs"
    topic = cloud.topic(
        SQSFailureFeedbackRoleArn=role,
        SQSSuccessFeedbackRoleArn=role,
        SQSSuccessFeedbackSampleRate="0",
    )
    cloud.subscribe(topic)
    cloud.publish(topic)
    assert cloud.logs.requests == []
    _fail(cloud, GONE)
    cloud.publish(topic)
    assert cloud.logs.requests[0]["logGroupName"].endswith("/orders/Failure")


def test_logging_that_fails_does_not_repeat_the_delivery(cloud: Cloud) -> None:
    """A log that cannot be written is noted; the message was delivered once."""
    topic = cloud.topic(SQSSuccessFeedbackRoleArn="arn:aws:iam::000000000000:role/logs")
    cloud.subscribe(topic)
    cloud.logs.failure = AwsError("ServiceUnavailableException", "no", status=503)
    cloud.publish(topic)
    cloud.settle()
    assert len(cloud.sqs.requests) == 1
    assert cloud.outcomes()[-1].startswith("delivery not logged")


def _subscribe_with_dead_letters(
    cloud: Cloud, topic: str, queue: str = "inbox", **attributes: str
) -> str:
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead")})
    return cloud.subscribe(topic, "sqs", queue_arn(queue), RedrivePolicy=policy, **attributes)


def _fail(cloud: Cloud, error: AwsError) -> None:
    """Let deliveries to the queue named inbox fail."""
    cloud.sqs.failure = error
    cloud.sqs.fails_for = "/inbox"


def _confirmed(cloud: Cloud) -> tuple[str, str]:
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    token = cloud.outside.documents()[-1]["Token"]
    cloud.call("ConfirmSubscription", TopicArn=topic, Token=token)
    return topic, arn


def _set(cloud: Cloud, arn: str, name: str, value: str) -> None:
    cloud.call(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName=name,
        AttributeValue=value,
    )
