"""How every write comes about, whichever operation asks for it.

A plan is a write that has been checked; nothing has been read for it yet. `weigh` holds it against
the item that is there, and raises when the condition fails or the result is no item. `commit` then
makes it so: item, index entries, stream record. Batches and transactions plan and weigh all of
their writes before they commit the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.backups.recovery_log import note_before
from chalice_offline.services.dynamodb.errors import condition_failed, mismatch
from chalice_offline.services.dynamodb.items.item_store import expiry_seconds
from chalice_offline.services.dynamodb.items.keys import check_computed_index_keys
from chalice_offline.services.dynamodb.streams.kinesis_delivery import forward
from chalice_offline.services.dynamodb.streams.stream import Change
from chalice_offline.services.dynamodb.values.attribute_values import equal
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.items.item_store import Stored
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

Condition = Callable[["Item"], bool]
# What an update touches: (path of the attribute, the part of an item that lies on these paths).
Touched = Any
# From the item that is there to the one that will be (None: no item), and what was touched.
Make = Callable[["Item | None"], "tuple[Item | None, Touched]"]

_NO_ITEM: Item = {}


@dataclass(slots=True)
class Plan:
    """A write that has been checked. `returns_old` is ReturnValuesOnConditionCheckFailure.

    `keyed` has the key's attributes, and maybe others.
    `new_size` is known beforehand for a put; else it is -1, and judged when the write is weighed.
    """

    table: Table
    key: bytes
    keyed: Item
    make: Make
    condition: Condition | None = None
    returns_old: bool = False
    new_size: int = -1
    is_check_only: bool = False

    @property
    def key_item(self) -> Item:
        """The key as an item."""
        return {name: self.keyed[name] for name in self.table.key.names}


@dataclass(slots=True)
class Weighed:
    """A write that will be: what was there, and what will be there instead."""

    plan: Plan
    old: Stored | None
    new: Item | None
    new_size: int
    touched: Touched = None

    @property
    def old_item(self) -> Item | None:
        """The item that was there."""
        return self.old.item if self.old else None

    @property
    def old_size(self) -> int:
        """How large it was."""
        return self.old.size if self.old else 0


def check_item_size(item: Item, *, is_update: bool = False) -> int:
    """Return the size of an item; refuse one that is too large."""
    size = item_size_bytes(item)
    if size > limits.ITEM_BYTES:
        what = "Item size to update" if is_update else "Item size"
        raise mismatch(f"{what} has exceeded the maximum allowed size")
    return size


def weigh(plan: Plan) -> Weighed:
    """Hold a plan against the item that is there."""
    old = plan.table.items.get(plan.key)
    if plan.condition is not None and not plan.condition(old.item if old else _NO_ITEM):
        raise condition_failed(old.item if old and plan.returns_old else None)
    if plan.new_size >= 0:
        new, touched = plan.make(None)
        return Weighed(plan, old, new, plan.new_size, touched)
    new, touched = plan.make(old.item if old else None)
    size = 0
    if new is not None:
        if plan.table.indexes and touched is not None:
            # Only of what an update touches: an item that was there before the index may have an
            # attribute that does not fit it, and is left out of the index ("Detecting and
            # correcting index key violations").
            check_computed_index_keys(plan.table, touched.new)
        size = check_item_size(new, is_update=True)
    return Weighed(plan, old, new, size, touched)


def commit(
    dynamodb: DynamoDbState,
    writes: Sequence[Weighed],
    entry: int,
    *,
    by_time_to_live: bool = False,
) -> None:
    """Make writes so, all of them. `entry` is the journal entry they follow from."""
    streams: dict[str, None] = {}
    for weighed in writes:
        plan, old, new = weighed.plan, weighed.old, weighed.new
        if plan.is_check_only or (old is None and new is None):
            continue
        table = plan.table
        if table.recovery_since_ms:
            note_before(dynamodb.kernel, table, plan.key, old)
        table.items.write(plan.key, old, new, weighed.new_size)
        if table.expiry_attribute:
            dynamodb.plan_expiry(table, expiry_seconds(table, new))
        if (table.stream or table.kinesis_destinations) and not _is_unchanged(weighed):
            _tell(dynamodb, weighed, entry, by_time_to_live=by_time_to_live)
            if table.stream:
                streams[table.stream_arn] = None
    for arn in streams:
        dynamodb.kernel.signal(arn)


def _is_unchanged(weighed: Weighed) -> bool:
    """A write that leaves the item as it was makes no record (recorded)."""
    old, new = weighed.old, weighed.new
    return old is not None and new is not None and equal({"M": old.item}, {"M": new})


def _tell(dynamodb: DynamoDbState, weighed: Weighed, entry: int, *, by_time_to_live: bool) -> None:
    table, old, new = weighed.plan.table, weighed.old_item, weighed.new
    keys = weighed.plan.key_item
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    change = Change(
        event_id=dynamodb.kernel.ids.hex(32),
        name=name,
        created_ms=dynamodb.kernel.now_ms,
        keys=keys,
        old=old,
        new=new,
        size=item_size_bytes(keys) + weighed.old_size + weighed.new_size,
        by_time_to_live=by_time_to_live,
    )
    if table.stream:
        stream = dynamodb.streams.get(table.stream_arn)
        if stream is not None:
            dynamodb.streams.append(stream, change, entry)
    for destination in table.kinesis_destinations:
        forward(dynamodb.kernel, table, destination, change, entry)
