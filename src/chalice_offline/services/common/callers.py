"""Whose access key signed a request: an IAM user, or else the account itself.

Signatures are not checked here, so whoever names a user's key is that user. Source: IAM API
reference, GetAccessKeyLastUsed (it tells the user that a key belongs to).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/\s]+)/")
_OF_A_USER = re.compile(r"AKIA[A-Z0-9]{16}")
"""Keys that IAM made; others, like "test" or an account's number, stand for the account."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed. `id` is the user's, or the account's number."""

    access_key: str
    account_id: str
    id: str
    arn: str

    def described(self) -> dict[str, Any]:
        """Return the caller as events in payload format 2.0 describe it."""
        return {
            "accessKey": self.access_key or None,
            "accountId": self.account_id,
            "callerId": self.id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": self.arn,
            "userId": self.id,
        }


def access_key_in(authorization: str) -> str:
    """Return the access key of a signed request's header; "" when it is not signed."""
    found = _SIGNED.match(authorization)
    return found[1] if found else ""


def caller_of(
    kernel: Kernel, access_key: str, account_id: str, region: str, causes: tuple[int, ...]
) -> Caller:
    """Return the IAM user that a key belongs to, or the account's root user."""
    user: dict[str, Any] = {}
    if _OF_A_USER.fullmatch(access_key):

        def ask(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            reply = kernel.deliver(
                "iam",
                operation,
                request,
                account_id=account_id,
                region=region,
                causes=causes,
                principal="apigateway.amazonaws.com",
            )
            return {} if isinstance(reply, Pending) else dict(reply)

        try:
            name = ask("GetAccessKeyLastUsed", {"AccessKeyId": access_key}).get("UserName")
            user = ask("GetUser", {"UserName": name}).get("User", {}) if name else {}
        except AwsError:
            user = {}  # nobody's key: as good as any other
    root = f"arn:aws:iam::{account_id}:root"
    return Caller(access_key, account_id, user.get("UserId", account_id), user.get("Arn", root))
