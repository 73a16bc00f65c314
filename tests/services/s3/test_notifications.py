"""Events of objects, as queues, topics, functions and EventBridge hear of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALL = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")


def test_put_object_sends_one_record(notified: Any) -> None:
    """The record has every member AWS sends, in AWS's spelling (recorded)."""
    notified.notify_queue("s3:ObjectCreated:Put", Id="to-queue")
    notified.s3.put_object(Bucket=notified.bucket, Key="my_key_0", Body=b"something")

    (record,) = notified.records()
    assert record.pop("userIdentity")["principalId"].startswith("AWS:")
    ids = record.pop("responseElements")
    assert sorted(ids) == ["x-amz-id-2", "x-amz-request-id"]
    assert int(record["s3"]["object"].pop("sequencer"), 16) > 0
    owner = record["s3"]["bucket"].pop("ownerIdentity")["principalId"]
    assert owner.isalnum()
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "to-queue",
            "bucket": {"name": notified.bucket, "arn": f"arn:aws:s3:::{notified.bucket}"},
            "object": {"key": "my_key_0", "size": 9, "eTag": "437b930db84b8079c2dd804a71936b5f"},
        },
    }


def test_record_names_the_request_that_caused_it(notified: Any) -> None:
    """The ids in the record are those of the reply the caller got."""
    notified.notify_queue("s3:ObjectCreated:*")
    reply = notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")["ResponseMetadata"]

    (record,) = notified.records()
    assert record["responseElements"]["x-amz-request-id"] == reply["RequestId"]
    assert record["responseElements"]["x-amz-id-2"] == reply["HostId"]


@pytest.mark.parametrize(
    ("key", "encoded"), [("a@b", "a%40b"), ("a b/ü+", "a+b/%C3%BC%2B"), ("d/e-f_g.h", "d/e-f_g.h")]
)
def test_key_is_encoded_as_in_a_form(notified: Any, key: str, encoded: str) -> None:
    """Space becomes +, slashes stay (recorded)."""
    notified.notify_queue("s3:ObjectCreated:*")
    notified.s3.put_object(Bucket=notified.bucket, Key=key, Body=b"1")
    assert notified.told() == [("ObjectCreated:Put", encoded)]


def test_size_is_that_of_the_object_not_of_its_chunks(notified: Any) -> None:
    """A body sent in chunks with a trailing checksum counts without them."""
    import io

    notified.notify_queue("s3:ObjectCreated:*")
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=io.BytesIO(b"x" * 100_000))
    assert notified.records()[0]["s3"]["object"]["size"] == 100_000


def test_copy_and_multipart_upload_have_names_of_their_own(notified: Any) -> None:
    """Copies and completed multipart uploads tell size and ETag of what was made."""
    notified.notify_queue("s3:ObjectCreated:*")
    s3, bucket = notified.s3, notified.bucket
    s3.put_object(Bucket=bucket, Key="a", Body=b"something")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="c", UploadId=upload, PartNumber=1, Body=b"1" * 6144)
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="c", UploadId=upload, MultipartUpload=parts)

    records = notified.records()
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
    ]
    assert [record["s3"]["object"]["size"] for record in records] == [9, 9, 6144]
    etag = records[2]["s3"]["object"]["eTag"]
    assert etag == "8eabe9d6b43316e840b079170916c079-1"


@pytest.mark.parametrize("aws", ["http"], indirect=True)  # a form is sent without boto3
def test_form_upload_is_a_post(notified: Any) -> None:
    """An upload by HTML form is ObjectCreated:Post."""
    import requests

    notified.notify_queue("s3:ObjectCreated:Post")
    post = notified.s3.generate_presigned_post(notified.bucket, "up/menu")
    requests.post(post["url"], data=post["fields"], files={"file": b"by post"}, timeout=5)

    (record,) = notified.records()
    assert record["eventName"] == "ObjectCreated:Post"
    assert record["s3"]["object"]["key"] == "up/menu"
    assert record["s3"]["object"]["size"] == 7


def test_delete_objects_tells_each_key_even_missing_ones(notified: Any) -> None:
    """One event per key, also in quiet mode and for keys that never were (recorded)."""
    notified.notify_queue("s3:ObjectRemoved:*")
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")
    objects = [{"Key": "k"}, {"Key": "dummy1"}]
    notified.s3.delete_objects(Bucket=notified.bucket, Delete={"Objects": objects, "Quiet": True})

    records = notified.records()
    assert [record["s3"]["object"]["key"] for record in records] == ["k", "dummy1"]
    assert all(sorted(record["s3"]["object"]) == ["key", "sequencer"] for record in records)


def test_versions_are_named(notified: Any) -> None:
    """Records of a versioned bucket name the version; a delete marker has the ETag of nothing."""
    notified.notify_queue(*ALL)
    s3, bucket = notified.s3, notified.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"data")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)

    told = []
    for record in notified.records():
        told.append((record["eventName"], record["s3"]["object"]))
        del told[-1][1]["sequencer"]
    assert told == [
        (
            "ObjectCreated:Put",
            {
                "key": "k",
                "size": 4,
                "eTag": "8d777f385d3dfec8815d20f7496026dc",
                "versionId": version,
            },
        ),
        (
            "ObjectRemoved:DeleteMarkerCreated",
            {"key": "k", "eTag": "d41d8cd98f00b204e9800998ecf8427e", "versionId": marker},
        ),
        ("ObjectRemoved:Delete", {"key": "k", "versionId": version}),
    ]


def test_tagging_has_version_2_3_and_no_sequencer(notified: Any) -> None:
    """Tags set and removed are told with key and ETag only (recorded)."""
    notified.notify_queue("s3:ObjectTagging:*")
    place = {"Bucket": notified.bucket, "Key": "k"}
    notified.s3.put_object(**place, Body=b"FooBarBlitz")
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    notified.s3.put_object_tagging(**place, Tagging=tags)
    notified.s3.delete_object_tagging(**place)

    records = notified.records()
    assert [(each["eventName"], each["eventVersion"]) for each in records] == [
        ("ObjectTagging:Put", "2.3"),
        ("ObjectTagging:Delete", "2.3"),
    ]
    assert records[0]["s3"]["object"] == {"key": "k", "eTag": "f3e6da48d914f3f04f6bd9cb092c044d"}


def test_acl_is_told_only_when_it_changes(notified: Any) -> None:
    """Setting the list an object has already is no event (recorded)."""
    notified.notify_queue("s3:ObjectAcl:Put")
    notified.s3.delete_public_access_block(Bucket=notified.bucket)
    notified.s3.put_bucket_ownership_controls(
        Bucket=notified.bucket,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )
    place = {"Bucket": notified.bucket, "Key": "k"}
    notified.s3.put_object(**place, Body=b"1")
    for acl in ("private", "public-read", "public-read", "private"):
        notified.s3.put_object_acl(**place, ACL=acl)
    notified.s3.put_object(**place, Body=b"2", ACL="public-read")
    notified.s3.put_object_acl(**place, ACL="public-read")

    assert notified.told() == [("ObjectAcl:Put", "k")] * 2


def test_restore_is_told_when_asked_and_when_done(notified: Any) -> None:
    """Restoring an archived object makes two events; the second is S3's own (recorded)."""
    notified.notify_queue("s3:ObjectRestore:*")
    place = {"Bucket": notified.bucket, "Key": "k"}
    notified.s3.put_object(**place, Body=b"something", StorageClass="GLACIER")
    notified.s3.restore_object(**place, RestoreRequest={"Days": 1})

    asked, done = notified.records()
    assert (asked["eventName"], done["eventName"]) == (
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
    )
    assert "glacierEventData" not in asked
    assert done["glacierEventData"]["restoreEventData"] == {
        "lifecycleRestorationExpiryTime": "2026-01-02T00:00:00.000Z",
        "lifecycleRestoreStorageClass": "GLACIER",
    }
    owner = done["s3"]["bucket"]["ownerIdentity"]["principalId"]
    assert done["userIdentity"]["principalId"] == f"AmazonCustomer:{owner}"


def test_failed_write_notifies_nobody(notified: Any) -> None:
    """What S3 refused did not happen."""
    notified.notify_queue(*ALL)
    with pytest.raises(notified.s3.exceptions.ClientError):
        notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1", IfMatch='"other"')
    assert notified.records() == []


def test_sequencer_grows_with_every_event(notified: Any) -> None:
    """Within one millisecond, too."""
    notified.notify_queue(*ALL)
    for content in (b"1", b"2", b"3"):
        notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=content)
    sequencers = [record["s3"]["object"]["sequencer"] for record in notified.records()]
    assert sequencers == sorted(set(sequencers))


@pytest.mark.parametrize(
    ("rules", "keys"),
    [
        ([("Prefix", "menus/")], ["menus/a.csv", "menus/a b.txt"]),
        ([("Suffix", ".csv")], ["menus/a.csv", "other/a.csv"]),
        ([("prefix", "menus/"), ("SUFFIX", ".csv")], ["menus/a.csv"]),
        ([("Prefix", "menus/a+b")], ["menus/a b.txt"]),
        ([("Suffix", "")], ["menus/a.csv", "menus/a b.txt", "other/a.csv"]),
    ],
)
def test_filters_choose_keys(notified: Any, rules: list[tuple[str, str]], keys: list[str]) -> None:
    """Prefix and suffix must both fit; in them a + stands for a space."""
    filter_rules = [{"Name": name, "Value": value} for name, value in rules]
    notified.notify_queue("s3:ObjectCreated:*", Filter={"Key": {"FilterRules": filter_rules}})
    for key in ("menus/a.csv", "menus/a b.txt", "other/a.csv"):
        notified.s3.put_object(Bucket=notified.bucket, Key=key, Body=b"1")
    assert [key.replace("+", " ") for _, key in notified.told()] == keys


def test_trace_header_travels_with_the_message(notified: Any) -> None:
    """The X-Ray header of the write becomes the message's AWSTraceHeader (recorded)."""
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    notified.notify_queue("s3:ObjectCreated:*")
    notified.s3.meta.events.register_first(
        "before-sign.s3.PutObject",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", trace),
    )
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")
    (message,) = notified.messages(AttributeNames=["AWSTraceHeader"])
    assert message["Attributes"]["AWSTraceHeader"] == trace


def test_topic_gets_the_same_text_with_a_subject(aws: Any, notified: Any) -> None:
    """SNS gets test event and record as its message."""
    sns = aws.client("sns")
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=notified.queue_arn)
    notified.configure(TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}])
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")

    test_event, event = notified.bodies()
    assert test_event["Subject"] == event["Subject"] == "Amazon S3 Notification"
    assert json.loads(test_event["Message"])["Bucket"] == notified.bucket
    assert json.loads(event["Message"])["Records"][0]["s3"]["object"]["key"] == "k"


def test_function_is_invoked_with_the_record(aws: Any, notified: Any) -> None:
    """A function gets the record as its event, and no test event."""
    seen: list[Any] = []
    arn = aws.function("on-upload", seen.append)
    notified.configure(
        LambdaFunctionConfigurations=[
            {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], "Id": "f"}
        ]
    )
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")
    aws.settle()
    assert [record["s3"]["configurationId"] for event in seen for record in event["Records"]] == [
        "f"
    ]


def test_event_bridge_gets_every_event(aws: Any, notified: Any) -> None:
    """EventBridge hears of everything, with the key as it is (recorded)."""
    events = aws.client("events")
    events.put_rule(Name="s3", EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule="s3", Targets=[{"Id": "q", "Arn": notified.queue_arn}])
    notified.configure(EventBridgeConfiguration={})
    notified.s3.put_object(Bucket=notified.bucket, Key="a b", Body=b"data")
    notified.s3.delete_object(Bucket=notified.bucket, Key="a b")

    created, deleted = notified.bodies()
    assert created["detail-type"] == "Object Created"
    assert created["resources"] == [f"arn:aws:s3:::{notified.bucket}"]
    assert created["region"] == "us-east-1"
    detail = created["detail"]
    assert int(detail["object"].pop("sequencer"), 16) > 0
    assert detail.pop("request-id")
    assert detail == {
        "version": "0",
        "bucket": {"name": notified.bucket},
        "object": {"key": "a b", "size": 4, "etag": "8d777f385d3dfec8815d20f7496026dc"},
        "requester": "000000000000",
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_event_has_the_region_of_the_bucket(aws: Any, notified: Any) -> None:
    """Whoever writes from wherever: region and destination are the bucket's."""
    url, arn = notified.queue("west-notifications", region="us-west-2")
    west = aws.client("s3", region="us-west-2")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    west.put_bucket_notification_configuration(
        Bucket="west", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    notified.s3.put_object(Bucket="west", Key="k", Body=b"1")

    sqs = aws.client("sqs", region="us-west-2")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(received[1]["Body"])["Records"][0]["awsRegion"] == "us-west-2"


def test_lost_notification_is_written_down(aws: Any, notified: Any) -> None:
    """A queue deleted meanwhile: the write succeeds, the journal tells what was lost and why."""
    notified.notify_queue("s3:ObjectCreated:*")
    notified.sqs.delete_queue(QueueUrl=notified.queue_url)
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")

    (note,) = [
        entry
        for entry in aws.emulator.journal.entries()
        if entry.kind == "note" and entry.subject == notified.queue_arn
    ]
    assert "lost" in note.outcome
    assert "QueueDoesNotExist" in note.outcome


def test_deleted_bucket_takes_its_configuration_along(notified: Any) -> None:
    """A new bucket of the same name notifies nobody."""
    notified.notify_queue(*ALL)
    notified.s3.delete_bucket(Bucket=notified.bucket)
    notified.s3.create_bucket(Bucket=notified.bucket)
    notified.s3.put_object(Bucket=notified.bucket, Key="k", Body=b"1")
    assert notified.records() == []
