"""Toast's errors: one ErrorMessage object, with the status repeated inside.

Source: doc.toasttab.com, "API responses and errors".
"""

from __future__ import annotations

from simulators.simulator import Refusal
from simulators.wsgi import Response

_CODES = {400: 10001, 401: 10010, 403: 10012, 404: 10006, 409: 10009, 429: 10029}


def error_response(status: int, message: str, *, field: str | None = None) -> Response:
    """Return an error reply in Toast's shape."""
    error = {
        "status": status,
        "code": _CODES.get(status, 10000),
        "message": message,
        "messageKey": None,
        "fieldName": field,
        "link": None,
        "requestId": "00000000-0000-0000-0000-000000000000",
        "developerMessage": None,
        "errors": [],
        "canRetry": "true" if status >= 500 or status == 429 else "false",
    }
    return Response.of_json(error, status)


def refuse(status: int, message: str, *, field: str | None = None) -> Refusal:
    """Return the exception that answers a request with one error."""
    return Refusal(error_response(status, message, field=field))


def invalid(field: str, message: str) -> Refusal:
    """Return the exception for a field that does not hold what it must."""
    return refuse(400, message, field=field)
