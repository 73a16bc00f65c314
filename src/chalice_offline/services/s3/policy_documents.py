"""What a bucket policy must be, in S3's words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.policy_conditions import listed, matches
from chalice_offline.services.s3.limits import POLICY_BYTES
from chalice_offline.services.s3.policy_actions import of_buckets, of_objects

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket

_VERSIONS = ("2012-10-17", "2008-10-17")
# IAM user guide, "AWS JSON policy elements: Principal": everybody, an account, an ARN, or the id
# that stands for a user or role that is gone.
_PRINCIPAL = re.compile(r"\*|\d{12}|arn:[\w-]+:(?:iam|sts)::.+|A[A-Z0-9]{15,}")


def read_policy(text: str) -> dict[str, Any]:
    """Return a policy's document; raises AwsError MalformedPolicy when it is no JSON."""
    if not text.lstrip().startswith("{"):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    try:
        policy: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed("This policy contains invalid Json") from None
    return policy


def check_policy(policy: dict[str, Any], bucket: Bucket, size: int) -> None:
    """Refuse a document that is no policy, or is about something else than the bucket."""
    if size > POLICY_BYTES:
        raise AwsError(
            "PolicyTooLarge",
            "Your policy document exceeds the maximum allowed size",
        )
    if policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise _malformed("The policy must contain a valid version string")
    if not isinstance(policy.get("Id", ""), str):
        raise _malformed("Invalid policy syntax.")
    if "Statement" not in policy:
        raise _malformed("Missing required field Statement")
    statements = listed(policy["Statement"])
    if not statements:
        raise _malformed("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Missing required field Effect")
        _check_statement(statement, bucket)


def _check_statement(statement: dict[str, Any], bucket: Bucket) -> None:
    for fields in (("Principal", "NotPrincipal"), ("Action", "NotAction")):
        if not any(field in statement for field in fields):
            raise _malformed(f"Missing required field {fields[0]}")
    if "NotPrincipal" in statement and statement["Effect"] == "Allow":
        raise _malformed("Allow with NotPrincipal is not allowed.")
    _check_principal(statement.get("Principal", statement.get("NotPrincipal")))
    resources = listed(statement.get("Resource", statement.get("NotResource")))
    if not resources:
        raise _malformed("Missing required field Resource")
    for resource in resources:
        if not isinstance(resource, str) or not _is_of(resource, bucket):
            raise _malformed("Policy has invalid resource")
    for action in listed(statement.get("Action", ())):
        if action != "*" and not str(action).lower().startswith("s3:"):
            raise _malformed("Policy has invalid action")
        if "Resource" in statement:
            _check_reach(action, resources)
    _check_conditions(statement.get("Condition") or {})


def _check_principal(principal: Any) -> None:
    if principal == "*":
        return
    known = (
        isinstance(principal, dict)
        and bool(principal)
        and all(listed(names) for names in principal.values())
        and all(_PRINCIPAL.fullmatch(str(name)) for name in listed(principal.get("AWS")))
    )
    if not known:
        raise _malformed("Invalid principal in policy")


def _check_conditions(conditions: Any) -> None:
    if not isinstance(conditions, dict):
        raise _malformed("Invalid policy syntax.")
    for keys in conditions.values():
        # Every key is a service's or an identity provider's.
        if not isinstance(keys, dict) or not all(":" in key for key in keys):
            raise _malformed("Policy has an invalid condition key")


def _check_reach(action: str, resources: list[str]) -> None:
    """Each action is about one of the statement's resources: a bucket itself, or objects in it."""
    has_objects = any("/" in resource or resource.endswith("*") for resource in resources)
    has_buckets = any("/" not in resource for resource in resources)
    objects, buckets = of_objects(action), of_buckets(action)
    if (objects or buckets) and not (objects and has_objects) and not (buckets and has_buckets):
        raise _malformed("Action does not apply to any resource(s) in statement")


def _is_of(resource: str, bucket: Bucket) -> bool:
    return matches(resource.split("/", 1)[0], bucket.arn) or matches(resource, bucket.arn)


def _malformed(text: str) -> AwsError:
    return AwsError("MalformedPolicy", text)
