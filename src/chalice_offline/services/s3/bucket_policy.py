"""What a bucket policy says, as far as S3 itself judges it."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.identities import canonical_id
from chalice_offline.services.s3.limits import POLICY_BYTES

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket

POLICY = "policy"  # the bucket's setting
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::.*)?")


def allows(bucket: Bucket, account_id: str | None, action: str, key: str) -> bool | None:
    """Return what a bucket's policy says: True, False for a denial, None for nothing.

    `account_id` is None for an anonymous caller. A statement with conditions allows nothing and
    denies nothing here: what they look at (addresses, tags, headers) is not known to us.
    """
    text = bucket.settings.get(POLICY)
    if text is None:
        return None
    verdict: bool | None = None
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    for statement in _listed(json.loads(text).get("Statement", [])):
        if not _applies(statement, account_id, action, resource):
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
        for statement in _listed(policy.get("Statement", []))
    )


def read_policy(text: str) -> dict[str, Any]:
    """Return a policy's document; raises AwsError MalformedPolicy when it is no JSON."""
    try:
        if not text.lstrip().startswith("{"):
            raise ValueError(text)
        policy: dict[str, Any] = json.loads(text)
    except ValueError:
        raise _malformed("Policies must be valid JSON and the first byte must be '{'") from None
    return policy


def check_policy(policy: dict[str, Any], bucket: Bucket, size: int) -> None:
    """Refuse a document that is no policy, or is about something else than the bucket."""
    if size > POLICY_BYTES:
        raise AwsError(
            "PolicyTooLarge",
            "Your policy document exceeds the maximum allowed size",
        )
    statements = _listed(policy.get("Statement"))
    if not statements:
        raise _malformed("Missing required field Statement")
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Missing required field Effect")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise _malformed("Missing required field Principal")
        if "Action" not in statement and "NotAction" not in statement:
            raise _malformed("Missing required field Action")
        resources = _listed(statement.get("Resource", statement.get("NotResource")))
        if not resources:
            raise _malformed("Missing required field Resource")
        for resource in resources:
            if not _is_of(resource, bucket):
                raise _malformed("Policy has invalid resource")
        for action in _listed(statement.get("Action", ())):
            if action != "*" and not action.lower().startswith("s3:"):
                raise _malformed("Policy has invalid action")


def _is_of(resource: str, bucket: Bucket) -> bool:
    return fnmatchcase(bucket.arn, resource.split("/", 1)[0]) or fnmatchcase(bucket.arn, resource)


def _malformed(text: str) -> AwsError:
    return AwsError("MalformedPolicy", text)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _applies(statement: dict[str, Any], account_id: str | None, action: str, resource: str) -> bool:
    if statement.get("Condition") or not _names(statement.get("Principal"), account_id):
        return False
    actions = [str(each).lower() for each in _listed(statement.get("Action"))]
    if not any(fnmatchcase(action.lower(), each) for each in actions):
        return False
    return any(fnmatchcase(resource, each) for each in _listed(statement.get("Resource")))


def _is_everybody(principal: Any) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and "*" in _listed(principal.get("AWS"))


def _names(principal: Any, account_id: str | None) -> bool:
    if _is_everybody(principal):
        return True
    if account_id is None or not isinstance(principal, dict):
        return False
    if canonical_id(account_id) in _listed(principal.get("CanonicalUser")):
        return True
    found = (_ACCOUNT.fullmatch(str(each)) for each in _listed(principal.get("AWS")))
    return any(match is not None and match[1] == account_id for match in found)
