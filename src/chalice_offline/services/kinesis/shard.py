"""Shards: a range of hash keys, open for writing until it is split or merged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.sequence_numbers import SequenceNumber

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result


def shard_id_of(index: int) -> str:
    """Return the id of the shard of that number."""
    return f"shardId-{index:012d}"


def shard_index_of(shard_id: str) -> int | None:
    """Return a shard's number; AWS takes "shardId-7" and "7" as well. None for anything else."""
    digits = shard_id.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else None


@dataclass(slots=True)
class Shard:
    """One shard. Positions are those of sequence numbers; `end` is set when it is closed."""

    index: int
    lowest: int
    highest: int
    created_ms: int
    start: int
    parents: list[int]
    end: int | None = None
    closed_ms: int | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return shard_id_of(self.index)

    @property
    def is_open(self) -> bool:
        """Whether it can be written to."""
        return self.end is None

    def sequence_number(self, position: int, at_ms: int) -> str:
        """Return the sequence number of what came at `at_ms` and has that position."""
        return str(SequenceNumber(self.created_ms // 1000, self.index, position, at_ms // 1000))

    def describe(self) -> Result:
        """Return the shard as DescribeStream and ListShards give it."""
        described: Result = {"ShardId": self.id}
        for member, parent in zip(
            ("ParentShardId", "AdjacentParentShardId"), self.parents, strict=False
        ):
            described[member] = shard_id_of(parent)
        numbers = {"StartingSequenceNumber": self.sequence_number(self.start, self.created_ms)}
        if self.end is not None and self.closed_ms is not None:
            numbers["EndingSequenceNumber"] = self.sequence_number(self.end, self.closed_ms)
        return described | {"HashKeyRange": self.hash_key_range(), "SequenceNumberRange": numbers}

    def describe_as_child(self) -> Result:
        """Return the shard as GetRecords gives it at the end of its parent."""
        return {
            "ShardId": self.id,
            "ParentShards": [shard_id_of(parent) for parent in self.parents],
            "HashKeyRange": self.hash_key_range(),
        }

    def hash_key_range(self) -> Result:
        """Return its range as decimal texts."""
        return {"StartingHashKey": str(self.lowest), "EndingHashKey": str(self.highest)}

    def to_json(self) -> dict[str, Any]:
        """Return what is stored; hash keys are too large for JSON's numbers."""
        return asdict(self) | {"lowest": str(self.lowest), "highest": str(self.highest)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Shard:
        """Return the shard that was stored."""
        hashes = {"lowest": int(stored["lowest"]), "highest": int(stored["highest"])}
        return cls(**(stored | hashes))


def even_ranges(count: int) -> list[tuple[int, int]]:
    """Divide all hash keys into `count` ranges of the same size, the last one a little larger."""
    size = (limits.HASH_KEY_MAX + 1) // count
    starts = [size * number for number in range(count)]
    ends = [start - 1 for start in starts[1:]]
    return list(zip(starts, [*ends, limits.HASH_KEY_MAX], strict=True))
