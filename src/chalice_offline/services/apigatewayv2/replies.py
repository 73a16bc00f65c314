"""What clients get: API Gateway's own replies, and those that functions make."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from chalice_offline.core.utf8 import utf8

JSON = "application/json"


@dataclass(slots=True)
class Reply:
    """A reply. Header fields may repeat."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class Refused(Exception):  # noqa: N818 - a reply of API Gateway's own
    """No integration answers: API Gateway does."""

    def __init__(
        self, status: int, message: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.reply = plain(status, message, headers)


def plain(status: int, message: str, headers: list[tuple[str, str]] | None = None) -> Reply:
    """Return one of API Gateway's own replies."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Reply(status, [("Content-Type", JSON), *(headers or [])], body)


def not_found() -> Refused:
    """No route fits."""
    return Refused(404, "Not Found")


def unauthorized(challenge: str = "") -> Refused:
    """Nobody says who asks."""
    return Refused(401, "Unauthorized", [("www-authenticate", challenge)] if challenge else None)


def forbidden() -> Refused:
    """Whoever asks may not."""
    return Refused(403, "Forbidden")


def failed() -> Refused:
    """An integration's or authorizer's mistake."""
    return Refused(500, "Internal Server Error")


def unavailable() -> Refused:
    """An integration does not answer in time, or at all."""
    return Refused(503, "Service Unavailable")


def function_reply(payload: bytes, version: str) -> Reply:
    """Return the reply that a function's result means; raises Refused for one that means none.

    Format 2.0 infers: what has no status code is the body of a 200 (AWS, "AWS Lambda proxy
    integrations for HTTP APIs").
    """
    try:
        result = json.loads(payload or b"null")
    except ValueError as error:
        raise failed() from error
    if isinstance(result, dict) and "statusCode" in result:
        return _structured(result)
    if version == "1.0":
        raise failed()
    text = result if isinstance(result, str) else json.dumps(result, separators=(",", ":"))
    return Reply(200, [("Content-Type", JSON)], utf8(text))


def _structured(result: dict[str, Any]) -> Reply:
    try:
        status = int(result["statusCode"])
    except (TypeError, ValueError) as error:
        raise failed() from error
    if not 100 <= status <= 599:
        raise failed()
    headers = _headers(result)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", "text/plain;charset=utf-8"))
    body = result.get("body")
    if body is None:
        return Reply(status, headers)
    if not isinstance(body, str):
        raise failed()
    if result.get("isBase64Encoded") is True:
        try:
            return Reply(status, headers, base64.b64decode(body))
        except binascii.Error as error:
            raise failed() from error
    return Reply(status, headers, utf8(body))


def _headers(result: dict[str, Any]) -> list[tuple[str, str]]:
    single, several = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    cookies = result.get("cookies") or []
    if not (isinstance(single, dict) and isinstance(several, dict) and isinstance(cookies, list)):
        raise failed()
    repeated = {name.lower() for name in several}
    found = [(n, _text(v)) for n, v in single.items() if n.lower() not in repeated]
    for name, values in several.items():
        found += [(name, _text(value)) for value in (values if isinstance(values, list) else [])]
    return found + [("Set-Cookie", _text(cookie)) for cookie in cookies]


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise failed()
    return "true" if value is True else "false" if value is False else str(value)
