"""Tokens of lists that come a page at a time; they expire after five minutes."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime

from chalice_offline.core.errors import AwsError
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import invalid_argument


def write_token(operation: str, after: str, now_ms: int) -> str:
    """Return a token from which `operation` goes on after something."""
    return base64.b64encode(json.dumps([operation, after, now_ms]).encode()).decode()


def read_token(operation: str, token: str, now_ms: int) -> str:
    """Return what `operation` is to go on after."""
    try:
        made_by, after, made_ms = json.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise invalid_argument("Invalid NextToken.") from None
    if made_by != operation or not isinstance(after, str) or not isinstance(made_ms, int):
        raise invalid_argument("Invalid NextToken.")
    if now_ms - made_ms > limits.TOKEN_MS:
        raise AwsError(
            "ExpiredNextTokenException",
            f"Pagination token expired. The token was created at time {utc_text(made_ms)} while "
            f"right now it is {utc_text(now_ms)} which is further in the future than the tolerated "
            f"delay of {limits.TOKEN_MS} milliseconds.",
        )
    return after


def utc_text(instant_ms: int) -> str:
    """Return an instant as Kinesis spells it in its errors: Thu Jan 22 01:22:02 UTC 2015."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
