"""CRC-32C and CRC-64/NVME, and what all CRCs share: joining those of two halves.

The standard library has CRC-32 only. Here a table of 65,536 entries takes two bytes a step, about
25 MB a second; it is made when the algorithm is first asked for.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MINIMUM_FOR_PAIRS = 4096


@dataclass(frozen=True, slots=True)
class Crc:
    """A reflected CRC whose register starts with ones and is inverted at the end."""

    polynomial: int  # its bits reversed
    bits: int

    @property
    def mask(self) -> int:
        """All bits of the register."""
        return (1 << self.bits) - 1


CRC32 = Crc(0xEDB88320, 32)
CRC32C = Crc(0x82F63B78, 32)
CRC64NVME = Crc(0x9A6C9329AC4BC9B5, 64)


def crc_of(crc: Crc, pieces: Iterable[bytes]) -> int:
    """Return the checksum of bytes given in pieces."""
    if crc is CRC32:
        value = 0
        for piece in pieces:
            value = zlib.crc32(piece, value)
        return value
    register = crc.mask
    for piece in pieces:
        register = _advance(crc, register, piece)
    return register ^ crc.mask


def _advance(crc: Crc, register: int, piece: bytes) -> int:
    table = _bytes_table(crc)
    start = 0
    if len(piece) >= _MINIMUM_FOR_PAIRS and sys.byteorder == "little":
        start = len(piece) & ~1
        pairs = array("H", piece[:start])
        by_pair = _pairs_table(crc)
        for pair in pairs:
            register = by_pair[(register ^ pair) & 0xFFFF] ^ (register >> 16)
    for byte in piece[start:]:
        register = table[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register


@cache
def _bytes_table(crc: Crc) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (crc.polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


@cache
def _pairs_table(crc: Crc) -> tuple[int, ...]:
    table = _bytes_table(crc)
    return tuple(
        table[(table[low] ^ high) & 0xFF] ^ (table[low] >> 8)
        for high in range(256)
        for low in range(256)
    )


def joined(crc: Crc, first: int, second: int, second_length: int) -> int:
    """Return the checksum of two texts in a row from theirs and the second one's length.

    The first is moved past as many zero bytes as the second has: by squaring, a matrix over bits.
    """
    matrix = _one_zero_byte(crc)
    length = second_length
    while length:
        if length & 1:
            first = _times(matrix, first)
        matrix = tuple(_times(matrix, column) for column in matrix)
        length >>= 1
    return first ^ second


@cache
def _one_zero_byte(crc: Crc) -> tuple[int, ...]:
    """Return what a zero byte does to each bit of a register."""
    table = _bytes_table(crc)
    return tuple(table[bit & 0xFF] ^ (bit >> 8) for bit in (1 << n for n in range(crc.bits)))


def _times(matrix: tuple[int, ...], vector: int) -> int:
    result = 0
    for column in matrix:
        if vector & 1:
            result ^= column
        vector >>= 1
        if not vector:
            break
    return result
