"""Layers: packages that functions find in /opt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.lambda_.resource_policy import ResourcePolicy


@dataclass(slots=True)
class LayerVersion:
    """One version of a layer, which never changes; it may be deleted and still be used."""

    layer_arn: str
    number: int
    package: bytes
    created_ms: int
    description: str = ""
    license_info: str = ""
    runtimes: tuple[str, ...] | None = None  # None: nothing was said of them
    architectures: tuple[str, ...] | None = None
    policy: ResourcePolicy | None = None

    @property
    def arn(self) -> str:
        """The version's ARN."""
        return f"{self.layer_arn}:{self.number}"


@dataclass(slots=True)
class Layer:
    """A layer's versions that were not deleted, oldest first; numbers are never used again."""

    name: str
    account_id: str
    region: str
    versions: dict[int, LayerVersion] = field(default_factory=dict)
    last_number: int = 0

    @property
    def arn(self) -> str:
        """The layer's ARN, without a version."""
        return make_arn("lambda", self.region, self.account_id, f"layer:{self.name}")
