"""The console's pages, as a program or a browser gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.console.api import Console as ConsoleDoors
from chalice_offline.console.families import ENTRIES_PER_PAGE
from chalice_offline.console.session import Session
from chalice_offline.core.context import Caller
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.transports.gateway import Gateway


class Console:
    """An emulator and what its console says."""

    def __init__(self) -> None:
        self.emulator = compose(VirtualDriver())
        self._gateway = Gateway(self.emulator)
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.doors = ConsoleDoors(Session(self.emulator, lambda_))
        self.doors.serve_on(self._gateway)

    def call(self, service: str, operation: str, **request: Any) -> Any:
        caller = Caller("000000000000", "us-east-1", "http://localhost:4566")
        return self.emulator.call(service, operation, request, caller)

    def get(self, page: str) -> HttpResponse:
        url = f"http://localhost:4566/_chalice_offline/{page}"
        reply = self._gateway.handle(HttpRequest("GET", url, Headers()))
        assert isinstance(reply, HttpResponse)
        return reply


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.mark.parametrize("is_prepared", [True, False])
def test_who_comes_when_it_is_closed_is_to_come_again(
    console: Console, *, is_prepared: bool
) -> None:
    """While a session with a file begins anew, the feed of the emulator before stands still."""
    if is_prepared:
        assert console.get("api/runs").status == 200
    console.doors.close()
    for door in ("api/live", "api/runs", "journal"):
        reply = console.get(door)
        assert (reply.status, reply.feed) == (503, None)


def test_the_journal_is_shown_masked_and_kept_whole(console: Console) -> None:
    """The page hides what the journal needs for a replay."""
    url = console.call("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    body = json.dumps({"order": "order-1", "phone": "+14155552671"})
    console.call("sqs", "SendMessage", QueueUrl=url, MessageBody=body)
    shown = console.get("journal").body.decode()
    assert "order-1" in shown
    assert "4155552671" not in shown
    kept = [entry.detail for entry in console.emulator.journal.entries()]
    assert kept[-1]["MessageBody"] == body


def test_the_trace_is_found_by_what_it_does_not_show(console: Console) -> None:
    """Looking for a telephone number is what a developer does; printing it is another thing."""
    console.call("sns", "Publish", PhoneNumber="+14155552671", Message="ready")
    drawn = console.get("trace?text=4155552671").body.decode()
    assert "Publish phone ***" in drawn
    assert "4155552671" not in drawn


def test_the_journal_comes_in_pages(console: Console) -> None:
    """At most a thousand entries, those after a number."""
    for number in range(ENTRIES_PER_PAGE + 5):
        console.call("sqs", "ListQueues", QueueNamePrefix=str(number))
    first = json.loads(console.get("journal").body)
    assert len(first) == ENTRIES_PER_PAGE
    rest = json.loads(console.get(f"journal?after={first[-1]['number']}").body)
    assert [entry["number"] for entry in rest] == list(range(1001, 1006))


@pytest.mark.parametrize(
    "page", ["journal", "functions", "trace?text=x", "trace", "journal?after=x"]
)
def test_every_page_keeps_other_origins_out(console: Console, page: str) -> None:
    """In no frame, in no cache, guessed as no other kind of file."""
    headers = console.get(page).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
