"""Fixture `onboarding`: a merchant and the whole app, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.menu import make_stores
from simulators.street import Street, opened
from tests.workflows.merchant import Onboarding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline

OPEN_STORES = 3


@pytest.fixture
def onboarding(offline: Offline) -> Iterator[Onboarding]:
    """Three stores sell, a fourth wants to. Schedules are off: days of sweeps are no use here."""
    stores = make_stores(OPEN_STORES + 1)
    with opened(Street(offline, stores), stores=OPEN_STORES) as street:
        events = offline.client("events")
        for rule in events.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                events.disable_rule(Name=rule["Name"])
        yield Onboarding(street, stores[OPEN_STORES])
