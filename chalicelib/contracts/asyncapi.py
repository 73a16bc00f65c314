"""The AsyncAPI 3 document: who publishes which event where, and who of us listens."""

from __future__ import annotations

from typing import Any

from chalicelib.contracts.events import CONTRACTS, version_of
from chalicelib.contracts.schemas import DIALECT, data_schema
from chalicelib.domain.events import SOURCE, schema_uri
from chalicelib.handlers import COMMANDS

Document = dict[str, Any]

CHANNELS = {
    "orders": ("orders", "The EventBridge bus that everything about orders travels on."),
    "updates": (
        "order-updates",
        "The SNS topic of everything that has been decided or has changed. Subscribe here.",
    ),
    "default": ("default", "The account's default bus: webhooks of points of sale."),
}
ON_THE_TOPIC = ("order.", "menu.", "item.", "settlement.", "store.", "seller.")
"""The prefixes in the pattern of the rule order-updates (.chalice/resources.json)."""

LISTENERS = {"inbound": "orders", "callbacks": "updates", "notifications": "updates"}


def document() -> Document:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Order middleware: events",
            "version": "1.0.0",
            "description": "Every event is a CloudEvent (1.0, structured JSON) in an EventBridge"
            " event's `detail`; `detail-type` repeats `type`. They come at least once and in no"
            " order: tell repetitions by `id`. Bear fields and values that you do not know.",
        },
        "defaultContentType": "application/json",
        "channels": {
            name: {
                "address": address,
                "description": description,
                "messages": {t: {"$ref": f"#/components/messages/{t}"} for t in _types_on(name)},
            }
            for name, (address, description) in CHANNELS.items()
        },
        "operations": {**_sending(), **_receiving()},
        "components": {
            "messages": {type_: _message(type_) for type_ in CONTRACTS},
            "schemas": {_component(type_): _inner(type_) for type_ in CONTRACTS},
        },
    }


def _types_on(channel: str) -> list[str]:
    if channel == "updates":
        return [type_ for type_ in CONTRACTS if type_.startswith(ON_THE_TOPIC)]
    return [type_ for type_, contract in CONTRACTS.items() if contract.bus == channel]


def _sending() -> Document:
    return {
        f"publish-{name}": _operation("send", name, _types_on(name), f"What we put on {address}.")
        for name, (address, _) in CHANNELS.items()
    }


def _receiving() -> Document:
    return {
        stage: _operation(
            "receive",
            channel,
            [type_ for type_ in COMMANDS[stage] if type_ in CONTRACTS],
            f"What the function {stage} acts on.",
        )
        for stage, channel in LISTENERS.items()
    }


def _operation(action: str, channel: str, types: list[str], summary: str) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{type_}"} for type_ in types],
    }


def _message(type_: str) -> Document:
    contract = CONTRACTS[type_]
    return {
        "name": type_,
        "title": f"{type_}, version {version_of(type_)}",
        "summary": contract.means,
        "contentType": "application/cloudevents+json",
        "correlationId": {
            "description": contract.subject,
            "location": "$message.payload#/subject",
        },
        "payload": envelope(type_, {"$ref": f"#/components/schemas/{_component(type_)}"}),
    }


def envelope(type_: str, data: Document) -> Document:
    """Return the schema of a whole CloudEvent of a type (CloudEvents 1.0.2, context attributes)."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "Equal for equal facts"},
            "source": {"const": f"/{SOURCE}"},
            "type": {"const": type_},
            "subject": {**text, "description": CONTRACTS[type_].subject},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"const": schema_uri(type_)},
            "traceparent": {**text, "description": "W3C Trace Context"},
            "data": data,
        },
        "required": [
            *("specversion", "id", "source", "type", "subject", "time"),
            *("datacontenttype", "dataschema", "data"),
        ],
    }


def _component(type_: str) -> str:
    return f"{type_}.{version_of(type_)}"


def _inner(type_: str) -> Document:
    schema = data_schema(type_)
    assert schema["$schema"] == DIALECT
    return {name: value for name, value in schema.items() if not name.startswith("$")}
