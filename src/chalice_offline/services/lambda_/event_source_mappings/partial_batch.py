"""Partial batch responses: which records of a batch a handler says have failed.

Source: AWS Lambda developer guide, "Implementing partial batch responses", section "Success and
failure conditions".
"""

from __future__ import annotations

import json


def failed_items(payload: bytes, known: list[str]) -> list[str]:
    """Return the identifiers of failed records; all of `known` when the response is malformed.

    `payload` is the handler's result as JSON. An empty result, or an empty or null list, says
    that the whole batch succeeded.
    """
    response = json.loads(payload)
    if response in (None, "", [], {}):
        return []
    if not isinstance(response, dict) or "batchItemFailures" not in response:
        return known
    failures = response["batchItemFailures"]
    if failures in (None, []):
        return []
    if not isinstance(failures, list):
        return known
    identifiers = [f.get("itemIdentifier") if isinstance(f, dict) else None for f in failures]
    if any(identifier not in known for identifier in identifiers):
        return known
    return [str(identifier) for identifier in identifiers]
