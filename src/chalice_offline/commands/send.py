"""`chalice-offline send`: something for a queue, topic, bus, bucket or stream."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from chalice_offline.commands.completion import (
    bucket_names,
    bus_names,
    queue_names,
    stream_names,
    topic_names,
)
from chalice_offline.commands.input import json_of, pairs_of, read_bytes, text_of
from chalice_offline.commands.running import Refused, Running, say_json, session_options
from chalice_offline.core.names import nearest

_attributes = click.option(
    "--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="Again for more."
)
_group = click.option("--group", default="", help="The group, where order matters (FIFO).")
_deduplication = click.option("--deduplication", default="", help="The deduplication id (FIFO).")


@click.group(
    short_help="Send to a queue, topic, bus, bucket or stream.",
    epilog="""\b
Examples:
  chalice-offline send queue orders '{"dish": "soup"}'
  chalice-offline send topic news hello --attribute kind=greeting
  chalice-offline send bus default --source shop --type OrderPlaced '{"order_id": "1"}'
  chalice-offline send bucket menus lunch/store-1.json ./store-1.json
  chalice-offline send stream steps hello --key order-1""",
)
def send() -> None:
    """Send something to a resource of the session, as a client would."""


@send.command(
    epilog="""\b
Examples:
  chalice-offline send queue orders '{"dish": "soup"}'
  chalice-offline send queue orders @order.json --delay 5
  chalice-offline send queue orders.fifo hello --group table-7 --attribute kind=greeting"""
)
@click.argument("name", shell_complete=queue_names)
@click.argument("body")
@_attributes
@_group
@_deduplication
@click.option("--delay", type=click.IntRange(0, 900), default=None, help="Seconds.")
@session_options
def queue(
    running: Running,
    name: str,
    body: str,
    attributes: tuple[str, ...],
    group: str,
    deduplication: str,
    *,
    delay: int | None,
    as_json: bool,
) -> None:
    """Send BODY to the queue NAME. BODY is a text, @FILE, or - for standard input."""
    request: dict[str, Any] = {"body": text_of(body)} | _given(
        attributes=pairs_of(attributes, "--attribute"),
        group=group,
        deduplication=deduplication,
    )
    if delay is not None:
        request["delay_seconds"] = delay
    answer = running.post("queues", name, "send", **request)
    _say(answer, f"message {answer['message_id']} is in {name}", as_json=as_json)


@send.command(
    epilog="""\b
Examples:
  chalice-offline send topic news hello --subject greeting --attribute kind=short"""
)
@click.argument("name", shell_complete=topic_names)
@click.argument("message")
@click.option("--subject", default="", help="The subject.")
@_attributes
@_group
@_deduplication
@session_options
def topic(
    running: Running,
    name: str,
    message: str,
    subject: str,
    attributes: tuple[str, ...],
    group: str,
    deduplication: str,
    *,
    as_json: bool,
) -> None:
    """Publish MESSAGE to the topic NAME. MESSAGE is a text, @FILE, or - for standard input."""
    given = _given(
        subject=subject,
        attributes=pairs_of(attributes, "--attribute"),
        group=group,
        deduplication=deduplication,
    )
    answer = running.post("topics", name, "publish", message=text_of(message), **given)
    _say(answer, f"message {answer['message_id']} is published to {name}", as_json=as_json)


@send.command(
    epilog="""\b
Examples:
  chalice-offline send bus default --source shop --type OrderPlaced '{"order_id": "1"}'"""
)
@click.argument("name", shell_complete=bus_names)
@click.argument("detail", default="{}")
@click.option("--source", required=True, help="Who tells, as in the rules' patterns.")
@click.option("--type", "detail_type", required=True, help="The detail-type.")
@click.option("--resource", "resources", multiple=True, help="An ARN it is about; again for more.")
@session_options
def bus(
    running: Running,
    name: str,
    detail: str,
    source: str,
    detail_type: str,
    resources: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Put an event on the bus NAME ("default"). DETAIL is JSON, @FILE, or - for standard input."""
    content = json_of(text_of(detail), "DETAIL")
    if not isinstance(content, dict):
        raise Refused("DETAIL must be a JSON object")
    given = _given(resources=list(resources))
    answer = running.post(
        "buses", name, "put", source=source, detail_type=detail_type, detail=content, **given
    )
    _say(answer, f"event {answer['event_id']} is on {name}", as_json=as_json)


@send.command(
    epilog="""\b
Examples:
  chalice-offline send bucket menus lunch/store-1.json ./store-1.json
  chalice-offline send bucket menus lunch.json '{"soup": 7}' --text"""
)
@click.argument("name", shell_complete=bucket_names)
@click.argument("key")
@click.argument("file")
@click.option("--text", is_flag=True, help="FILE is the object's text itself.")
@session_options
def bucket(running: Running, name: str, key: str, file: str, *, text: bool, as_json: bool) -> None:
    """Put FILE into the bucket NAME under KEY. FILE is a path, or - for standard input."""
    if text:
        content = file.encode()
    else:
        content = sys.stdin.buffer.read() if file == "-" else read_bytes(Path(file))
    names = [one["name"] for one in running.get("buckets")["buckets"]]
    if name not in names:
        raise Refused(f"There is no bucket {name[:80]}.{nearest(name, names)}")
    if not key:
        raise Refused('"key" is empty; an object needs one')
    running.put_object(name, key, content)
    answer = {"bucket": name, "key": key, "bytes": len(content)}
    _say(answer, f"{len(content)} bytes are in s3://{name}/{key}", as_json=as_json)


@send.command(
    epilog="""\b
Examples:
  chalice-offline send stream steps hello --key order-1
  chalice-offline send stream steps - < step.json"""
)
@click.argument("name", shell_complete=stream_names)
@click.argument("data")
@click.option("--key", default="", help="The partition key.")
@session_options
def stream(running: Running, name: str, data: str, key: str, *, as_json: bool) -> None:
    """Put DATA into the stream NAME. DATA is a text, @FILE, or - for standard input."""
    answer = running.post("streams", name, "put", data=text_of(data), **_given(key=key))
    _say(answer, f"record is in {name}", as_json=as_json)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}


def _say(answer: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        click.echo(sentence)
