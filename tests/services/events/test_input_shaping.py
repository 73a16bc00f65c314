"""Input, InputPath and InputTransformer: what a target gets instead of the event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.services.events.json_path import MISSING, JsonPathError, parse_json_path

if TYPE_CHECKING:
    from .conftest import World

DETAIL = {
    "command": "cook",
    "payload": {"id": "0a7", "table": "baz"},
    "one": ["HIGH"],
    "two": ["ACTIVE", "INACTIVE"],
    "valid": True,
    "total": 12.5,
    "none": None,
}
PATHS = {
    "command": "$.detail.command",
    "id": "$.detail.payload.id",
    "payload": "$.detail.payload",
    "one": "$.detail.one",
    "two": "$.detail.two",
    "valid": "$.detail.valid",
    "total": "$.detail.total",
    "none": "$.detail.none",
    "absent": "$.detail.absent",
}


def delivered(world: World, target: dict[str, Any], detail: Any = None) -> list[str]:
    """Return the bodies that one event made with these target settings."""
    caught = world.catcher()
    world.rule({"Arn": caught.arn, **target})
    world.put(DETAIL if detail is None else detail)
    return caught.bodies()


def transformed(world: World, template: str) -> list[str]:
    """Return the bodies that one event made through a template."""
    transformer = {"InputPathsMap": PATHS, "InputTemplate": template}
    return delivered(world, {"InputTransformer": transformer})


def test_input_replaces_the_event(world: World) -> None:
    """Input reaches the target as it was written."""
    assert delivered(world, {"Input": '{ "fixed" : 1 }'}) == ['{ "fixed" : 1 }']


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$.detail.payload", '{"id":"0a7","table":"baz"}'),
        ("$.detail.payload.table", '"baz"'),
        ("$.detail.two[1]", '"INACTIVE"'),
        ("$['detail']['total']", "12.5"),
        ("$.detail-type", '"order.received"'),
        ("$.detail.two[*]", '["ACTIVE","INACTIVE"]'),
    ],
)
def test_input_path_delivers_a_part(world: World, path: str, body: str) -> None:
    """InputPath sends what stands there as JSON; a string keeps its quotes."""
    assert delivered(world, {"InputPath": path}) == [body]


def test_input_path_of_everything_is_the_event(world: World) -> None:
    """$ is the whole event."""
    (body,) = delivered(world, {"InputPath": "$"})
    assert json.loads(body)["detail"] == DETAIL


def test_input_path_that_finds_nothing_is_not_delivered(world: World) -> None:
    """An event without the part gives the target nothing, and the journal the reason."""
    assert delivered(world, {"InputPath": "$.detail.absent"}) == []
    assert len(world.notes("the event has nothing at InputPath $.detail.absent")) == 1


@pytest.mark.parametrize(
    ("template", "body"),
    [
        (
            '{"path": "users/<id>", "body": <payload>}',
            '{"path": "users/0a7", "body": {"id":"0a7","table":"baz"}}',
        ),
        ('{"id" : <id>}', '{"id" : "0a7"}'),
        ('{"id" : "<id>"}', '{"id" : "0a7"}'),
        ('{"list": [<id>, "fixed"], "one": <one>}', '{"list": ["0a7", "fixed"], "one": ["HIGH"]}'),
        (
            '{"twice": "<id>/<id>", "valid": "<valid>", "total": <total>}',
            '{"twice": "0a7/0a7", "valid": "true", "total": 12.5}',
        ),
        (
            '{"absent": <absent>, "text": "-<absent>-", "none": <none>}',
            '{"absent": "", "text": "--", "none": null}',
        ),
        ('{"quote": "\\"<id>\\""}', '{"quote": "\\"0a7\\""}'),
        ("<payload>", '{"id":"0a7","table":"baz"}'),
        ('"Command <command> is <valid>!"', '"Command cook is true!"'),
        ('"<one> <two> <payload>-<absent>"', '"[HIGH] [ACTIVE,INACTIVE] {id:0a7,table:baz}-"'),
        ('"<one> first"\n"<command> second"', '"[HIGH] first"\n"cook second"'),
        ('"{[/odd start <command>"', '"{[/odd start cook"'),
    ],
)
def test_input_transformer_writes_values(world: World, template: str, body: str) -> None:
    """Where a value stands in the template decides how it is written."""
    assert transformed(world, template) == [body]


@pytest.mark.parametrize(
    "template",
    [
        '{"a": "<payload>"}',
        '{"a": "<one>"}',
        "plain <command>",
        '"quoted" and <command>',
        '{"a": }',
    ],
)
def test_input_transformer_that_gives_no_json_is_not_delivered(world: World, template: str) -> None:
    """An object inside quotes, or text without them, is dropped and the journal says so."""
    assert transformed(world, template) == []
    assert len(world.notes("gave up: INVALID_JSON")) == 1


def test_input_transformer_has_predefined_values(world: World) -> None:
    """Rule, ingestion time and the event itself need no path."""
    template = (
        '{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", '
        '"at": <aws.events.event.ingestion-time>, "bare": <aws.events.event>, '
        '"whole": <aws.events.event.json>}'
    )
    caught = world.catcher()
    arn = world.rule({"Arn": caught.arn, "InputTransformer": {"InputTemplate": template}})
    world.put({"n": 1})
    (shaped,) = caught.events()
    whole = shaped["whole"]
    assert (shaped["arn"], shaped["name"], shaped["at"]) == (arn, "rule", "2026-01-01T00:00:00Z")
    assert whole["detail"] == {"n": 1}
    assert shaped["bare"] == {
        "id": whole["id"],
        "account": "000000000000",
        "detailType": "order.received",
        "time": whole["time"],
        "source": "shop",
        "region": "us-east-1",
        "resources": [],
        "version": "0",
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": [{"b": 1}, {"b": 2}, {}], "x y": {"": 0}}),
        ("$.a[0].b", 1),
        ("$.a[7]", MISSING),
        ("$.a.b", MISSING),
        ("$.a[*].b", [1, 2]),
        ("$['x y']", {"": 0}),
        ("$[\"x y\"]['']", 0),
        ("$.*", [[{"b": 1}, {"b": 2}, {}], {"": 0}]),
    ],
)
def test_json_path_finds(path: str, found: object) -> None:
    """Each form of a step leads where it says."""
    document = {"a": [{"b": 1}, {"b": 2}, {}], "x y": {"": 0}}
    assert parse_json_path(path).find(document) == found


@pytest.mark.parametrize(
    "path", ["", "a", "$a", "$.", "$..a", "$.a[", "$.a[x]", "$.a[-1]", "$.a b"]
)
def test_json_path_refuses(path: str) -> None:
    """What is no path is refused before any event comes."""
    with pytest.raises(JsonPathError):
        parse_json_path(path)
