"""Secrets Manager: the vendors' secrets, in every version that is valid at the moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable, aws_errors, error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEEP_MS = 300_000
"""A rotated secret is picked up after this long, or at the first signature that needs it."""

ASK_AGAIN_MS = 15_000
"""Signatures that fit nothing make us read the secret again, but not more often than this."""

CURRENT = "AWSCURRENT"
OTHERS = ("AWSPREVIOUS", "AWSPENDING")

FIELDS = frozenset(
    {
        "uber_client_id",
        "uber_client_secret",
        "doordash_webhook_token",
        "doordash_developer_id",
        "doordash_key_id",
        "doordash_signing_secret",
        "square_access_token",
        "square_webhook_signature_key",
        "square_client_id",
        "square_client_secret",
        "oauth_state_key",
        "toast_client_id",
        "toast_client_secret",
        "toast_webhook_secret",
        "clover_client_id",
        "clover_client_secret",
        "clover_webhook_code",
        "deliveroo_client_id",
        "deliveroo_client_secret",
        "deliveroo_webhook_secret",
        "open_delivery_client_id",
        "open_delivery_client_secret",
        "open_delivery_api_key",
        "approval_key",
        "registry_api_key",
        "shop_signing_secret",
        "stripe_secret_key",
        "stripe_webhook_secret",
        "drive_webhook_credentials",
    }
)
"""What the local stages' secret holds. A field that a secret does not have yet, or has no more,
stops only the vendor that needs it: fields come before the code that reads them, and stay after."""


class SecretsUnavailable(AwsUnavailable):
    """A secret is not at hand and cannot be read: nothing can be verified or called with it."""


class VendorSecrets:
    """One version of the secret. Reading a field that is missing or empty raises.

    An empty HMAC key would let anyone sign.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        if value := self.get(name):
            return value
        raise SecretsUnavailable(f"the secret has no {name}")

    def __repr__(self) -> str:
        return "VendorSecrets(…)"

    def get(self, name: str) -> str:
        """Return a field, "" when it is missing."""
        value = self._values.get(name, "")
        return value if isinstance(value, str) else ""


class Secrets:
    """All valid versions, the current one first. The others are read only when it fits nothing."""

    def __init__(
        self,
        current: VendorSecrets,
        others: Callable[[], Iterator[VendorSecrets]] = lambda: iter(()),
    ) -> None:
        self.current = current
        self._others = others

    def each(self, name: str) -> Iterator[str]:
        """Yield the different values of a field; SecretsUnavailable when there is none at all."""
        seen: set[str] = set()
        for version in self:
            value = version.get(name)
            if value and value not in seen:
                seen.add(value)
                yield value
        if not seen:
            raise SecretsUnavailable(f"the secret has no {name}")

    def __iter__(self) -> Iterator[VendorSecrets]:
        yield self.current
        yield from self._others()


class SecretStore:
    """One secret: a JSON object of texts, remembered for five minutes, and longer in need."""

    def __init__(self, client: Any, secret_id: str, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._secret_id = secret_id
        self._now_ms = now_ms
        self._known: dict[str, tuple[VendorSecrets | None, int]] = {}

    def get(self) -> VendorSecrets:
        """Return the current version; SecretsUnavailable when it was never read and cannot be."""
        found = self._version(CURRENT, KEEP_MS)
        if found is None:
            raise SecretsUnavailable(f"secret {self._secret_id} has no current version")
        return found

    def all(self) -> Secrets:
        """Return every valid version."""
        return Secrets(self.get(), self._others)

    def _others(self) -> Iterator[VendorSecrets]:
        for stage in OTHERS:
            if (version := self._version(stage, KEEP_MS)) is not None:
                yield version
        # Rotated since it was read: what we hold as current may be the one before last.
        for stage in (CURRENT, *OTHERS):
            if (version := self._version(stage, ASK_AGAIN_MS)) is not None:
                yield version

    def _version(self, stage: str, keep_ms: int) -> VendorSecrets | None:
        known = self._known.get(stage)
        if known is not None and 0 <= self._now_ms() - known[1] < keep_ms:
            return known[0]
        try:
            found = self._read() if stage == CURRENT else self._read_other(stage)
        except AwsUnavailable as error:
            if known is None:
                raise SecretsUnavailable(str(error)) from error
            # The secret of five minutes ago is most likely the secret of now.
            log.error("secrets.stale", stage=stage, reason=str(error))
            found = known[0]
        self._known[stage] = (found, self._now_ms())
        return found

    def _read(self) -> VendorSecrets:
        with aws_errors("GetSecretValue"):
            reply = self._client.get_secret_value(SecretId=self._secret_id)
        return self._parsed(reply)

    def _read_other(self, stage: str) -> VendorSecrets | None:
        """Return a version that only a rotation makes, None when there is none."""
        with aws_errors("GetSecretValue"):
            try:
                reply = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return None
                raise
        return self._parsed(reply)

    def _parsed(self, reply: dict[str, Any]) -> VendorSecrets:
        try:
            values = json.loads(reply["SecretString"])
        except (KeyError, ValueError):
            values = None
        if not isinstance(values, dict):
            # Neither the text nor the parser's message may get into a traceback.
            raise AwsUnavailable(f"secret {self._secret_id} is no JSON object") from None
        return VendorSecrets(values)
