"""How large a request AWS takes, by service, and what it says to a larger one.

The services check exactly what AWS checks. This is the rough limit on the wire before it, so that
no request is held in memory that cannot be one: text may take three times its length there
(percent encoding in a form, escapes in JSON), and a little more for the rest of the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import detect

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

KIB = 1024
MIB = 1024 * KIB
ON_THE_WIRE = 3
SMALL = 256 * KIB  # within every service's limit: not worth asking which it is

_OBJECT_OPERATIONS = frozenset({"PutObject", "UploadPart"})


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The most bytes a request's payload may have, and the error for more.

    `spools`: it is an object for S3, which goes to a file when it is large.
    """

    length: int
    code: str
    text: str
    status: int = 400
    spools: bool = False

    def exceeded(self) -> AwsError:
        """Return what AWS answers."""
        return AwsError(self.code, self.text, status=self.status)


# S3 user guide, "Quotas": 5 GiB in one PUT; chunk signatures come on top.
_OBJECT = BodyLimit(
    5 * 1024 * MIB + 64 * MIB,
    "EntityTooLarge",
    "Your proposed upload exceeds the maximum allowed size",
    spools=True,
)
_DEFAULT = BodyLimit(
    32 * MIB, "RequestEntityTooLarge", "The request is larger than the service takes.", 413
)
_LONG_MESSAGE = (
    "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
)
_LONG_BATCH = "Batch requests cannot be longer than 1048576 bytes."
_MESSAGE_WIRE = ON_THE_WIRE * MIB + 256 * KIB

_BY_SERVICE = {
    # Lists of 1,000 keys and of 10,000 parts.
    "s3": BodyLimit(16 * MIB, "MaxMessageLengthExceeded", "Your request was too big.", status=400),
    "sqs": BodyLimit(_MESSAGE_WIRE, "InvalidParameterValue", _LONG_MESSAGE),
    "sns": BodyLimit(_MESSAGE_WIRE, "InvalidParameter", "Invalid parameter: Message too long"),
    "events": BodyLimit(
        _MESSAGE_WIRE,
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    ),
    "scheduler": BodyLimit(
        ON_THE_WIRE * MIB, "ValidationException", "The request is larger than the service takes."
    ),
    # DynamoDB: what ScyllaDB's tests measured on AWS; Kinesis: PutRecords, 10 MiB in Base64.
    "dynamodb": BodyLimit(16 * MIB, "RequestEntityTooLarge", "Request entity too large", 413),
    # API Gateway takes 10 MiB, and says in the API's own words what is more.
    "execute-api": BodyLimit(16 * MIB, "RequestTooLargeException", "Request Too Long", 413),
    "kinesis": BodyLimit(24 * MIB, "RequestEntityTooLarge", "Request entity too large", 413),
}
_BY_OPERATION = {
    ("sqs", "SendMessageBatch"): BodyLimit(_MESSAGE_WIRE, "BatchRequestTooLong", _LONG_BATCH),
}
# AWS Lambda developer guide, "Quotas"; texts as recorded by users of CreateFunction and Invoke.
_INVOKE = 6_291_556
_LAMBDA = 70_167_211


def body_limit(head: HttpRequest) -> BodyLimit:
    """Return the limit for a request, of which the payload is not known yet."""
    try:
        target = detect(head)
    except AwsError:
        return _DEFAULT  # its service will say what is wrong with it
    service, operation = target.service, target.operation or ""
    if service == "lambda":
        is_run = operation.startswith("Invoke")
        length = _INVOKE if is_run else _LAMBDA
        code = "RequestTooLargeException" if is_run else "RequestEntityTooLargeException"
        text = f"Request must be smaller than {length} bytes for the {operation} operation"
        return BodyLimit(length, code, text, 413)
    if service == "s3" and (operation in _OBJECT_OPERATIONS or _is_form(head)):
        return _OBJECT
    special = _BY_OPERATION.get((service, operation))
    return special or _BY_SERVICE.get(service, _DEFAULT)


def _is_form(head: HttpRequest) -> bool:
    """Whether a page uploads an object with a form (S3 API reference, "POST Object")."""
    kind = head.headers.get("content-type") or ""
    return head.method == "POST" and kind.startswith("multipart/form-data")
