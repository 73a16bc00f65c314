"""Square's errors: `{"errors": [{"category", "code", "detail", "field"}]}` and their status.

Categories and codes are those of Square's published OpenAPI document (ErrorCategory, ErrorCode).
"""

from __future__ import annotations

from simulators.simulator import Refusal
from simulators.wsgi import Response

INVALID_REQUEST = "INVALID_REQUEST_ERROR"

_BY_STATUS = {
    400: (INVALID_REQUEST, "BAD_REQUEST"),
    401: ("AUTHENTICATION_ERROR", "UNAUTHORIZED"),
    404: (INVALID_REQUEST, "NOT_FOUND"),
    405: (INVALID_REQUEST, "METHOD_NOT_ALLOWED"),
    409: (INVALID_REQUEST, "CONFLICT"),
    429: ("RATE_LIMIT_ERROR", "RATE_LIMITED"),
    502: ("API_ERROR", "BAD_GATEWAY"),
    503: ("API_ERROR", "SERVICE_UNAVAILABLE"),
    504: ("API_ERROR", "GATEWAY_TIMEOUT"),
}


def error_response(
    status: int, detail: str, *, code: str | None = None, field: str | None = None
) -> Response:
    """Return an error reply; category and code follow the status unless a code is given."""
    category, usual_code = _BY_STATUS.get(status, ("API_ERROR", "INTERNAL_SERVER_ERROR"))
    error = {"category": category, "code": code or usual_code, "detail": detail}
    if field is not None:
        error["field"] = field
    return Response.of_json({"errors": [error]}, status)


def refuse(status: int, code: str, detail: str, field: str | None = None) -> Refusal:
    """Return the exception that answers a request with one error."""
    return Refusal(error_response(status, detail, code=code, field=field))


def invalid(code: str, detail: str, field: str) -> Refusal:
    """Return the exception for a field that does not hold what it must."""
    return refuse(400, code, detail, field)
