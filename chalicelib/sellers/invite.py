"""The `state` of an OAuth link: signed by us, for one vendor, for a day, for one connection.

It says that the consent was asked for by an operator of ours, and for which account: an owner
cannot be made to connect somebody else's, nor the wrong one of his own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIFE_SECONDS = 86_400
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Invite:
    """Whom a link was made for. `seller_id` is "" where the operator does not know it."""

    vendor: str
    seller_id: str
    nonce: str
    ends: int

    def sign(self, key: str) -> str:
        """Return the state of a link."""
        data = [self.vendor, self.seller_id, self.nonce, self.ends]
        content = _text(json.dumps(data, separators=(",", ":")).encode())
        return f"{content}.{_signature(key, content)}"


def read_invite(state: str, vendor: str, keys: Iterable[str], now_s: int) -> Invite | None:
    """Return the invitation that a state is, None when it is none of ours, or not any more."""
    content, _, signature = state.partition(".")
    if len(state) > LONGEST or not any(
        hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(key, content).encode())
        for key in keys
    ):
        return None
    try:
        named, seller_id, nonce, ends = json.loads(_bytes(content))
        invite = Invite(str(named), str(seller_id), str(nonce), int(ends))
    except (ValueError, TypeError, binascii.Error):
        return None
    return invite if invite.vendor == vendor and now_s < invite.ends else None


def _signature(key: str, content: str) -> str:
    message = b"oauth-state\n" + content.encode("utf-8", "replace")
    return _text(hmac.new(key.encode(), message, hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
