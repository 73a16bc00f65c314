"""Who owns buckets and objects, as S3 names them: canonical ids, always the same per account."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = frozenset({ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY})


@lru_cache(maxsize=256)
def canonical_id(account_id: str) -> str:
    """Return an account's canonical user id."""
    return hashlib.sha256(f"canonical {account_id}".encode()).hexdigest()


def owner_of(account_id: str) -> dict[str, Any]:
    """Return an account as the Owner of replies; since November 2025 without a DisplayName."""
    return {"ID": canonical_id(account_id)}


def initiator_of(account_id: str) -> dict[str, Any]:
    """Return an account as the Initiator of an upload, which still has a DisplayName (recorded)."""
    return {"DisplayName": "root", **owner_of(account_id)}


def user_grantee(account_id: str) -> dict[str, Any]:
    """Return an account as the Grantee of a grant."""
    return {**owner_of(account_id), "Type": "CanonicalUser"}


def group_grantee(uri: str) -> dict[str, Any]:
    """Return a predefined group as the Grantee of a grant."""
    return {"Type": "Group", "URI": uri}
