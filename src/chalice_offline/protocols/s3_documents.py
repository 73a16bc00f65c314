"""What S3's documents are called where botocore's model does not say, and what S3 says of values.

Sources: the response syntax of each operation in the Amazon S3 API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers
from chalice_offline.protocols.form import decode_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest

_IN_LINKS = ("x-amz-", "if-match", "if-none-match")
_AUTHENTICATION = frozenset(
    f"x-amz-{name}"
    for name in (
        "algorithm", "credential", "date", "expires", "security-token", "signature",
        "signedheaders",
    )
)  # fmt: skip

ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
# Members that come before the others.
FIRST = {"ListBuckets": ("Owner",)}
# Members that come after the others.
LAST = {
    "ListObjects": ("Contents",),
    "ListObjectsV2": ("Contents",),
    "ListObjectVersions": ("Versions", "DeleteMarkers", "CommonPrefixes"),
}
# Required by the model, and yet S3 takes requests without (recorded).
MAY_BE_ABSENT = (
    "Value null at 'policy'",
    "Value null at 'tagging.tagSet'",
    "Value null at 'objectAttributes'",
)
# The parameter that says why a body cannot be read, (code, message): S3 looks for the bucket first.
REFUSED_BODY = "RefusedBody"
LOCATION_OPERATION = "GetBucketLocation"


def fields_of_link(request: HttpRequest) -> Headers:
    """Return the header fields of a signed link: some stand in its query string (recorded on AWS).

    API reference, "Authenticating Requests: Using Query Parameters".
    """
    fields = Headers(request.headers.items())
    for name, value in decode_pairs(request.query):
        lowered = name.lower()
        if lowered.startswith(_IN_LINKS) and lowered not in _AUTHENTICATION:
            fields.setdefault(lowered, value)
    return fields


def location_writer(declaration: str, namespace: str) -> Callable[[dict[str, Any]], bytes]:
    """Return the writer of GetBucketLocation's document, which is one bare text."""

    def write(result: dict[str, Any]) -> bytes:
        text = result.get("LocationConstraint") or ""
        start = f'{declaration}<LocationConstraint xmlns="{namespace}"'
        return (f"{start}>{text}</LocationConstraint>" if text else f"{start}/>").encode()

    return write


def unreadable(name: str, shape: Any, text: str) -> AwsError | None:
    """Return the error for a parameter or header field; dates nobody can read are ignored."""
    if not text and shape.type_name in ("integer", "long"):
        return None
    if shape.type_name == "timestamp" and name.startswith(("if-", "x-amz-copy-source-if-")):
        return None
    fields = {"ArgumentName": name, "ArgumentValue": text}
    if shape.type_name in ("integer", "long"):
        message = f"Provided {name} not an integer or within integer range"
        return AwsError("InvalidArgument", message, fields=fields)
    return AwsError("InvalidArgument", f"Invalid value for {name}", fields=fields)
