"""Fixtures `street` and `long_street`: the whole app in virtual time, between its vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.event_bus import EventBus
from simulators.menu import make_stores
from simulators.street import Street, opened
from tests.contracts.validation import complaints

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalice_offline.testing import Offline
    from chalicelib.domain.events import Event


@pytest.fixture
def street(offline: Offline) -> Iterator[Street]:
    """Three stores with Square."""
    with opened(Street(offline)) as street:
        yield street


@pytest.fixture
def long_street(offline: Offline) -> Iterator[Street]:
    """One store with each point of sale."""
    with opened(Street(offline, make_stores(3, ["square", "toast", "clover"]))) as street:
        yield street


@pytest.fixture(autouse=True)
def contracts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every event that is published in these tests keeps its contract (chalicelib/contracts)."""
    publish, found = EventBus.publish, list[str]()

    def checked(self: EventBus, events: Sequence[Event]) -> None:
        for event in events:
            found.extend(complaints(event))
        publish(self, events)

    monkeypatch.setattr(EventBus, "publish", checked)
    yield
    assert found == []
