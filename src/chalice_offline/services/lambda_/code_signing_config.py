"""A code signing configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_.timestamps import iso

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result


@dataclass(slots=True)
class CodeSigningConfig:
    """One configuration; `publishers` and `policies` as the API takes them."""

    config_id: str
    arn: str
    publishers: dict[str, Any]
    policies: dict[str, str]
    description: str
    modified_ms: int

    def described(self) -> Result:
        """Return it as Lambda describes it."""
        return {
            "CodeSigningConfigId": self.config_id,
            "CodeSigningConfigArn": self.arn,
            "Description": self.description,
            "AllowedPublishers": self.publishers,
            "CodeSigningPolicies": self.policies,
            "LastModified": iso(self.modified_ms),
        }
