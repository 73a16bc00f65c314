"""From what a function returned to what the client of its URL gets.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs", "Response payload format".
What has no `statusCode` is the body of a 200, as JSON without spaces, a string as it is (recorded).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.utf8 import utf8

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.core.run import Outcome

_JSON = "application/json"
_FAILED = "Internal Server Error"
_Pairs = list[tuple[str, str]]


class _NoResponse(Exception):  # noqa: N818 - never leaves this module
    """What a function returned is no response."""


def url_reply(outcome: Outcome, *, streamed: bool) -> Result:
    """Return the reply to a request; `streamed` passes on what the function gave, as it is."""
    if outcome.failed:
        return failed_reply()
    if streamed:
        return _reply(200, [("Content-Type", "application/octet-stream")], outcome.payload)
    try:
        returned = json.loads(outcome.payload)
        if isinstance(returned, dict) and "statusCode" in returned:
            return _described(returned)
    except (ValueError, _NoResponse):
        return failed_reply()
    return _reply(200, [("Content-Type", _JSON)], _body(returned))


def failed_reply() -> Result:
    """Return what is answered when the function failed, or returned no response (recorded)."""
    return _reply(502, [("Content-Type", _JSON)], _FAILED.encode())


def _described(returned: dict[str, Any]) -> Result:
    status = _status(returned["statusCode"])
    body = returned.get("body")
    content = b"" if body is None else _body(body)
    if returned.get("isBase64Encoded") is True:
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise _NoResponse from error
    headers = returned.get("headers") or {}
    cookies = returned.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise _NoResponse
    pairs = [(str(name), _value(value)) for name, value in headers.items()]
    if all(name.lower() != "content-type" for name, _ in pairs):
        pairs.append(("Content-Type", _JSON))
    pairs += [("Set-Cookie", _value(cookie)) for cookie in cookies]
    return _reply(status, pairs, content)


def _status(given: Any) -> int:
    """Return a status; digits in a string are one as well (recorded)."""
    try:
        status = int(given)
    except (TypeError, ValueError) as error:
        raise _NoResponse from error
    if not 200 <= status <= 599:
        raise _NoResponse
    return status


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _body(value: Any) -> bytes:
    return utf8(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))


def _reply(status: int, headers: _Pairs, body: bytes) -> Result:
    return {"statusCode": status, "headers": headers, "body": body}
