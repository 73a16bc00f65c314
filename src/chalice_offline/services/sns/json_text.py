"""JSON in attributes, read and refused as AWS does, and written without spaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.patterns import PatternError
from chalice_offline.patterns.tokens import Token, TokenReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError


def compact(value: Any) -> str:
    """Write a value as AWS stores it: no spaces, no escapes for letters."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parse(text: str, refuse: Callable[[str], AwsError]) -> Any:
    """Read JSON; `refuse` makes an error of the reason when the text is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise refuse(f"failed to parse JSON. {_jackson_reason(text)}") from None


def parse_object(text: str, refuse: Callable[[str], AwsError]) -> dict[str, Any]:
    """Read a JSON object; `refuse` makes an error of the reason when the text is none."""
    value = parse(text, refuse)
    if not isinstance(value, dict):
        raise refuse("failed to parse JSON. The value is not an object")
    return value


def _jackson_reason(text: str) -> str:
    """Say where and why AWS's parser stops (recorded from SetSubscriptionAttributes)."""
    reader = TokenReader(text)
    try:
        while reader.next() is not Token.END:
            reader.text()
    except PatternError as error:
        return located(error)
    return "Unexpected content after the value"


def located(error: PatternError) -> str:
    """Return a syntax error's text with its place, the source itself left out."""
    if error.line is None:
        return error.reason
    return (
        f"{error.reason}\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
        f"disabled); line: {error.line}, column: {error.column}]"
    )
