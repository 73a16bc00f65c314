"""How an evening's stores are opened: by the app, or as it left them long ago."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalice_offline.testing import Offline
from simulators.sim.plan import make_plan
from simulators.sim.play import play
from simulators.street import Street, opened

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
IMPORTED = ("menu_sequencer",)
"""What tells one import of a file from another."""


def rows(open_: Callable[[Street], None]) -> dict[str, list[dict[str, Any]]]:
    """Return the stores and menus as they are after an opening, without who was sent them when."""
    with Offline(ROOT, stage="local", region="us-east-1") as offline:
        street = Street(offline)
        open_(street)
        dynamodb = offline.client("dynamodb")
        found = {
            table: dynamodb.scan(TableName=table)["Items"] for table in ("stores", "menu-items")
        }
    return {
        table: [
            {name: value for name, value in item.items() if name not in IMPORTED}
            for item in items
            if not item.get("menu", {"S": ""})["S"].endswith("#published")
        ]
        for table, items in found.items()
    }


def test_stores_that_are_open_already_are_as_the_app_opens_them() -> None:
    """An evening that begins with them begins where an import ends."""

    def by_the_app(street: Street) -> None:
        with opened(street):
            pass

    expected = rows(by_the_app)
    assert rows(Street.be_open_already) == expected
    assert len(expected["stores"]) > 3


def test_evenings_in_which_nothing_new_is_uploaded_publish_nothing() -> None:
    """In fair weather it would be the same every time; the other evenings do, in any weather."""
    calls = {seed: play(make_plan(seed, 4)).calls for seed in (2, 3)}
    uploads = {seed: made["POST doordash/marketplace/api/v1/menus"] for seed, made in calls.items()}
    assert uploads[2] == 0
    assert uploads[3] > 0
