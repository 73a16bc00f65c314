"""Fixtures `street` and `long_street`: the whole app in virtual time, between its vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.menu import make_stores
from simulators.street import Street, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline


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
