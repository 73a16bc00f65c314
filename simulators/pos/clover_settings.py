"""What is registered at Clover: the app with its limits and webhooks, and its merchants."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, encode_json

APP_PER_SECOND, TOKEN_PER_SECOND = 50, 16
APP_CONCURRENT, TOKEN_CONCURRENT = 10, 5
MAX_LINES = 3000


@dataclass(frozen=True, slots=True)
class CloverSettings:
    """The app's registration. Tokens are per merchant, refresh tokens work once."""

    client_id: str = "CLOVERLOCALAPP"
    client_secret: str = "clover-local-secret"  # noqa: S105 - a local stand-in's
    auth_code: str = "clover-local-auth-code"
    webhook_url: str = "http://127.0.0.1:8000/webhooks/pos/clover"
    access_seconds: int = 1800
    refresh_seconds: int = 31_536_000
    retry_delays_ms: tuple[int, ...] = (60_000, 300_000)


@dataclass(frozen=True, slots=True)
class Merchant:
    """One restaurant's account, with the refresh token it begins with."""

    id: str
    refresh_token: str


def change_webhook(
    settings: CloverSettings, merchant_id: str, object_id: str, kind: str, ts: int
) -> Delivery:
    """Return the webhook that says that something of a merchant's changed, and no more."""
    merchants = {merchant_id: [{"objectId": object_id, "type": kind, "ts": ts}]}
    body = encode_json({"appId": settings.client_id, "merchants": merchants})
    headers = {"Content-Type": JSON, "X-Clover-Auth": settings.auth_code}
    webhook = OutgoingRequest("POST", settings.webhook_url, headers, body)
    what, _, id_ = object_id.partition(":")
    return Delivery(f"{what}:{kind}", id_, webhook, settings.retry_delays_ms)
