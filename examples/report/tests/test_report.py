"""Days of schedules pass in no time: the clock jumps from one report to the next."""

import json

import pytest

BUCKET = "example-report"
THURSDAY_EVENING = "2026-12-17T18:00Z"

# The functions may do what .chalice/policy.json says, and nothing else.
pytestmark = pytest.mark.offline(start=THURSDAY_EVENING, iam="enforce")


@pytest.fixture
def mail(offline):
    """What the topic's subscribers have got: a function that gives the messages."""
    sqs = offline.client("sqs")
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    offline.client("sns").subscribe(
        TopicArn="arn:aws:sns:us-east-1:000000000000:sales-reports",
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
    )

    def messages():
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["Message"] for message in found]

    return messages


def sell(offline, item, cents):
    assert offline.http.post("/sales", json={"item": item, "cents": cents}).status_code == 201


def reports(offline):
    found = offline.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [one["Key"].removeprefix("reports/").removesuffix(".csv") for one in found]


def test_report_comes_the_next_morning(offline, mail):
    sell(offline, "soup", 250)
    offline.advance(minutes=5)
    sell(offline, "bread", 120)

    offline.advance(hours=12)  # it is Friday, six o'clock

    body = offline.client("s3").get_object(Bucket=BUCKET, Key="reports/2026-12-18.csv")["Body"]
    assert body.read().decode().splitlines() == [
        "day,item,cents",
        "2026-12-17,soup,250",
        "2026-12-17,bread,120",
    ]
    assert mail() == ["2 sales, 3.70: reports/2026-12-18.csv"]


def test_no_report_at_the_weekend_and_all_of_it_on_monday(offline, mail):
    offline.advance(days=1)
    sell(offline, "friday's", 100)
    offline.advance(days=1)
    sell(offline, "saturday's", 200)
    offline.advance(days=2)  # Monday evening

    assert reports(offline) == ["2026-12-18", "2026-12-21"]
    assert mail()[1:] == ["2 sales, 3.00: reports/2026-12-21.csv"]


def test_report_that_fails_is_made_two_minutes_later_and_is_the_same(offline):
    sell(offline, "soup", 250)
    offline.faults.error("sns.Publish")
    offline.advance(hours=12, seconds=30, raise_errors=False)
    offline.faults.clear()

    offline.settle()

    outcomes = [run.outcome for run in offline.runs() if run.function == "report"]
    assert outcomes[-1] == "ok"
    assert len(outcomes) == 2
    assert reports(offline) == ["2026-12-18"]
