"""Lifecycle rules and object lock, in virtual time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

DAY = 86_400
LARGE = b"1" * 128 * 1024  # what is smaller stays where it is unless a rule says otherwise
EXPIRES = "s3:LifecycleExpiration:*"


def rule(**actions: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, **actions}


def put_rules(notified: Any, *rules: dict[str, Any]) -> None:
    notified.s3.put_bucket_lifecycle_configuration(
        Bucket=notified.bucket, LifecycleConfiguration={"Rules": list(rules)}
    )


def keys(notified: Any) -> list[str]:
    listed = notified.s3.list_objects_v2(Bucket=notified.bucket)
    return [each["Key"] for each in listed.get("Contents", [])]


def test_objects_expire_at_midnight(notified: Any) -> None:
    """After their days, rounded up to the next midnight UTC, and the event tells of it."""
    notified.notify_queue(EXPIRES)
    notified.aws.advance(seconds=3600)
    put_rules(notified, rule(Expiration={"Days": 1}))
    put = notified.s3.put_object(Bucket=notified.bucket, Key="old/1", Body=b"1")
    notified.s3.put_object(Bucket=notified.bucket, Key="new/1", Body=b"1")
    assert put["Expiration"] == 'expiry-date="Sat, 03 Jan 2026 00:00:00 GMT", rule-id="r"'

    notified.aws.advance(seconds=DAY)
    assert keys(notified) == ["new/1", "old/1"]
    notified.aws.advance(seconds=DAY)
    assert keys(notified) == ["new/1"]
    assert notified.told() == [("LifecycleExpiration:Delete", "old/1")]


def test_versions_expire_after_they_were_superseded(notified: Any) -> None:
    """The current version gets a marker; older ones go for good, the newest of them may stay."""
    s3, bucket = notified.s3, notified.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(4):
        s3.put_object(Bucket=bucket, Key="old/1", Body=b"1")
    put_rules(
        notified,
        rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}),
    )
    notified.aws.advance(seconds=2 * DAY)
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2
    put_rules(notified, rule(Expiration={"Days": 1}))
    notified.aws.advance(seconds=2 * DAY)
    assert keys(notified) == []
    assert len(s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]) == 1


def test_uploads_are_given_up(notified: Any) -> None:
    """AbortIncompleteMultipartUpload counts from the beginning of the upload."""
    s3, bucket = notified.s3, notified.bucket
    put_rules(notified, rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}))
    s3.create_multipart_upload(Bucket=bucket, Key="old/1")
    notified.aws.advance(seconds=2 * DAY)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_transitions_change_the_class(notified: Any) -> None:
    """And an event says so."""
    notified.notify_queue("s3:LifecycleTransition")
    put_rules(notified, rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]))
    notified.s3.put_object(Bucket=notified.bucket, Key="old/1", Body=LARGE)
    notified.aws.advance(seconds=2 * DAY)
    head = notified.s3.head_object(Bucket=notified.bucket, Key="old/1")
    assert head["StorageClass"] == "GLACIER"
    assert notified.told() == [("LifecycleTransition", "old/1")]


def test_days_beyond_all_dates_are_the_last_one(notified: Any) -> None:
    """S3 takes any 32 bits of them; what they are asked of works as with others."""
    s3, bucket, days = notified.s3, notified.bucket, 2_147_483_647
    put_rules(
        notified,
        rule(
            Expiration={"Days": days},
            AbortIncompleteMultipartUpload={"DaysAfterInitiation": days},
            NoncurrentVersionExpiration={"NoncurrentDays": days},
            Transitions=[{"Days": days, "StorageClass": "GLACIER"}],
        ),
    )
    put = s3.put_object(Bucket=bucket, Key="old/1", Body=b"1")
    assert put["Expiration"] == 'expiry-date="Fri, 31 Dec 9999 00:00:00 GMT", rule-id="r"'
    assert s3.create_multipart_upload(Bucket=bucket, Key="old/2")["AbortDate"].year == 9999
    s3.put_object(Bucket=bucket, Key="cold", Body=b"1", StorageClass="GLACIER")
    s3.restore_object(Bucket=bucket, Key="cold", RestoreRequest={"Days": days})
    assert "31 Dec 9999" in s3.head_object(Bucket=bucket, Key="cold")["Restore"]
    notified.aws.advance(seconds=2 * DAY)
    assert keys(notified) == ["cold", "old/1"]


def class_of(notified: Any, key: str, **version: str) -> str:
    head = notified.s3.head_object(Bucket=notified.bucket, Key=key, **version)
    return str(head.get("StorageClass", "STANDARD"))


def test_rules_move_objects_down_only(notified: Any) -> None:
    """Of two rules that have come due the lower class counts, on the days after, too."""
    notified.notify_queue("s3:LifecycleTransition")
    put_rules(
        notified,
        rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}]),
        {**rule(Transitions=[{"Days": 60, "StorageClass": "GLACIER"}]), "ID": "s"},
    )
    notified.s3.put_object(Bucket=notified.bucket, Key="old/1", Body=LARGE)
    notified.s3.put_object(
        Bucket=notified.bucket, Key="old/2", Body=LARGE, StorageClass="DEEP_ARCHIVE"
    )
    told = [("LifecycleTransition", "old/1")]
    notified.aws.advance(seconds=31 * DAY)
    assert (class_of(notified, "old/1"), notified.told()) == ("STANDARD_IA", told)
    notified.aws.advance(seconds=30 * DAY)
    assert (class_of(notified, "old/1"), notified.told()) == ("GLACIER", told)
    for _ in range(3):
        notified.aws.advance(seconds=DAY)
        assert (class_of(notified, "old/1"), notified.told()) == ("GLACIER", [])
    assert class_of(notified, "old/2") == "DEEP_ARCHIVE"


@pytest.mark.parametrize(
    ("smallest", "filter_", "moved"),
    [
        (None, {}, []),
        ("varies_by_storage_class", {}, ["GLACIER"]),
        (None, {"ObjectSizeGreaterThan": 0}, ["GLACIER_IR", "GLACIER"]),
        (None, {"ObjectSizeLessThan": 100}, ["GLACIER_IR", "GLACIER"]),
    ],
)
def test_small_objects_are_moved_when_a_rule_says_so(
    notified: Any, smallest: str | None, filter_: dict[str, int], moved: list[str]
) -> None:
    """Those below 128 KB stay, or go to archives only, unless the rule has a size of its own."""
    s3, bucket = notified.s3, notified.bucket
    for wanted in ("GLACIER_IR", "GLACIER"):
        one = rule(Transitions=[{"Days": 1, "StorageClass": wanted}])
        one["Filter"] = {"And": {"Prefix": wanted, **filter_}} if filter_ else {"Prefix": wanted}
        more = {"TransitionDefaultMinimumObjectSize": smallest} if smallest else {}
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [one]}, **more
        )
        s3.put_object(Bucket=bucket, Key=wanted, Body=b"1")
        notified.aws.advance(seconds=2 * DAY)
        assert class_of(notified, wanted) == (wanted if wanted in moved else "STANDARD")


def test_the_newest_superseded_versions_may_stay_in_their_class(notified: Any) -> None:
    """NewerNoncurrentVersions of a transition counts as it does of an expiration."""
    s3, bucket = notified.s3, notified.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = [s3.put_object(Bucket=bucket, Key="old/1", Body=LARGE)["VersionId"] for _ in range(4)]
    moves = {"NoncurrentDays": 1, "StorageClass": "GLACIER", "NewerNoncurrentVersions": 2}
    put_rules(notified, rule(NoncurrentVersionTransitions=[moves]))
    notified.aws.advance(seconds=3 * DAY)
    classes = [class_of(notified, "old/1", VersionId=version) for version in made]
    assert classes == ["GLACIER", "STANDARD", "STANDARD", "STANDARD"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (rule(), "InvalidRequest"),
        (rule(Expiration={"Days": 0}), "InvalidArgument"),
        (rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}), "MalformedXML"),
        (rule(Transitions=[{"Days": 1, "StorageClass": "STANDARD_IA"}]), "InvalidArgument"),
        (rule(Filter={"Prefix": "a" * 1025}, Expiration={"Days": 1}), "InvalidRequest"),
        (
            rule(Filter={"Tag": {"Key": "k" * 129, "Value": "v"}}, Expiration={"Days": 1}),
            "InvalidRequest",
        ),
        (
            rule(
                Filter={"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v" * 257}]}},
                Expiration={"Days": 1},
            ),
            "InvalidRequest",
        ),
    ],
)
def test_bad_rules_are_refused(notified: Any, bad: dict[str, Any], code: str) -> None:
    """In AWS's codes; the rules before stay."""
    put_rules(notified, rule(Expiration={"Days": 1}))
    with pytest.raises(ClientError) as refused:
        put_rules(notified, bad)
    assert refused.value.response["Error"]["Code"] == code
    kept = notified.s3.get_bucket_lifecycle_configuration(Bucket=notified.bucket)
    assert kept["Rules"][0]["Expiration"] == {"Days": 1}


def test_locked_versions_stay_until_their_time(notified: Any) -> None:
    """Governance can be bypassed, compliance and holds cannot; time ends both periods."""
    s3, now = notified.s3, notified.aws.now
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    place = {"Bucket": "locked", "Key": "k"}

    def put(mode: str) -> str:
        until = now + timedelta(days=1)
        return s3.put_object(
            **place, Body=b"1", ObjectLockMode=mode, ObjectLockRetainUntilDate=until
        )["VersionId"]

    def is_refused(version: str, **options: Any) -> bool:
        try:
            s3.delete_object(**place, VersionId=version, **options)
        except ClientError as error:
            return error.response["Error"]["Code"] == "AccessDenied"
        return False

    governed, strict = put("GOVERNANCE"), put("COMPLIANCE")
    assert is_refused(governed)
    assert not is_refused(governed, BypassGovernanceRetention=True)
    assert is_refused(strict, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**place, VersionId=strict, LegalHold={"Status": "ON"})
    notified.aws.advance(seconds=2 * DAY)
    assert is_refused(strict)
    s3.put_object_legal_hold(**place, VersionId=strict, LegalHold={"Status": "OFF"})
    assert not is_refused(strict)
