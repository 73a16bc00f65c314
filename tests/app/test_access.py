"""Requests for access in the table, when others write at the same time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.access.requests import Access, News, Request
from chalicelib.adapters.access_table import ATTEMPTS, AccessTable
from chalicelib.adapters.errors import AwsUnavailable

REQUEST = Request("r", "ann", "pos-square-dead-letters", "store-001", "because of it", 5, 1)
NEWS = News("access.revoked", "revoked", "a finding")


class Busy:
    """A DynamoDB where somebody else's transaction is in the way so many times."""

    def __init__(self, times: int, *codes: str) -> None:
        self.times = times
        self.codes = codes
        self.calls = 0

    def transact_write_items(self, **_: Any) -> dict[str, Any]:
        """Cancel the transaction, or not."""
        self.calls += 1
        if self.calls > self.times:
            return {}
        error = {"Code": "TransactionCanceledException", "Message": "cancelled"}
        reasons = [{"Code": code} for code in self.codes]
        reply: Any = {"Error": error, "CancellationReasons": reasons}
        raise ClientError(reply, "TransactWriteItems")


def revoke(client: Busy) -> tuple[Request | None, list[float]]:
    """Revoke a request; return it, and how long was waited each time."""
    waits: list[float] = []
    table = AccessTable(client, "access", waits.append)
    return table.change(REQUEST, Access.REVOKED, 2, {}, NEWS), waits


def test_transaction_in_the_way_is_waited_for() -> None:
    """A little, each time a random while."""
    client = Busy(3, "None", "TransactionConflict")
    done, waits = revoke(client)
    assert done is not None
    assert (done.state, done.owed) == (Access.REVOKED, (NEWS,))
    assert (client.calls, len(waits), len(set(waits))) == (4, 3, 3)
    assert all(0 <= seconds < 0.5 for seconds in waits)


def test_transaction_in_the_way_for_good_is_a_failure_and_no_answer() -> None:
    """It must not pass for a request that somebody else has changed."""
    client = Busy(100, "TransactionConflict", "None")
    with pytest.raises(AwsUnavailable):
        revoke(client)
    assert client.calls == ATTEMPTS


def test_condition_that_does_not_hold_is_not_tried_again() -> None:
    """Whatever else was in the way."""
    client = Busy(100, "ConditionalCheckFailed", "TransactionConflict")
    assert revoke(client) == (None, [])
    assert client.calls == 1
