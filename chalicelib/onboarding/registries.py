"""The registries that a merchant is checked against: bank accounts, addresses, licences.

One provider's API in front of them, as such providers sell it: each answer is a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import VendorHttpError
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets

MATCH, NO_MATCH, UNKNOWN = "match", "no_match", "unknown"


class RegistryUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """A registry did not answer; the workflow asks again (its Retry names this class)."""


class Registries:
    """Asks for verdicts."""

    def __init__(
        self, base_url: str, http: VendorHttp, secrets: Callable[[], VendorSecrets]
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets

    def bank_account(self, holder: str, routing: str, account: str) -> str:
        """Return whether an account is the holder's."""
        return self._verdict(
            "bank-accounts", {"holder": holder, "routing": routing, "account": account}
        )

    def address(self, street: str, city: str, postcode: str) -> str:
        """Return whether there is such an address."""
        return self._verdict("addresses", {"street": street, "city": city, "postcode": postcode})

    def licence(self, number: str, holder: str) -> str:
        """Return whether a licence to serve food is valid, and the holder's."""
        return self._verdict("licences", {"number": number, "holder": holder})

    def _verdict(self, registry: str, asked: dict[str, Any]) -> str:
        url = f"{self._base_url}/v1/{registry}/checks"
        headers = {"Authorization": f"Bearer {self._secrets().registry_api_key}"}
        try:
            reply = self._http.call("POST", url, headers=headers, json=asked)
            if reply.status != 200:
                raise RegistryUnavailable(f"{registry}: HTTP {reply.status}")
            verdict = reply.json_object().get("verdict")
        except VendorHttpError as error:
            raise RegistryUnavailable(f"{registry}: {error}") from error
        return verdict if verdict in (MATCH, NO_MATCH) else UNKNOWN
