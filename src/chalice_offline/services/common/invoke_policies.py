"""Whether a policy that an authorizer returned lets a request pass."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chalice_offline.services.common.policies import statements_of

_ACTION = "execute-api:Invoke"


def effect(policy: dict[str, Any], resource: str) -> str:
    """Return "Allow", "Deny", or "" when no statement is about the request."""
    found = ""
    for statement in statements_of(policy):
        actions, resources = _listed(statement, "Action"), _listed(statement, "Resource")
        if not any(_matches(one, _ACTION, ignore_case=True) for one in actions):
            continue
        if not any(_matches(one, resource) for one in resources):
            continue
        if statement.get("Effect") == "Deny":
            return "Deny"
        found = "Allow"
    return found


def _listed(statement: dict[str, Any], key: str) -> list[str]:
    value = statement.get(key, [])
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.IGNORECASE if ignore_case else 0)
