"""How AWS's Java services print values in their validation errors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.protocols import scalars

if TYPE_CHECKING:
    from collections.abc import Iterable


# Members AWS prints that no published model has (recorded, 2025).
_UNPUBLISHED_MEMBERS = {"PutEventsRequestEntry": ("kmsKeyIdentifier", "internalMetadata")}


def lower_first(name: str) -> str:
    """Return a member's name as Java spells it: EventBusName -> eventBusName."""
    return name[:1].lower() + name[1:]


def text(shape: Any, value: Any) -> str:
    """Return `String.valueOf(value)` for a value of the shape.

    Recorded: `[PutEventsRequestEntry(time=null, source=a, ...), ...]`, `[x86_64, arm64]`,
    `{2=-1.0}`.
    """
    if value is None:
        return "null"
    if shape.type_name == "structure":
        members = [
            f"{lower_first(name)}={text(member, value.get(name))}"
            for name, member in shape.members.items()
        ]
        members += [f"{name}=null" for name in _UNPUBLISHED_MEMBERS.get(shape.name, ())]
        return f"{shape.name}({', '.join(members)})"
    if shape.type_name == "list":
        return f"[{', '.join(text(shape.member, item) for item in value)}]"
    if shape.type_name == "map":
        pairs = (f"{key}={text(shape.value, item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return _scalar_text(value)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, datetime):
        return scalars.iso8601(value)
    return str(value)


def hash_set_order(values: Iterable[str]) -> list[str]:
    """Return an enum's values in the order AWS's messages list them.

    That is the order of a hash table with 32 buckets over Java's `String.hashCode`, the latest of
    one bucket first, found from 20 recorded messages of 2 to 56 values, for example
    [LATEST, AT_TIMESTAMP, TRIM_HORIZON].
    """
    latest_first = list(values)[::-1]
    return sorted(latest_first, key=lambda value: _java_hash(value) % 32)


def hash_map_order(names: Iterable[str]) -> list[str]:
    """Return names in the order of Java's HashMap: by bucket, in a bucket by age."""
    known = list(dict.fromkeys(names))
    buckets = 16
    while len(known) > buckets * 3 // 4:
        buckets *= 2

    def bucket(name: str) -> int:
        code = _java_hash(name)
        return (code ^ (code >> 16)) & (buckets - 1)

    return sorted(known, key=bucket)


def _java_hash(value: str) -> int:
    code = 0
    for unit in memoryview(value.encode("utf-16-le")).cast("H"):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code
