"""What Square knows of the app and its seller, and how it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from simulators.timeline import OutgoingRequest
from simulators.wsgi import JSON, encode_json

# Square publishes that it retries for up to 24 hours, not the steps; these fill that time.
RETRY_DELAYS_MS = tuple(
    minutes * 60_000 for minutes in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 480)
)


@dataclass(frozen=True, slots=True)
class SquareSettings:
    """The seller's account and the app's registration."""

    access_token: str = "square-local-token"  # noqa: S105 - a local stand-in's
    client_id: str = "square-local-client"
    client_secret: str = "square-local-secret"  # noqa: S105 - a local stand-in's
    signature_key: str = "square-local-signature-key"
    notification_url: str = "http://127.0.0.1:8000/webhooks/pos/square"
    event_types: frozenset[str] = frozenset({"order.created", "order.updated", "payment.updated"})
    merchant_id: str = "MLLOCALSELLER"
    currency: str = "USD"
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS


def sign(signature_key: str, notification_url: str, body: bytes) -> str:
    """Return x-square-hmacsha256-signature: base64 HMAC-SHA256 over URL and raw body."""
    digest = hmac.new(signature_key.encode(), notification_url.encode() + body, hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def signed_webhook(settings: SquareSettings, event: dict[str, Any]) -> OutgoingRequest:
    """Return the request that tells the app of an event."""
    body, url = encode_json(event), settings.notification_url
    headers = {
        "Content-Type": JSON,
        "User-Agent": "Square Connect v2",
        "square-environment": "Sandbox",
        "square-initial-delivery-timestamp": event["created_at"],
        "x-square-hmacsha256-signature": sign(settings.signature_key, url, body),
    }
    return OutgoingRequest("POST", url, headers, body)
