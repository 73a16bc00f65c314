"""Signatures with a time in them, as Stripe makes them and as our own shop does: "t=…,v1=…".

Source: docs.stripe.com, "Check the webhook signatures": hex HMAC-SHA256 over "t.body", several v1
while secrets are rotated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.channels.base import SignatureInvalid, hex_hmac_sha256, same

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLERANCE_SECONDS = 300
"""An older one may be a replay (Stripe's own libraries use the same)."""


def check_timed(header: str, body: bytes, secrets: Iterable[str], now_ms: int) -> None:
    """Check the raw bytes against every valid secret; raise SignatureInvalid."""
    parts = [part.partition("=") for part in header.split(",")]
    at = next((value for name, _, value in parts if name.strip() == "t"), "")
    given = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    is_number = at.isascii() and at.isdecimal() and len(at) <= 12
    if not is_number or abs(now_ms // 1000 - int(at)) > TOLERANCE_SECONDS:
        raise SignatureInvalid("the signature is missing or not of this time")
    signed = f"{at}.".encode() + body
    for secret in secrets:
        expected = hex_hmac_sha256(secret, signed)
        if any(same(signature, expected) for signature in given):
            return
    raise SignatureInvalid("the signature does not match the body")
