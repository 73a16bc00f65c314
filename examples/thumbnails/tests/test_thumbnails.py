"""An upload becomes a thumbnail; what is no picture is set aside with its reason."""

import io
import json

import pytest
from PIL import Image

BUCKET = "example-thumbnails"

# The functions may do what .chalice/policy.json says, and nothing else.
pytestmark = pytest.mark.offline(iam="enforce")


def jpeg(width, height):
    content = io.BytesIO()
    Image.new("RGB", (width, height), "tomato").save(content, "JPEG")
    return content.getvalue()


def test_upload_gets_a_small_copy(offline):
    s3 = offline.client("s3")
    s3.put_object(Bucket=BUCKET, Key="uploads/my cat.jpg", Body=jpeg(1600, 800))

    offline.settle()

    small = s3.get_object(Bucket=BUCKET, Key="thumbnails/my cat.jpg")
    assert small["ContentType"] == "image/jpeg"
    assert Image.open(small["Body"]).size == (160, 80)


def test_other_files_start_nothing(offline):
    s3 = offline.client("s3")
    s3.put_object(Bucket=BUCKET, Key="uploads/notes.txt", Body=b"text")
    s3.put_object(Bucket=BUCKET, Key="elsewhere/cat.jpg", Body=jpeg(10, 10))

    offline.settle()

    assert offline.runs() == []


def test_what_is_no_picture_is_tried_three_times_and_set_aside(offline):
    begun = offline.now
    offline.client("s3").put_object(Bucket=BUCKET, Key="uploads/broken.jpg", Body=b"no picture")

    offline.settle(raise_errors=False)

    assert len(offline.runs()) == 3
    assert (offline.now - begun).total_seconds() >= 180  # Lambda waits one minute, then two
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="thumbnails-failed")["QueueUrl"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    failed = json.loads(message["Body"])
    assert failed["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "uploads/broken.jpg"
    assert failed["responsePayload"]["errorType"] == "UnidentifiedImageError"


def test_outage_of_s3_only_makes_it_later(offline):
    s3 = offline.client("s3")
    offline.faults.error("s3.GetObject")
    s3.put_object(Bucket=BUCKET, Key="uploads/cat.jpg", Body=jpeg(320, 320))
    offline.advance(seconds=59, raise_errors=False)

    offline.faults.clear()
    offline.settle()

    assert s3.head_object(Bucket=BUCKET, Key="thumbnails/cat.jpg")["ContentType"] == "image/jpeg"
