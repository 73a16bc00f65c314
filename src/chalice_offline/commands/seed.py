"""`chalice-offline seed`: fill the session out of a file."""

from __future__ import annotations

import base64
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import click

from chalice_offline.commands.input import json_of, read_bytes, read_file
from chalice_offline.commands.running import Refused, Running, say_json, session_options

_FILE = "$file"


@click.command(
    short_help="Fill tables, buckets, queues and more out of a file.",
    epilog="""\b
A file, YAML or JSON; every part may be left out:
  tables:     {dishes: [{id: soup, price: 7}]}
  objects:    {menus: {lunch.json: {"soup": 7}, photo.png: {$file: ./photo.png}}}
  queues:     {orders: [hello, {"dish": "soup"}]}
  topics:     {news: [hello]}
  streams:    {steps: [hello]}
  events:     [{bus: default, source: shop, detail_type: OrderPlaced, detail: {id: "1"}}]
  secrets:    {shop/key: abc}
  parameters: {/shop/limit: "7"}
  calls:      [{service: sqs, operation: CreateQueue, request: {QueueName: extra}}]
\b
Examples:
  chalice-offline seed seed.yaml
  chalice-offline reset && chalice-offline seed seed.yaml""",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@session_options
def seed(running: Running, file: Path, *, as_json: bool) -> None:
    """Fill tables, buckets, queues and more out of FILE.

    All of it is looked at first: when a table is not there, an item has no key, or a name is
    unknown, nothing is changed.
    """
    content = _read(file)
    if isinstance(content, list):
        content = {"calls": content}
    if not isinstance(content, dict):
        raise Refused(f"{file} must hold an object, or a list of calls")
    try:
        plain = _plain(content, file.parent)
    except RecursionError as error:
        raise Refused(f"{file} is nested too deep, or holds itself") from error
    answer = running.post("seed", **plain)
    if as_json:
        say_json(answer)
    else:
        calls = answer["calls"]
        click.echo(f"{calls} call made" if calls == 1 else f"{calls} calls made")


def _read(file: Path) -> Any:
    text = read_file(file)
    if file.suffix.lower() == ".json":
        return json_of(text, str(file))
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # a date that there is not
        raise Refused(f"{file} is no YAML: {' '.join(str(error).split())}") from error


def _plain(value: Any, folder: Path) -> Any:
    """Return a value as JSON has it: files are read, YAML's dates are texts."""
    if isinstance(value, dict):
        if value.keys() == {_FILE}:
            content = read_bytes(folder / str(value[_FILE]))
            return {"$base64": base64.b64encode(content).decode()}
        return {_key(name): _plain(one, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, folder) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):  # YAML's !!binary
        return {"$base64": base64.b64encode(value).decode()}
    if value is None or isinstance(value, str | int) or _is_finite(value):
        return value
    raise Refused(f"{value!r} is nothing that JSON has")


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _key(name: Any) -> str:
    if isinstance(name, date):
        return name.isoformat()
    return name if isinstance(name, str) else json.dumps(name, default=str)
