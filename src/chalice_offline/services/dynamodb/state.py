"""What DynamoDB holds: tables, their streams and backups, in all accounts and regions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.backups.recovery_log import drop_log
from chalice_offline.services.dynamodb.errors import resource_missing, table_missing
from chalice_offline.services.dynamodb.items.item_store import Items
from chalice_offline.services.dynamodb.items.request_tokens import RequestTokens
from chalice_offline.services.dynamodb.streams.stream import Streams
from chalice_offline.services.dynamodb.streams.stream_requests import check_stream_arn
from chalice_offline.services.dynamodb.tables.names import TableKey, table_key
from chalice_offline.services.dynamodb.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.dynamodb.streams.stream import Stream


class DynamoDbState:
    """Amazon DynamoDB and DynamoDB Streams."""

    def __init__(self, kernel: Kernel, expire: Callable[[DynamoDbState, Table], None]) -> None:
        """Take up what is in the kernel's storage. `expire` removes a table's expired items."""
        self.kernel = kernel
        self.expire = expire
        self.tables: dict[TableKey, Table] = {}
        self.streams = Streams(kernel)
        self.request_tokens = RequestTokens(kernel)
        self._expiry_timers: dict[TableKey, tuple[int, Timer]] = {}
        self._kept = kernel.storage.collection("dynamodb/tables")
        self._by_text: dict[tuple[str, str, str], Table] = {}
        for kept in self._kept.items():
            table = Table.restore(json.loads(kept[1]))
            table.items = Items(kernel, table)
            self.tables[table.place] = table
            self.plan_expiry(table, table.items.next_expiry_seconds())

    # ---- tables ----------------------------------------------------------------------------------

    def find_table(self, name_or_arn: str, context: CallContext) -> Table:
        """Return the table an operation on items names; ResourceNotFoundException without one."""
        text = (context.account_id, context.region, name_or_arn)
        found = self._by_text.get(text)
        if found is None:
            found = self.find_table_or_none(table_key(name_or_arn, context))
            if found is None:
                raise resource_missing()
            self._by_text[text] = found
        return found

    def find_named_table(self, name_or_arn: str, context: CallContext) -> Table:
        """Return the table an operation on tables names; the refusal says which is missing."""
        place = table_key(name_or_arn, context)
        found = self.find_table_or_none(place)
        if found is None:
            raise table_missing(place.name)
        return found

    def find_table_or_none(self, place: TableKey) -> Table | None:
        """Return the table of a name, account and region."""
        return self.tables.get(place)

    def tables_of(self, context: CallContext) -> list[Table]:
        """Return the caller's tables in this region, by name."""
        return [
            table
            for place, table in sorted(self.tables.items())
            if place.account_id == context.account_id and place.region == context.region
        ]

    def add_table(self, table: Table) -> None:
        """Take in a new table, without items."""
        table.items = Items(self.kernel, table)
        table.items.start_empty()
        self.tables[table.place] = table
        self.save_table(table)

    def save_table(self, table: Table) -> None:
        """Keep a table that was made or changed."""
        self._kept.put("/".join(table.place).encode(), json.dumps(table.save()).encode())

    def remove_table(self, table: Table) -> None:
        """Remove a table with its items; its streams stay as long as records of theirs do."""
        del self.tables[table.place]
        self._by_text.clear()
        self._kept.delete("/".join(table.place).encode())
        table.items.drop()
        drop_log(self.kernel, table)
        self.stop_expiry(table)

    # ---- streams ---------------------------------------------------------------------------------

    def find_stream(self, arn: str) -> Stream:
        """Return the stream of an ARN; ResourceNotFoundException without one."""
        check_stream_arn(arn)
        found = self.streams.get(arn)
        if found is None:
            raise resource_missing(f"Stream: {arn} not found")
        return found

    # ---- time to live ----------------------------------------------------------------------------

    def plan_expiry(self, table: Table, seconds: int | None) -> None:
        """Look at a table when an item of it expires, unless it is looked at before."""
        if seconds is None:
            return
        due_ms = max(seconds * 1000, self.kernel.now_ms)
        planned = self._expiry_timers.get(table.place)
        if planned is not None:
            if planned[0] <= due_ms:
                return
            self.kernel.cancel(planned[1])

        def look() -> None:
            del self._expiry_timers[table.place]
            self.expire(self, table)
            self.plan_expiry(table, table.items.next_expiry_seconds())

        timer = self.kernel.at(due_ms, look, owed=False)
        self._expiry_timers[table.place] = (due_ms, timer)

    def stop_expiry(self, table: Table) -> None:
        """Look at a table no more."""
        planned = self._expiry_timers.pop(table.place, None)
        if planned is not None:
            self.kernel.cancel(planned[1])
