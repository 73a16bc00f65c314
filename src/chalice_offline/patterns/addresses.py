"""IP addresses and CIDR blocks: parsing and error texts as aws/event-ruler's `CIDR` has them."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_MASK = re.compile(r"[+-]?[0-9]{1,10}")
_MASK_LARGEST = 2**31 - 1


class Address(NamedTuple):
    """An IP address as a number; equal addresses are equal however they were written."""

    bits: int
    number: int


class Block(NamedTuple):
    """A CIDR block: first and last address, both within."""

    bits: int
    first: int
    last: int

    def contains(self, address: Address) -> bool:
        """Whether the address is of the same family and inside the block."""
        return self.bits == address.bits and self.first <= address.number <= self.last


class CidrError(ValueError):
    """A CIDR block that AWS refuses; the text is AWS's."""


def parse_address(text: str) -> Address | None:
    """The address that the text spells, or None when it spells none."""
    if _IPV4.fullmatch(text):
        octets = [int(octet) for octet in text.split(".")]  # leading zeros are decimal
        if max(octets) > 255:
            return None
        return Address(32, int.from_bytes(bytes(octets), "big"))
    if not _IPV6.fullmatch(text):
        return None
    try:
        address = ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        return None
    if address.ipv4_mapped is not None:  # Java, in which AWS parses, makes this an IPv4 address
        return Address(32, int(address.ipv4_mapped))
    return Address(128, int(address))


def parse_block(text: str) -> Block:
    """The CIDR block that the text spells; raises `CidrError`."""
    # A trailing slash counts as no slash: Java's split drops empty ends.
    parts = text.rstrip("/").split("/") if text.strip("/") else []
    if len(parts) != 2:
        raise CidrError("Malformed CIDR, one '/' required")
    base, mask_text = parts
    if not _MASK.fullmatch(mask_text) or abs(int(mask_text)) > _MASK_LARGEST:
        raise CidrError("Malformed CIDR, mask bits must be an integer")
    mask = int(mask_text)
    if mask < 0:
        raise CidrError("Malformed CIDR, mask bits must not be negative")
    address = parse_address(base)
    if address is None:
        looks_right = _IPV4.fullmatch(base) or _IPV6.fullmatch(base)
        raise CidrError(f"{'Invalid' if looks_right else 'Nonstandard'} IP address: {base}")
    if mask >= address.bits:
        family = "IPv4" if address.bits == 32 else "IPv6"
        raise CidrError(f"{family} mask bits must be < {address.bits}")
    size = 1 << (address.bits - mask)
    first = address.number - address.number % size
    return Block(address.bits, first, first + size - 1)
