"""What a shard takes and gives in a second.

Both limits hold by default: a program that never meets ProvisionedThroughputExceededException here
would meet it on AWS, and PutRecords reports it per record, where no SDK retries it. A second is one
of the kernel's clock, so in virtual time calls made one after the other are at one instant, as if
they were made by many at once. Only clients and handlers are held to the read limit: an event
source mapping reads once a second on AWS, while ours reads whenever it is told that there is
something.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalice_offline.services.kinesis import limits

_SECOND_MS = 1_000


@dataclass(slots=True)
class _Second:
    """What was counted in the second that began at `start_ms`."""

    start_ms: int
    calls: int = 0
    size: int = 0


class Throughput:
    """Counts the writes and reads of one stream's shards."""

    def __init__(self) -> None:
        self._written: dict[int, _Second] = {}
        self._read: dict[int, _Second] = {}
        self._paid_until_ms: dict[int, int] = {}

    def write(self, shard_index: int, now_ms: int, size: int) -> bool:
        """Count a record, and return True, unless it is more than the shard takes."""
        second = _present(self._written, shard_index, now_ms)
        # A record larger than what a second takes is let in, and fills it (large records).
        too_much = second.calls and second.size + size > limits.WRITTEN_BYTES_PER_SECOND
        if too_much or second.calls >= limits.WRITTEN_RECORDS_PER_SECOND:
            return False
        second.calls += 1
        second.size += size
        return True

    def may_read(self, shard_index: int, now_ms: int) -> bool:
        """Count a read, and return True, unless it is more than the shard gives."""
        second = _present(self._read, shard_index, now_ms)
        if (
            now_ms < self._paid_until_ms.get(shard_index, 0)
            or second.calls >= limits.READS_PER_SECOND
            or second.size >= limits.READ_BYTES_PER_SECOND
        ):
            return False
        second.calls += 1
        return True

    def was_read(self, shard_index: int, now_ms: int, size: int) -> None:
        """Say how much a read has given.

        Up to 10 MB are given at once, and the shard then gives nothing for as many seconds as they
        would have taken (API reference, GetRecords).
        """
        _present(self._read, shard_index, now_ms).size += size
        if size > limits.READ_BYTES_PER_SECOND:
            seconds = -(-size // limits.READ_BYTES_PER_SECOND)
            self._paid_until_ms[shard_index] = now_ms + seconds * _SECOND_MS


def _present(seconds: dict[int, _Second], shard_index: int, now_ms: int) -> _Second:
    second = seconds.get(shard_index)
    if second is None or now_ms - second.start_ms >= _SECOND_MS:
        second = seconds[shard_index] = _Second(now_ms)
    return second
