"""Good jobs are done whatever the others do; bad ones end where a person finds them."""

import pytest

BUCKET = "example-worker"

# The functions may do what Chalice's own policy allows, and nothing else.
pytestmark = pytest.mark.offline(iam="enforce")


def ask(offline, job_id, cents=250):
    reply = offline.http.post(
        "/jobs", json={"id": job_id, "lines": [{"text": "soup", "cents": cents}]}
    )
    assert reply.status_code == 202


def invoices(offline):
    found = offline.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {one["Key"].removeprefix("invoices/").removesuffix(".txt") for one in found}


def failed(offline):
    return offline.http.get("/jobs/failed").json_body["failed"]


def test_invoice_is_written(offline):
    ask(offline, "a-1")

    offline.settle()

    body = offline.client("s3").get_object(Bucket=BUCKET, Key="invoices/a-1.txt")["Body"]
    assert body.read().decode().splitlines()[-1].split() == ["total", "2.50"]


def test_a_bad_job_holds_up_nobody(offline):
    begun = offline.now
    for number in range(9):
        ask(offline, f"good-{number}")
    ask(offline, "bad", cents="much")

    offline.advance(seconds=1)
    assert invoices(offline) == {f"good-{number}" for number in range(9)}
    assert failed(offline) == 0

    offline.settle()  # the visibility timeout brings the bad one back, twice more
    assert failed(offline) == 1
    assert (offline.now - begun).total_seconds() >= 3 * 120


def test_job_that_was_set_aside_is_done_once_the_cause_is_gone(offline):
    offline.faults.error("s3.PutObject")
    ask(offline, "a-1")
    offline.settle()
    assert (invoices(offline), failed(offline)) == (set(), 1)

    offline.faults.clear()
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs-failed")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sqs.start_message_move_task(SourceArn=arn["QueueArn"])
    offline.settle()

    assert (invoices(offline), failed(offline)) == ({"a-1"}, 0)


def test_job_that_sqs_delivers_twice_is_one_invoice(offline):
    offline.faults.duplicate("work")
    ask(offline, "a-1")

    offline.settle()

    assert invoices(offline) == {"a-1"}
    assert failed(offline) == 0


def test_what_is_no_job_is_refused(offline):
    assert offline.http.post("/jobs", json=["a-1"]).status_code == 400
