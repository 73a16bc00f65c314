"""DoorDash's access token: a JWT that we sign ourselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

JWT_SECONDS = 300


def jwt(developer_id: str, key_id: str, signing_secret: str, now_seconds: int) -> str:
    """Return a DD-JWT-V1 token (HS256). The signing secret is base64url, padded or not."""
    header = {"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"}
    claims = {
        "aud": "doordash",
        "iss": developer_id,
        "kid": key_id,
        "iat": now_seconds,
        "exp": now_seconds + JWT_SECONDS,
    }
    parts = [
        _base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    ]
    signed = ".".join(parts)
    key = base64.urlsafe_b64decode(signing_secret + "=" * (-len(signing_secret) % 4))
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(digest)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
