"""What a bucket policy allows and denies, as far as S3 itself judges it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.policy_conditions import Facts, applies, listed, matches
from chalice_offline.services.s3.identities import canonical_id

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket

POLICY = "policy"  # the bucket's setting
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::.*)?")


def allows(
    bucket: Bucket, account_id: str | None, action: str, key: str, facts: Facts
) -> bool | None:
    """Return what a bucket's policy says: True, False for a denial, None for nothing.

    `account_id` is None for an anonymous caller; `facts` answers what conditions ask.
    """
    text = bucket.settings.get(POLICY)
    if text is None:
        return None
    policy = json.loads(text)
    restricted = bucket.settings.get("public_access", {}).get("RestrictPublicBuckets")
    if restricted and account_id != bucket.account_id and is_public(policy):
        return None
    verdict: bool | None = None
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    for statement in listed(policy.get("Statement")):
        if not _is_about(statement, account_id, action, resource):
            continue
        if not applies(statement.get("Condition") or {}, facts):
            continue
        if statement["Effect"] == "Deny":
            return False
        verdict = True
    return verdict


def is_public(policy: dict[str, Any]) -> bool:
    """Whether a statement without conditions allows everybody something."""
    return any(
        statement.get("Effect") == "Allow"
        and not statement.get("Condition")
        and _is_everybody(statement.get("Principal"))
        for statement in listed(policy.get("Statement", []))
    )


def _is_about(
    statement: dict[str, Any], account_id: str | None, action: str, resource: str
) -> bool:
    denies = statement["Effect"] == "Deny"
    spared = statement.get("NotPrincipal")
    if spared is not None:
        if _names(spared, account_id, only_whole=False):
            return False
    elif not _names(statement.get("Principal"), account_id, only_whole=denies):
        return False
    actions = [str(each).lower() for each in listed(statement.get("Action"))]
    others = [str(each).lower() for each in listed(statement.get("NotAction"))]
    if not _chooses(actions, others, action.lower()):
        return False
    return _chooses(
        listed(statement.get("Resource")), listed(statement.get("NotResource")), resource
    )


def _chooses(patterns: list[str], others: list[str], text: str) -> bool:
    """Whether one of `patterns` fits or, where there are `others` instead, none of those."""
    if others:
        return not any(matches(each, text) for each in others)
    return any(matches(each, text) for each in patterns)


def _is_everybody(principal: Any) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and "*" in listed(principal.get("AWS"))


def _names(principal: Any, account_id: str | None, *, only_whole: bool) -> bool:
    """Whether a statement is for an account; `only_whole`: not for a user or role in it.

    Which of its users calls is not known: what one of them is allowed, all are; what one of them is
    denied, none is.
    """
    if _is_everybody(principal):
        return True
    if account_id is None or not isinstance(principal, dict):
        return False
    if canonical_id(account_id) in listed(principal.get("CanonicalUser")):
        return True
    for each in listed(principal.get("AWS")):
        found = _ACCOUNT.fullmatch(str(each))
        if found is None or found[1] != account_id:
            continue
        if not only_whole or str(each) == account_id or str(each).endswith(":root"):
            return True
    return False
