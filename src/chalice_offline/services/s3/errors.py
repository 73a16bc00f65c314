"""S3's errors, with AWS's texts (API reference, "List of error codes", and recordings)."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError

INVALID_VERSION = "Invalid version id specified"


def no_such_bucket(bucket: str) -> AwsError:
    """No bucket of that name."""
    return AwsError(
        "NoSuchBucket",
        "The specified bucket does not exist",
        status=404,
        fields={"BucketName": bucket},
    )


def unreadable(reason: Exception) -> AwsError:
    """What is kept of an object is not what was written; S3's code for a failure of its own."""
    return AwsError("InternalError", str(reason), status=500, sender_fault=False)


def no_such_website(bucket: str) -> AwsError:
    """The bucket is no website."""
    return AwsError(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
        status=404,
        fields={"BucketName": bucket},
    )


def no_such_key(key: str) -> AwsError:
    """No object under that key, or a delete marker over it."""
    return AwsError(
        "NoSuchKey", "The specified key does not exist.", status=404, fields={"Key": key}
    )


def no_such_version(key: str, version_id: str) -> AwsError:
    """No version of that id under the key."""
    return AwsError(
        "NoSuchVersion",
        "The specified version does not exist.",
        status=404,
        fields={"Key": key, "VersionId": version_id},
    )


def no_such_upload(upload_id: str) -> AwsError:
    """No multipart upload of that id under the key, or it is over."""
    return AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed.",
        status=404,
        fields={"UploadId": upload_id},
    )


def invalid_argument(message: str, name: str = "", value: str | None = None) -> AwsError:
    """An argument S3 refuses; `name` and `value` say which where S3 does."""
    fields = {"ArgumentName": name} if name else {}
    if value is not None:
        fields["ArgumentValue"] = value
    return AwsError("InvalidArgument", message, fields=fields)


def invalid_request(message: str) -> AwsError:
    """A request whose parts do not fit together."""
    return AwsError("InvalidRequest", message)


def access_denied(message: str = "Access Denied") -> AwsError:
    """The caller may not do this."""
    return AwsError("AccessDenied", message, status=403)


def precondition_failed(condition: str) -> AwsError:
    """A conditional request whose condition, named as its header field, does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        status=412,
        fields={"Condition": condition},
    )


def not_implemented_header(header: str, additional: str = "") -> AwsError:
    """A header field whose value asks for what S3 does not have."""
    fields = {"Header": header}
    if additional:
        fields["additionalMessage"] = additional
    return AwsError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        status=501,
        fields=fields,
    )


def malformed_xml() -> AwsError:
    """A body that is not what S3's schema asks for."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def method_not_allowed(method: str, resource: str, **headers: str) -> AwsError:
    """What cannot be done to this kind of resource (reading a delete marker)."""
    return AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        status=405,
        fields={"Method": method, "ResourceType": resource},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


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
