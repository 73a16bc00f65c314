"""Streams and their consumers, and how both are stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.arn import make_arn
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.shard import Shard

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result

CREATING, ACTIVE, UPDATING, DELETING = "CREATING", "ACTIVE", "UPDATING", "DELETING"
PROVISIONED, ON_DEMAND = "PROVISIONED", "ON_DEMAND"


class StreamKey(NamedTuple):
    """What tells streams apart."""

    account_id: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return make_arn("kinesis", self.region, self.account_id, f"stream/{self.name}")

    @property
    def stored_as(self) -> bytes:
        """The key it is stored by; names are unique in a region of an account."""
        return "/".join(self).encode()


@dataclass(slots=True)
class Consumer:
    """A consumer registered for enhanced fan-out."""

    name: str
    arn: str
    created_ms: int
    status: str = CREATING
    tags: dict[str, str] = field(default_factory=dict)

    def describe(self) -> Result:
        """Return the consumer as RegisterStreamConsumer and ListStreamConsumers give it."""
        return {
            "ConsumerName": self.name,
            "ConsumerARN": self.arn,
            "ConsumerStatus": self.status,
            "ConsumerCreationTimestamp": self.created_ms // 1000,
        }


@dataclass(slots=True)
class Stream:
    """One stream. `id` names its records in storage: another stream of its name has others.

    `change` is what happens when CREATING or UPDATING is over: the name of the change and what it
    needs to know.
    """

    key: StreamKey
    id: str
    created_ms: int
    mode: str
    status: str = CREATING
    change: dict[str, Any] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)
    next_shard: int = 0
    retention_hours: int = limits.RETENTION_HOURS_MIN
    encryption_key: str = ""
    metrics: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    consumers: dict[str, Consumer] = field(default_factory=dict)
    consumer_policies: dict[str, str] = field(default_factory=dict)
    record_kib: int = limits.RECORD_KIB_DEFAULT
    warm_mib: int | None = None
    distribution: str = "USER_PARTITION_KEY"
    # When its shard count and its mode were changed lately.
    scaled_ms: list[int] = field(default_factory=list)
    mode_changed_ms: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return self.key.name

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.key.arn

    @property
    def is_usable(self) -> bool:
        """Whether records can be put and read: also while it is UPDATING."""
        return self.status in (ACTIVE, UPDATING)

    @property
    def encryption_type(self) -> str:
        """NONE or KMS."""
        return "KMS" if self.encryption_key else "NONE"

    @property
    def open_shards(self) -> list[Shard]:
        """The shards that can be written to, by hash key."""
        return sorted((s for s in self.shards if s.is_open), key=lambda shard: shard.lowest)

    @property
    def warm_throughput(self) -> Result:
        """What it is kept ready for."""
        return {"TargetMiBps": self.warm_mib, "CurrentMiBps": self.warm_mib}

    def shard(self, index: int | None) -> Shard | None:
        """Return the shard of that number, or None."""
        return next((shard for shard in self.shards if shard.index == index), None)

    def shard_for(self, hash_key: int) -> Shard:
        """Return the open shard whose range holds a hash key."""
        return next(s for s in self.shards if s.is_open and s.lowest <= hash_key <= s.highest)

    def children_of(self, shard: Shard) -> list[Shard]:
        """Return the shards that came of splitting or merging this one."""
        return [child for child in self.shards if shard.index in child.parents]

    def trim_horizon_ms(self, now_ms: int) -> int:
        """Return the instant before which records have expired."""
        return now_ms - self.retention_hours * 3_600_000

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return asdict(self) | {"shards": [shard.to_json() for shard in self.shards]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Stream:
        """Return the stream that was stored."""
        parts = {
            "key": StreamKey(*stored["key"]),
            "shards": [Shard.from_json(shard) for shard in stored["shards"]],
            "consumers": {
                name: Consumer(**consumer) for name, consumer in stored["consumers"].items()
            },
        }
        return cls(**(stored | parts))
