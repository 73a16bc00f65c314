"""What can go wrong between here and an AWS endpoint, each in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name for it
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Mapping


#: No answer came: nobody listens, or the connection broke or timed out.
NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError)
#: Everything a boto3 call can fail with that says something about the endpoint.
CALL_ERRORS = (ClientError, BotoCoreError, ResponseParserError)

_PASSING_STATUS = frozenset({429, 500, 502, 503, 504})
_PASSING_CODES = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "SlowDown"}
)
_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "AuthFailure",
        "InvalidAccessKeyId",
        "ExpiredToken",
        "ExpiredTokenException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "IncompleteSignature",
    }
)
_PERMISSIONS = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
# How engines say that they have no such service or operation: LocalStack answers 501, MiniStack
# and others 400 or 404 with one of these codes.
_NOT_OFFERED_STATUS = 501
# How many exceptions urllib3 and botocore may wrap around the one that says what happened.
_DEEPEST = 5
_NOT_OFFERED = frozenset(
    {
        "InvalidAction",
        "UnknownOperationException",
        "UnsupportedService",
        "UnknownService",
        "UnsupportedOperation",
        "NotImplemented",
    }
)


def code_of(error: Exception) -> str:
    """Return AWS's error code, "" for what is no reply of a service."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def message_of(error: Exception) -> str:
    """Return AWS's own text, or the exception's."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message") or code_of(error)).rstrip(".")
    return str(error).rstrip(".")


def will_pass(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    if isinstance(error, NO_ANSWER):
        return True
    if not isinstance(error, ClientError):
        return False
    status = _metadata(error.response).get("HTTPStatusCode")
    return status in _PASSING_STATUS or code_of(error) in _PASSING_CODES


def sentence(error: Exception, where: str, doing: str) -> str:
    """Say in one sentence why `doing` (an operation or a purpose) failed at `where`."""
    code = code_of(error)
    if isinstance(error, NO_ANSWER):
        return f"{where} does not answer ({doing}): {_reason(error)}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return f"there are no AWS credentials for {where}: {message_of(error)}"
    if code in _CREDENTIALS:
        return f"{where} does not accept these credentials ({doing}): {message_of(error)}"
    if code in _PERMISSIONS:
        return f"these credentials may not do this at {where} ({doing}): {message_of(error)}"
    if is_not_offered(error):
        return f"{where} does not offer what {doing} needs: {message_of(error)}"
    if isinstance(error, ResponseParserError):
        return f"{where} gave an answer to {doing} that is not in AWS's format"
    return f"{doing} failed at {where}: {message_of(error)}"


def is_not_offered(error: Exception) -> bool:
    """Whether the endpoint says that it has no such service or operation."""
    if not isinstance(error, ClientError):
        return False
    status = _metadata(error.response).get("HTTPStatusCode")
    return status == _NOT_OFFERED_STATUS or code_of(error) in _NOT_OFFERED


def _metadata(response: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = response.get("ResponseMetadata", {})
    return found


def _reason(error: Exception) -> str:
    """Return what the innermost exception says: "Connection refused", say."""
    inner: BaseException = error
    if isinstance(error, BotoCoreError) and isinstance(error.kwargs.get("error"), Exception):
        inner = error.kwargs["error"]
    for _ in range(_DEEPEST):
        deeper = [getattr(inner, "reason", None), *inner.args[-1:], inner.__cause__]
        found = [one for one in deeper if isinstance(one, BaseException)]
        if not found:
            break
        inner = found[0]
    text = getattr(inner, "strerror", None) or str(inner)
    return str(text).rpartition("] ")[2].rstrip(".") or type(inner).__name__
