"""Sequence numbers: 56 digits that say which shard and, within it, which record.

Written in hexadecimal, AWS's are: the digit 2; nine digits of the second the shard was made in;
one of the shard's number; sixteen of the record's position; "00"; nine of the second the record
came in; eight of the shard's number; the digit 2.
"""

from __future__ import annotations

from typing import NamedTuple

_DIGITS = 47
_VERSION = "2"
_POSITION_MAX = 2**63 - 1


class SequenceNumber(NamedTuple):
    """A sequence number taken apart. Positions count up within a stream."""

    shard_created_s: int
    shard_index: int
    position: int
    arrived_s: int

    def __str__(self) -> str:
        return str(
            int(
                f"{_VERSION}{self.shard_created_s:09x}{self.shard_index & 0xF:x}"
                f"{self.position:016x}00{self.arrived_s:09x}{self.shard_index:08x}{_VERSION}",
                16,
            )
        )


def parse_sequence_number(text: str) -> SequenceNumber:
    """Take one apart; ValueError when it is none that a stream gives out."""
    digits = f"{int(text):x}"
    if len(digits) != _DIGITS or digits[0] != _VERSION or digits[-1] != _VERSION:
        raise ValueError(text)
    number = SequenceNumber(
        shard_created_s=int(digits[1:10], 16),
        shard_index=int(digits[38:46], 16),
        position=int(digits[11:27], 16),
        arrived_s=int(digits[29:38], 16),
    )
    if number.position > _POSITION_MAX or str(number) != str(int(text)):
        raise ValueError(text)
    return number
