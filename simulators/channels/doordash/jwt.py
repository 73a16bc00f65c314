"""The JSON Web Token that DoorDash's API demands of its callers.

HS256, header `dd-ver: DD-JWT-V1`, claims aud "doordash", iss the developer id, kid the key id,
iat, and exp at most 30 minutes later; the key is the base64url-decoded signing secret
(developer.doordash.com, how_to/JWTs).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

MAX_LIFE_SECONDS = 1800
CLOCK_SKEW_SECONDS = 60


class TokenError(Exception):
    """The token does not open the door; the text says why."""


def check_token(
    token: str, *, developer_id: str, key_id: str, signing_secret: str, now_s: int
) -> None:
    """Raise TokenError unless `token` is valid at `now_s` (seconds since the epoch)."""
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenError("Authorization must be a Bearer JWT")
    header, claims = _decoded_object(parts[0]), _decoded_object(parts[1])
    if header.get("alg") != "HS256" or header.get("dd-ver") != "DD-JWT-V1":
        raise TokenError('the JWT header must have alg "HS256" and dd-ver "DD-JWT-V1"')
    signed = f"{parts[0]}.{parts[1]}".encode()
    expected = hmac.new(_decoded(signing_secret), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _decoded(parts[2])):
        raise TokenError("the JWT signature does not verify")
    _check_claims(claims, developer_id, key_id, now_s)


def _check_claims(claims: dict[str, Any], developer_id: str, key_id: str, now_s: int) -> None:
    for name, wanted in (("aud", "doordash"), ("iss", developer_id), ("kid", key_id)):
        if claims.get(name) != wanted:
            raise TokenError(f"the JWT claim {name} is not {wanted!r}")
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) not in (int, float) or type(expires) not in (int, float):
        raise TokenError("the JWT claims iat and exp must be numbers")
    assert issued is not None
    assert expires is not None
    if issued > now_s + CLOCK_SKEW_SECONDS:
        raise TokenError("the JWT is issued in the future")
    if expires <= now_s:
        raise TokenError("the JWT has expired")
    if expires - issued > MAX_LIFE_SECONDS:
        raise TokenError("the JWT lives longer than 30 minutes")


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenError("the JWT is not base64url") from error


def _decoded_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(text))
    except ValueError as error:
        raise TokenError("the JWT does not hold JSON") from error
    if not isinstance(value, dict):
        raise TokenError("the JWT does not hold a JSON object")
    return value
