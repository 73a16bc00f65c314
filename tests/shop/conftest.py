"""Payment provider and courier service as they ship, against their vendors' simulators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.secrets import VendorSecrets
from chalicelib.couriers.doordash_drive import DoorDashDrive
from chalicelib.payments.stripe import Stripe
from simulators.in_responses import mount
from simulators.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.timeline import OutgoingRequest

START_MS = 1_800_000_000_000
VENDORS = "http://127.0.0.1:9001"
SECRETS = VendorSecrets(
    {
        "stripe_secret_key": "sk_test_local",
        "stripe_webhook_secret": "whsec_local",
        "doordash_developer_id": "dev-local",
        "doordash_key_id": "key-local",
        "doordash_signing_secret": "ZG9vcmRhc2gtbG9jYWwtc2lnbmluZy1zZWNyZXQ",
        "drive_webhook_credentials": "drive:local-password",
    }
)


class Street:
    """Both vendors, a clock, and the webhooks that they send."""

    def __init__(self) -> None:
        self.at_ms = START_MS
        self.webhooks: list[OutgoingRequest] = []
        self.world = World(now_ms=lambda: self.at_ms, send=self._send)
        http = VendorHttp()
        self.stripe = Stripe(f"{VENDORS}/stripe", http, lambda: SECRETS)
        self.drive = DoorDashDrive(f"{VENDORS}/drive", http, lambda: SECRETS, lambda: self.at_ms)

    def advance(self, *, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)
        self.world.tick()

    def webhook(self, number: int = -1) -> tuple[dict[str, str], bytes]:
        self.world.tick()
        request = self.webhooks[number]
        return {name.lower(): value for name, value in request.headers.items()}, request.body

    def _send(self, request: OutgoingRequest) -> int:
        self.webhooks.append(request)
        return 200


@pytest.fixture
def vendors() -> Iterator[Any]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        made = Street()
        mount(mocked, VENDORS, made.world)
        yield made
