"""Putting and getting notification configurations, and what S3 refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

CREATED = "s3:ObjectCreated:*"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:{}"


def refusal(notified: Any, rules: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        notified.s3.put_bucket_notification_configuration(
            Bucket=notified.bucket,
            NotificationConfiguration={"QueueConfigurations": rules},
            **options,
        )
    error: dict[str, Any] = refused.value.response["Error"]
    return error


def filtered(event: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    rules = [{"Name": "Prefix", "Value": prefix}, {"Name": "Suffix", "Value": suffix}]
    chosen = [rule for rule in rules if rule["Value"]]
    rule: dict[str, Any] = {"QueueArn": QUEUE.format("notifications"), "Events": [event]}
    if chosen:
        rule["Filter"] = {"Key": {"FilterRules": chosen}}
    return rule


def test_configuration_comes_back(notified: Any) -> None:
    """Everything put is told, filter names with capitals; putting nothing clears it (recorded)."""
    rule = {
        "Id": "id0001",
        "QueueArn": notified.queue_arn,
        "Events": [CREATED, "s3:ObjectRemoved:Delete"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "menus/"}]}},
    }
    notified.configure(QueueConfigurations=[rule], EventBridgeConfiguration={})

    told = notified.s3.get_bucket_notification_configuration(Bucket=notified.bucket)
    rule["Filter"]["Key"]["FilterRules"][0]["Name"] = "Prefix"
    assert told["QueueConfigurations"] == [rule]
    assert told["EventBridgeConfiguration"] == {}
    notified.configure()
    told = notified.s3.get_bucket_notification_configuration(Bucket=notified.bucket)
    assert list(told) == ["ResponseMetadata"]


def test_rules_without_id_get_one(notified: Any) -> None:
    """S3 names rules that have no name."""
    notified.configure(QueueConfigurations=[filtered(CREATED, "a/"), filtered(CREATED, "b/")])
    told = notified.s3.get_bucket_notification_configuration(Bucket=notified.bucket)
    ids = [rule["Id"] for rule in told["QueueConfigurations"]]
    assert all(ids)
    assert ids[0] != ids[1]


def test_test_event_tells_of_the_configuration(notified: Any) -> None:
    """The destination gets one message that is no record (recorded)."""
    notified.configure(QueueConfigurations=[filtered(CREATED)])
    (body,) = notified.bodies()
    assert body.pop("RequestId")
    assert body.pop("HostId")
    assert body == {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2026-01-01T00:00:00.000Z",
        "Bucket": notified.bucket,
    }


def test_missing_bucket_is_refused(notified: Any) -> None:
    """Both operations say NoSuchBucket (recorded)."""
    for operation, parameters in (
        ("get_bucket_notification_configuration", {}),
        ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(notified.s3, operation)(Bucket="no-such-bucket", **parameters)
        error = refused.value.response["Error"]
        assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", "no-such-bucket")
        assert error["Message"] == "The specified bucket does not exist"


@pytest.mark.parametrize("skips", [False, True])
def test_text_that_is_no_arn_is_refused(notified: Any, skips: bool) -> None:
    """Skipping the validation of destinations does not help (recorded)."""
    rules = [
        {"QueueArn": QUEUE.format("missing"), "Events": [CREATED]},
        {"QueueArn": "invalid-queue", "Events": ["s3:ObjectRemoved:*"]},
    ]
    error = refusal(notified, rules, SkipDestinationValidation=skips)
    assert error == {
        "Code": "InvalidArgument",
        "Message": "The ARN could not be parsed",
        "ArgumentName": "Queue",
        "ArgumentValue": "invalid-queue",
    }


def test_all_missing_destinations_are_named(notified: Any) -> None:
    """Numbered arguments name them (recorded); skipping the validation takes them."""
    first, second = QUEUE.format("first"), QUEUE.format("second")
    rules = [
        {"QueueArn": first, "Events": [CREATED]},
        {"QueueArn": second, "Events": ["s3:ObjectRemoved:*"]},
    ]
    error = refusal(notified, rules)
    assert error == {
        "Code": "InvalidArgument",
        "Message": "Unable to validate the following destination configurations",
        "ArgumentName1": first,
        "ArgumentValue1": "The destination queue does not exist",
        "ArgumentName2": second,
        "ArgumentValue2": "The destination queue does not exist",
    }
    notified.s3.put_bucket_notification_configuration(
        Bucket=notified.bucket,
        NotificationConfiguration={"QueueConfigurations": rules},
        SkipDestinationValidation=True,
    )
    told = notified.s3.get_bucket_notification_configuration(Bucket=notified.bucket)
    assert [rule["QueueArn"] for rule in told["QueueConfigurations"]] == [first, second]


def test_missing_function_is_not_authorized(notified: Any) -> None:
    """S3 says so of a function that is not there (recorded)."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function:my-lambda"
    rule = {"LambdaFunctionArn": arn, "Events": [CREATED]}
    with pytest.raises(ClientError) as refused:
        notified.configure(LambdaFunctionConfigurations=[rule])
    error = refused.value.response["Error"]
    assert error["ArgumentName1"] == f"{arn}, null"
    assert error["ArgumentValue1"] == f"Not authorized to invoke function [{arn}]"


def test_destination_of_another_region_is_refused(notified: Any) -> None:
    """S3 delivers within the bucket's region only."""
    rule = {"QueueArn": "arn:aws:sqs:eu-west-1:000000000000:q", "Events": [CREATED]}
    assert "not valid for the bucket location constraint" in refusal(notified, [rule])["Message"]


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (filtered(CREATED), filtered("s3:ObjectCreated:Put"), "cannot share a common event type"),
        (filtered(CREATED, "a"), filtered(CREATED, "ab"), "ambiguously defined"),
        (filtered(CREATED, suffix=".b"), filtered(CREATED, suffix="a.b"), "ambiguously defined"),
        (filtered(CREATED, "a"), filtered(CREATED, suffix="b"), "ambiguously defined"),
    ],
)
def test_overlapping_rules_are_refused(
    notified: Any, one: dict[str, Any], other: dict[str, Any], text: str
) -> None:
    """An event on a key may match one rule at most."""
    assert text in refusal(notified, [one, other])["Message"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (filtered(CREATED, "a/"), filtered(CREATED, "b/")),
        (filtered(CREATED, "a", ".x"), filtered(CREATED, "a", ".y")),
        (filtered(CREATED), filtered("s3:ObjectRemoved:*")),
    ],
)
def test_rules_apart_are_taken(notified: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Disjoint prefixes, suffixes or events do not overlap."""
    notified.configure(QueueConfigurations=[one, other])
    told = notified.s3.get_bucket_notification_configuration(Bucket=notified.bucket)
    assert len(told["QueueConfigurations"]) == 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Events": ["s3:ObjectEaten:*"]}, "The event is not supported for notifications"),
        (
            {"Filter": {"Key": {"FilterRules": [{"Name": "infix", "Value": "a"}]}}},
            "filter rule name must be either prefix or suffix",
        ),
        (
            {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a"}] * 2}}},
            "Cannot specify more than one prefix rule in a filter.",
        ),
        ({"QueueArn": QUEUE.format("q.fifo")}, "FIFO SQS topics are not supported."),
    ],
)
def test_malformed_rules_are_refused(notified: Any, change: dict[str, Any], text: str) -> None:
    """InvalidArgument with S3's texts."""
    assert refusal(notified, [{**filtered(CREATED), **change}])["Message"] == text
