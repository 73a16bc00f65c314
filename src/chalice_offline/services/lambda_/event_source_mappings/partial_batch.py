"""Partial batch responses: which records of a batch a handler says have failed.

Source: AWS Lambda developer guide, "Implementing partial batch responses", section "Success and
failure conditions".
"""

from __future__ import annotations

from typing import Any


def failed_items(response: Any, known: list[str]) -> list[str]:
    """Return the identifiers of failed records; all of `known` when the response is malformed.

    `response` is the handler's result. An empty result, or an empty or null list, says
    that the whole batch succeeded.
    """
    if response in (None, "", [], {}):
        return []
    if not isinstance(response, dict) or "batchItemFailures" not in response:
        return known
    failures = response["batchItemFailures"]
    if failures in (None, []):
        return []
    if not isinstance(failures, list):
        return known
    identifiers = [_identifier(failure) for failure in failures]
    known_set = set(known)
    if any(identifier not in known_set for identifier in identifiers):
        return known
    return identifiers


def _identifier(failure: Any) -> str:
    """Return the identifier of a failure; "" for what is none, which no record has."""
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return identifier if isinstance(identifier, str) else ""
