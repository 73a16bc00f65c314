"""The AsyncAPI document keeps AsyncAPI 3.0.0's rules and says what the template does.

Its published JSON Schema is not in this repository; what it asks of the parts that we use is
written down here. (Checked against schemas/3.0.0 of asyncapi/spec-json-schemas when it was made.)
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from chalicelib.contracts import asyncapi
from chalicelib.contracts.events import CONTRACTS
from chalicelib.domain.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES = json.loads(
    (Path(__file__).parents[2] / ".chalice/resources.json").read_text(encoding="utf-8")
)["Resources"]
ALLOWED = {
    "": {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},  # noqa: E501
    "info": {"title", "version", "description", "termsOfService", "contact", "license", "tags", "externalDocs"},  # noqa: E501
    "channel": {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "externalDocs", "bindings"},  # noqa: E501
    "operation": {"action", "channel", "title", "summary", "description", "security", "tags", "externalDocs", "bindings", "traits", "messages", "reply"},  # noqa: E501
    "message": {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags", "externalDocs", "bindings", "examples", "traits"},  # noqa: E501
}  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As it is published."""
    made: dict[str, Any] = json.loads(json.dumps(asyncapi.document()))
    return made


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_objects_have_the_fields_that_asyncapi_knows(document: dict[str, Any]) -> None:
    """And those that it demands: asyncapi and info; title and version; action and channel."""
    assert document.keys() <= ALLOWED[""]
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys() <= ALLOWED["info"]
    for channel in document["channels"].values():
        assert channel.keys() <= ALLOWED["channel"]
    for operation in document["operations"].values():
        assert {"action", "channel"} <= operation.keys() <= ALLOWED["operation"]
        assert operation["action"] in ("send", "receive")
    for message in document["components"]["messages"].values():
        assert message.keys() <= ALLOWED["message"]
        Draft7Validator.check_schema(message["payload"])
        assert message["correlationId"]["location"].startswith("$message.payload#/")
    for kind in document["components"].values():
        assert all(re.fullmatch(r"[\w.\-]+", name) for name in kind)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """An operation's channel is a channel, and its messages are of that very channel."""
    for reference in references(document):
        assert resolved(document, reference)
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert channel.startswith("#/channels/")
        assert operation["messages"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/")


def test_payload_takes_an_event_and_refuses_another_types(document: dict[str, Any]) -> None:
    """With the references put in, as a consumer's validator does."""
    payload = document["components"]["messages"]["menu.rejected"]["payload"]
    inner = resolved(document, payload["properties"]["data"]["$ref"])
    payload = {**payload, "properties": {**payload["properties"], "data": inner}}
    good = Event("e", "menu.rejected", "menus/a.json", 1, {"why": "no items"}).to_detail()
    assert list(Draft7Validator(payload).iter_errors(good)) == []
    for bad in ({**good, "type": "menu.imported"}, {**good, "data": {}}, {**good, "id": ""}):
        assert list(Draft7Validator(payload).iter_errors(bad))


def test_channels_are_those_of_the_template(document: dict[str, Any]) -> None:
    """Bus and topic by their names, and on the topic what its rule lets through."""
    addresses = {channel["address"] for channel in document["channels"].values()}
    bus, topic = RESOURCES["OrdersBus"]["Properties"], RESOURCES["OrderUpdates"]["Properties"]
    assert addresses == {bus["Name"], topic["TopicName"], "default"}
    pattern = RESOURCES["OrderUpdatesRule"]["Properties"]["EventPattern"]["detail-type"]
    assert tuple(one["prefix"] for one in pattern) == asyncapi.ON_THE_TOPIC
    published = set()
    for name in ("orders", "default"):
        published |= document["channels"][name]["messages"].keys()
    assert published == CONTRACTS.keys()
