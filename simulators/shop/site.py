"""Our shop's site: it signs what it posts to the app, and posts it again when no answer came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulators.payments.stripe import sign
from simulators.simulator import Simulator
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Where the app is, and the secret that it knows us by."""

    signing_secret: str = "shop-local-signing-secret"  # noqa: S105 - a local stand-in's
    checkouts_url: str = "http://127.0.0.1:8000/shop/checkouts"
    retry_delays_ms: tuple[int, ...] = (1_000, 2_000, 5_000, 10_000, 20_000, 40_000)


class ShopSite(Simulator):
    """Customers check out here; what the app answered is in `sent`."""

    name = "shop"

    def __init__(self, *, settings: SiteSettings | None = None, **host: Any) -> None:
        self.settings = settings or SiteSettings()
        self._checkouts: dict[str, Json] = {}
        super().__init__(**host)

    # What tests and the demo do.

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer check out; returns the checkout's id."""
        checkout_id = str(payload["checkout_id"])
        with self._lock:
            self._checkouts[checkout_id] = dict(payload)
            self._post(checkout_id, "checkout", self.settings.checkouts_url, payload)
        return checkout_id

    def cancel(self, checkout_id: str) -> None:
        """Let the customer cancel."""
        url = f"{self.settings.checkouts_url}/{checkout_id}/cancellation"
        with self._lock:
            self._post(checkout_id, "cancellation", url, {"checkout_id": checkout_id})

    def checkouts(self) -> dict[str, Json]:
        """Return every checkout by its id."""
        with self._lock:
            return dict(self._checkouts)

    def answers(self, event_type: str = "checkout") -> dict[str, int]:
        """Return the last status that the app answered, by checkout."""
        with self._lock:
            return {s.resource_id: s.status for s in self.sent if s.event_type == event_type}

    # The vendor's part of a simulator.

    def routes(self) -> Iterable[Route]:
        """Nothing calls the site."""
        return ()

    def authorize(self, request: Request, operation: str) -> None:
        """Nothing calls the site."""

    def error(self, status: int, detail: str) -> Response:
        """Return an error."""
        return Response.of_json({"error": detail}, status)

    def state(self) -> Json:
        """Return the checkouts."""
        return {"checkouts": len(self._checkouts)}

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        forged = sign("not-the-secret", self._now_ms() // 1000, request.body)
        return replace(request, headers={**request.headers, "Shop-Signature": forged})

    def signed_anew(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with the time of this attempt."""
        signed = sign(self.settings.signing_secret, self._now_ms() // 1000, request.body)
        return replace(request, headers={**request.headers, "Shop-Signature": signed})

    def acknowledges(self, status: int) -> bool:
        """A refusal is an answer, too."""
        return status != 0 and status < 500

    def _post(self, checkout_id: str, event: str, url: str, payload: Mapping[str, Any]) -> None:
        body = encode_json(payload)
        signature = sign(self.settings.signing_secret, self._now_ms() // 1000, body)
        headers = {"Content-Type": JSON, "Shop-Signature": signature}
        request = OutgoingRequest("POST", url, headers, body)
        self.publish(Delivery(event, checkout_id, request, self.settings.retry_delays_ms))
