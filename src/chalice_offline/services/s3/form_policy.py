"""The policy of a form upload: what may be in the form, and until when.

API reference, "Creating a POST policy".
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import access_denied

if TYPE_CHECKING:
    from collections.abc import Mapping

# Fields that a policy need not name.
_FREE = frozenset(
    {
        "awsaccesskeyid", "x-amz-signature", "signature", "policy", "file", "submit",
    }
)  # fmt: skip
_IGNORED_STARTS = ("x-ignore-", "x-amz-checksum-")
_TYPE = "content-type"
_RANGE = "content-length-range"


class FormPolicy:
    """A policy, read: its conditions, and whether they hold."""

    def __init__(self, text: str) -> None:
        """Read the base64 text of a form's field `policy`."""
        document = _document(text)
        self.expires_ms = _expiration(document)
        self._equals: list[tuple[str, str]] = []
        self._starts: list[tuple[str, str]] = []
        self._range: tuple[Any, Any] | None = None
        conditions = document.get("conditions")
        if not isinstance(conditions, list):
            raise _invalid("Invalid Policy: Policy missing conditions.")
        for condition in conditions:
            self._take(condition)

    def check(self, fields: Mapping[str, str], bucket: str, size: int, now_ms: int) -> None:
        """Raise AwsError when the form is too late, too large, or says what it may not."""
        if now_ms >= self.expires_ms:
            raise access_denied("Invalid according to Policy: Policy expired.")
        told = {**fields, "bucket": bucket}
        for name, value in self._equals:
            if told.get(_field(name)) != value:
                raise _broken(f'["eq", "{name}", "{value}"]')
        for name, start in self._starts:
            field = _field(name)
            text = told.get(field)
            # A list of content types must start so, each of them.
            texts = [] if text is None else text.split(",") if field == _TYPE else [text]
            if not texts or not all(one.startswith(start) for one in texts):
                raise _broken(f'["starts-with", "{name}", "{start}"]')
        self._check_unlisted(fields)
        if self._range is not None:
            _check_size(size, *self._range)

    def _check_unlisted(self, fields: Mapping[str, str]) -> None:
        listed = {_field(name) for name, _ in (*self._equals, *self._starts)}
        unlisted = [
            name
            for name in fields
            if name not in listed and name not in _FREE and not name.startswith(_IGNORED_STARTS)
        ]
        if unlisted:
            raise access_denied(
                f"Invalid according to Policy: Extra input fields: {', '.join(unlisted)}"
            )

    def _take(self, condition: Any) -> None:
        if isinstance(condition, dict):
            if len(condition) != 1:
                raise _invalid(
                    "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly "
                    "one property specified."
                )
            ((name, value),) = condition.items()
            if not isinstance(value, str):
                raise _invalid("Invalid Policy: Invalid Simple-Condition: value must be a string.")
            self._equals.append((f"${name}", value))
            return
        if not isinstance(condition, list) or len(condition) != 3:
            raise _invalid("Invalid Policy: Invalid Condition: wrong number of arguments.")
        kind, first, second = condition
        kind = str(kind).lower()
        if kind == _RANGE:
            self._range = first, second
        elif kind in ("eq", "starts-with"):
            kept = self._equals if kind == "eq" else self._starts
            kept.append((str(first), str(second)))
        else:
            raise _invalid(f"Invalid Policy: Invalid Condition: unknown operation '{kind}'.")


def _field(name: str) -> str:
    """Return the form field a condition is about; one without its "$" is about none."""
    return name[1:].lower() if name.startswith("$") else ""


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        raise _invalid("Invalid Policy: Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid Policy: Invalid JSON.")
    return document


def _expiration(document: dict[str, Any]) -> int:
    text = document.get("expiration")
    if text is None:
        raise _invalid("Invalid Policy: Policy missing expiration.")
    try:
        instant = datetime.fromisoformat(str(text))
        if not str(text).endswith("Z"):
            raise ValueError(text)
    except ValueError:
        raise _invalid(f"Invalid Policy: Invalid 'expiration' value: '{text}'") from None
    return round(instant.astimezone(UTC).timestamp() * 1000)


def _check_size(size: int, least: Any, most: Any) -> None:
    try:
        low, high = int(least), int(most)
    except (TypeError, ValueError):
        raise _broken(f'["{_RANGE}", "{least}", "{most}"]') from None
    if size < low:
        raise AwsError(
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            fields={"ProposedSize": size, "MinSizeAllowed": low},
        )
    if size > high:
        raise AwsError(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            fields={"ProposedSize": size, "MaxSizeAllowed": high},
        )


def _broken(condition: str) -> AwsError:
    return access_denied(f"Invalid according to Policy: Policy Condition failed: {condition}")


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", text)
