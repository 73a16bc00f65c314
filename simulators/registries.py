"""Registries that merchants are checked against: bank accounts, addresses, licences.

One provider's API in front of the three, with a key. A verdict is "match", "no_match" when the
register says otherwise, or "unknown" when it has no such entry. Each text is compared as a person
would: without regard to capitals and spaces.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulators.simulator import Refusal, Simulator
from simulators.wsgi import BodyError, Request, Response, Route

if TYPE_CHECKING:
    from simulators.timeline import OutgoingRequest

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Business:
    """What the registers know of one business, by the names of the form's fields."""

    legal_name: str
    bank_routing: str
    bank_account: str
    street: str
    city: str
    postcode: str
    licence_number: str


GOLDEN_CRUMB = Business(
    legal_name="Golden Crumb LLC",
    bank_routing="121000358",
    bank_account="000123456789",
    street="1 Market Street",
    city="San Francisco",
    postcode="94105",
    licence_number="FOOD-2026-0001",
)


@dataclass(frozen=True, slots=True)
class RegistriesSettings:
    """The provider's key, and whom the registers know."""

    api_key: str = "registry-local-key"
    businesses: tuple[Business, ...] = (GOLDEN_CRUMB,)


class Registries(Simulator):
    """Answers checks; faults by operation: CheckBankAccount, CheckAddress, CheckLicence."""

    name = "registries"

    def __init__(self, *, settings: RegistriesSettings | None = None, **host: Any) -> None:
        self.settings = settings or RegistriesSettings()
        self._businesses = list(self.settings.businesses)
        super().__init__(**host)

    def know(self, business: Business) -> None:
        """Enter a business into every register."""
        with self._lock:
            self._businesses.append(business)

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        return [
            Route("POST", "/v1/bank-accounts/checks", "CheckBankAccount", self.bank_account),
            Route("POST", "/v1/addresses/checks", "CheckAddress", self.address),
            Route("POST", "/v1/licences/checks", "CheckLicence", self.licence),
        ]

    def authorize(self, request: Request, operation: str) -> None:  # noqa: ARG002
        """Every check needs the key."""
        if request.bearer_token != self.settings.api_key:
            raise Refusal(self.error(401, "The key is not valid."))

    def error(self, status: int, detail: str) -> Response:
        """Return an error in the provider's shape."""
        return Response.of_json({"error": {"status": status, "message": detail}}, status)

    def state(self) -> Json:
        """Return whom the registers know."""
        return {"businesses": [asdict(business) for business in self._businesses]}

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Return it as it is: registries send no webhooks."""
        return request

    # Operations.

    def bank_account(self, request: Request) -> Response:
        """Say whether an account is its holder's."""
        asked = _asked(request, "routing", "account", "holder")
        found = [
            one.legal_name
            for one in self._businesses
            if (one.bank_routing, one.bank_account) == (asked["routing"], asked["account"])
        ]
        return _verdict(found, asked["holder"])

    def address(self, request: Request) -> Response:
        """Say whether there is such an address: its street is looked up by its postcode."""
        asked = _asked(request, "street", "city", "postcode")
        found = [
            f"{one.street} {one.city}"
            for one in self._businesses
            if one.postcode == asked["postcode"]
        ]
        return _verdict(found, f"{asked['street']} {asked['city']}")

    def licence(self, request: Request) -> Response:
        """Say whether a licence is its holder's."""
        asked = _asked(request, "number", "holder")
        found = [
            one.legal_name for one in self._businesses if one.licence_number == asked["number"]
        ]
        return _verdict(found, asked["holder"])


def _asked(request: Request, *names: str) -> dict[str, str]:
    body = request.json_object()
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise BodyError(f"{name} is required")
    return {name: body[name] for name in names}


def _verdict(found: list[str], said: str) -> Response:
    known = {_plain(one) for one in found}
    verdict = "unknown" if not known else "match" if _plain(said) in known else "no_match"
    return Response.of_json({"verdict": verdict})


def _plain(text: str) -> str:
    return "".join(text.lower().split())
