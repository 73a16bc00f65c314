"""Amazon Resource Names: arn:partition:service:region:account:resource."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_PARTITION_BY_PREFIX = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_PARTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN in its six parts."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    def __str__(self) -> str:
        return (
            f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"
        )

    @property
    def resource_name(self) -> str:
        """The resource without its type: what stands after the last "/" or ":"."""
        return self.resource.replace(":", "/").rsplit("/", 1)[-1]


@lru_cache(maxsize=4096)
def parse_arn(text: str) -> Arn:
    """Take an ARN apart; ValueError names the text when it has fewer than six parts."""
    parts = text.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != "arn":
        message = f"{text!r} is not an ARN"
        raise ValueError(message)
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """Return the partition a region belongs to: aws, aws-cn or aws-us-gov."""
    for prefix, partition in _PARTITION_BY_PREFIX.items():
        if region.startswith(prefix):
            return partition
    return "aws"


@lru_cache(maxsize=4096)
def make_arn(service: str, region: str, account_id: str, resource: str) -> str:
    """Spell the ARN of a resource; the partition follows from the region."""
    return f"arn:{partition_of(region)}:{service}:{region}:{account_id}:{resource}"
