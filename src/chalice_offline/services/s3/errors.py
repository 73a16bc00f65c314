"""S3's errors, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def no_such_bucket(bucket: str) -> AwsError:
    """No bucket of that name (recorded on AWS)."""
    return AwsError(
        "NoSuchBucket",
        "The specified bucket does not exist",
        status=404,
        fields={"BucketName": bucket},
    )


def invalid_argument(message: str, name: str = "", value: str = "") -> AwsError:
    """An argument S3 refuses; `name` and `value` say which where S3 does."""
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return AwsError("InvalidArgument", message, fields=fields)


def unusable_destinations(reasons: list[tuple[str, str]]) -> AwsError:
    """Destinations that cannot be delivered to: numbered names and reasons (recorded on AWS)."""
    fields: dict[str, str] = {}
    for number, (arn, reason) in enumerate(reasons, start=1):
        fields[f"ArgumentName{number}"] = arn
        fields[f"ArgumentValue{number}"] = reason
    return AwsError(
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        fields=fields,
    )
