"""A bucket: whose it is, where, and how it is set up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chalice_offline.core.arn import partition_of

ENABLED, SUSPENDED = "Enabled", "Suspended"


@dataclass(slots=True)
class Bucket:
    """A bucket without its objects.

    `versioning` is "", "Enabled" or "Suspended"; `settings` holds each configuration under a name
    of ours ("cors", "lifecycle", …), as JSON.
    """

    name: str
    account_id: str
    region: str
    created_ms: int
    versioning: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{partition_of(self.region)}:s3:::{self.name}"

    @property
    def locks_objects(self) -> bool:
        """Whether object lock is enabled."""
        return "object_lock" in self.settings

    def encode(self) -> bytes:
        """Return the bucket as it is kept."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


def decode_bucket(value: bytes) -> Bucket:
    """Return a bucket that was kept."""
    return Bucket(**json.loads(value))
