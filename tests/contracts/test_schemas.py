"""docs/events is what the code says, and every event is a CloudEvent that keeps it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from chalicelib.contracts import published
from chalicelib.contracts.asyncapi import envelope
from chalicelib.contracts.events import CONTRACTS, version_of
from chalicelib.contracts.schemas import data_schema, schema_of
from chalicelib.domain.events import NEWER, Event, ms
from chalicelib.handlers import COMMANDS
from tests.contracts.validation import complaints

ROOT = Path(__file__).parents[2]
RESOURCES = json.loads((ROOT / ".chalice/resources.json").read_text())["Resources"]
AT_MS = 1_790_000_000_123


def test_files_are_those_of_the_code() -> None:
    """`make contracts` would change nothing."""
    assert published.differences(published.generated(), published.on_disk(ROOT)) == []


def test_nothing_that_was_ever_published_is_broken() -> None:
    """By the files that are there, and by those of every commit that this clone has."""
    files = published.generated()
    assert published.broken(files, published.on_disk(ROOT)) == []
    for commit, then in published.history(ROOT):
        assert published.broken(files, then, commit) == []


@pytest.mark.parametrize("type_", sorted(CONTRACTS))
def test_schema_is_valid_by_its_dialect(type_: str) -> None:
    """Draft 7's own schema."""
    Draft7Validator.check_schema(data_schema(type_))
    Draft7Validator.check_schema(envelope(type_, data_schema(type_)))


@pytest.mark.parametrize(
    "traceparent", ["", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
)
def test_envelope_is_a_cloudevent(traceparent: str) -> None:
    """CloudEvents 1.0.2: names of attributes, their types, and what has to be there."""
    detail = Event("id", "order.ready", "c#s#1", AT_MS, {}).to_detail(traceparent)
    assert {"specversion", "id", "source", "type"} <= detail.keys()
    for name, value in detail.items():
        assert re.fullmatch("[a-z0-9]{1,20}", name)
        assert name == "data" or (isinstance(value, str) and value), name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", detail["time"])
    schema = envelope("order.ready", {"type": "object"})
    assert list(Draft7Validator(schema).iter_errors(detail)) == []
    assert Event.from_detail(detail) == Event("id", "order.ready", "c#s#1", AT_MS, {})


@pytest.mark.parametrize("at_ms", [0, 1, 999, 1000, AT_MS, 4_102_444_799_999])
def test_instants_survive_the_envelope(at_ms: int) -> None:
    """To the millisecond: deadlines are counted from them."""
    assert ms(Event("id", "t", "s", at_ms).to_detail()["time"]) == at_ms


def test_versions_are_of_types_that_exist() -> None:
    """A newer version of nothing would be a misprint."""
    assert NEWER.keys() <= CONTRACTS.keys()
    assert all(version_of(type_) >= 1 for type_ in CONTRACTS)


def test_rules_and_filters_name_types_with_contracts() -> None:
    """What anybody listens to in the template, and what our own functions act on."""
    named = {type_ for stage in COMMANDS.values() for type_ in stage}
    for resource in RESOURCES.values():
        pattern = resource.get("Properties", {}).get("EventPattern", {})
        policy = resource.get("Properties", {}).get("FilterPolicy", {})
        for part in (pattern, policy):
            named |= {one for one in part.get("detail-type", []) if isinstance(one, str)}
    assert named - CONTRACTS.keys() == set()


def test_breaches_are_told() -> None:
    """No contract, a missing field, a wrong type, a field that nobody promised."""
    for event, complaint in (
        (Event("e", "order.lost", "s", 1), "order.lost has no contract"),
        (Event("e", "menu.rejected", "s", 1), "'why' is a required property"),
        (Event("e", "menu.rejected", "s", 1, {"why": 3}), "$.data.why: 3 is not of type 'string'"),
        (Event("e", "menu.rejected", "s", 1, {"why": "", "x": 1}), "'x' is not in its contract"),
        (Event("", "menu.rejected", "s", 1, {"why": ""}), "$.id"),
    ):
        assert any(complaint in one for one in complaints(event)), complaint
    assert complaints(Event("e", "menu.rejected", "s", 1, {"why": ""})) == []


@pytest.mark.parametrize("hint", [bytes, set[str], dict[int, str], str | list[str], Any])
def test_types_that_json_cannot_hold_are_refused(hint: Any) -> None:
    """Rather than a schema that says nothing."""
    with pytest.raises(TypeError):
        schema_of(hint)
