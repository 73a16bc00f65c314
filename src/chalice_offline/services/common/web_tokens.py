"""JSON web tokens: what they claim, and whether a key of a set has signed them.

RFC 7519. RS256, which Cognito signs with, is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section
8.2).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# RFC 8017, section 9.2, note 1: what stands before a SHA-256 digest.
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True, slots=True)
class WebToken:
    """A token taken apart; nothing of it is believed yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_by(self, keys: Iterable[Mapping[str, Any]]) -> bool:
        """Whether the key of a JSON web key set that the token names has signed it."""
        if self.header.get("alg") != "RS256":
            return False
        wanted = self.header.get("kid")
        return any(
            key.get("kid") == wanted and key.get("kty") == "RSA" and self._fits(key) for key in keys
        )

    def _fits(self, key: Mapping[str, Any]) -> bool:
        modulus, exponent = _number(key["n"]), _number(key["e"])
        length = (modulus.bit_length() + 7) // 8
        digest = _SHA256 + hashlib.sha256(self.signed).digest()
        padded = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
        signature = int.from_bytes(self.signature)
        if len(self.signature) != length or signature >= modulus:
            return False
        return pow(signature, exponent, modulus).to_bytes(length) == padded


def web_token(text: str) -> WebToken | None:
    """Take a token apart; None for what is none."""
    signed, _, signature = text.rpartition(".")
    header, dot, claims = signed.partition(".")
    if not dot or "." in claims:
        return None
    try:
        told = [json.loads(_bytes(part)) for part in (header, claims)]
        signed_with = _bytes(signature)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(one, dict) for one in told):
        return None
    return WebToken(told[0], told[1], signed.encode(), signed_with)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text))
