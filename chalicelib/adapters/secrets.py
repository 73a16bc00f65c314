"""Secrets Manager."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_MS = 300_000
"""A rotated secret is picked up after this long."""


@dataclass(frozen=True, slots=True)
class VendorSecrets:
    """Everything that must not be in the environment, the code or a log line."""

    uber_client_id: str = field(repr=False)
    uber_client_secret: str = field(repr=False)
    doordash_webhook_token: str = field(repr=False)
    doordash_developer_id: str = field(repr=False)
    doordash_key_id: str = field(repr=False)
    doordash_signing_secret: str = field(repr=False)
    square_access_token: str = field(repr=False)
    square_webhook_signature_key: str = field(repr=False)


class SecretStore:
    """One secret: a JSON object with VendorSecrets' fields, remembered for five minutes."""

    def __init__(self, client: Any, secret_id: str, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._secret_id = secret_id
        self._now_ms = now_ms
        self._known: tuple[VendorSecrets, int] | None = None

    def get(self) -> VendorSecrets:
        """Return the secrets; AwsUnavailable when they cannot be read."""
        if self._known is None or self._now_ms() >= self._known[1] + KEEP_MS:
            self._known = (self._read(), self._now_ms())
        return self._known[0]

    def _read(self) -> VendorSecrets:
        with aws_errors("GetSecretValue"):
            text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        try:
            secrets = VendorSecrets(**json.loads(text))
        except (ValueError, TypeError):
            # Neither the text nor the parser's message may get into a traceback.
            reason = f"secret {self._secret_id} does not hold exactly the expected fields"
            raise AwsUnavailable(reason) from None
        if not all(getattr(secrets, name) for name in VendorSecrets.__dataclass_fields__):
            # An empty HMAC key would let anyone sign.
            raise AwsUnavailable(f"secret {self._secret_id} has an empty field")
        return secrets
