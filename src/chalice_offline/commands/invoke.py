"""`chalice-offline invoke`: run a function of the session once."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import click

from chalice_offline.commands.completion import function_names, kinds
from chalice_offline.commands.input import json_of, read_file, standard_input
from chalice_offline.commands.running import Refused, Running, say_json, session_options
from chalice_offline.commands.sample_events import changed
from chalice_offline.core.names import nearest
from chalice_offline.samples import KINDS

_FAILED = 1
_LONGEST_SHOWN = 80


@click.command(
    short_help="Run a function once.",
    epilog="""\b
Examples:
  chalice-offline invoke cook                          a sample of what it listens to
  chalice-offline invoke cook --event sqs --set Records.0.body='{"dish": "soup"}'
  chalice-offline invoke cook --event event.json
  chalice-offline invoke echo --event '{"a": 1}' --json
  chalice-offline events s3 | chalice-offline invoke import_menu --event -""",
)
@click.argument("name", shell_complete=function_names)
@click.option(
    "--event",
    "given",
    metavar="FILE|KIND|JSON|-",
    shell_complete=kinds,
    help=f"The event: a file, a sample ({', '.join(KINDS)}), JSON, or - for standard input.  "
    "[default: a sample of what the function listens to, else {}]",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change the event: Records.0.body=hello; JSON or a text; again for more.",
)
@click.option("--async", "asynchronous", is_flag=True, help="Do not wait; Lambda tries it again.")
@session_options
def invoke(
    running: Running,
    name: str,
    given: str | None,
    settings: tuple[str, ...],
    *,
    asynchronous: bool,
    as_json: bool,
) -> None:
    """Run the function NAME once, under its own name or its deployed one.

    What it returns goes to standard output, what it wrote to standard error. Exit status: 0, 1 when
    it failed, 2 when it could not be run.
    """
    function = _function(running, name)
    event = changed(_event(running, function, given), settings)
    kind = "Event" if asynchronous else "RequestResponse"
    payload = json.dumps(event).encode()
    headers, answer = running.invoke(function["deployed_name"], payload, kind)
    if asynchronous:
        _say_taken(headers, as_json=as_json)
        return
    error = headers.get("x-amz-function-error")
    log = base64.b64decode(headers.get("x-amz-log-result", "")).decode("utf-8", "replace")
    if as_json:
        say_json({"function": name, "error": error, "payload": _shown(answer), "log": log})
    else:
        click.echo(log, err=True, nl=not log.endswith("\n"))
        click.echo(_written(answer))
    sys.exit(_FAILED if error else 0)


def _say_taken(headers: dict[str, str], *, as_json: bool) -> None:
    request_id = headers.get("x-amzn-requestid", "")
    if as_json:
        say_json({"request_id": request_id})
    else:
        click.echo(f"taken; see chalice-offline trace {request_id}")


def _function(running: Running, name: str) -> dict[str, Any]:
    functions = running.get("functions")["functions"]
    for function in functions:
        if name in (function["name"], function["deployed_name"], function["arn"]):
            found: dict[str, Any] = function
            return found
    near = nearest(name, [function["name"] for function in functions])
    raise Refused(f"there is no function {name}.{near}")


def _event(running: Running, function: dict[str, Any], given: str | None) -> Any:
    if given is None:
        own = _samples(running, function)
        return own[0]["event"] if own and own[0]["source"] else {}
    if given == "-":
        return json_of(standard_input(), "standard input")
    if given in KINDS:
        return next(one["event"] for one in _samples(running, function) if one["kind"] == given)
    if given.lstrip()[:1] in ("{", "[", '"'):
        return json_of(given, "--event")
    if _is_there(given):
        return json_of(read_file(Path(given)), given)
    try:
        return json.loads(given)  # a number, true, null
    except ValueError:
        shown = given if len(given) <= _LONGEST_SHOWN else f"{given[:_LONGEST_SHOWN]}…"
        near = nearest(given[:_LONGEST_SHOWN], KINDS)
        raise Refused(f"--event {shown} is no file, no sample and no JSON.{near}") from None


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, say
        return False


def _samples(running: Running, function: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a sample of each kind, those of what the function listens to first."""
    name = function["deployed_name"]
    found: list[dict[str, Any]] = running.get("functions", name, "samples", whole=1)["samples"]
    return found


def _written(payload: bytes) -> str:
    """Return an answer as it came, or for people: indented."""
    text = payload.decode("utf-8", "replace")
    if not sys.stdout.isatty():
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _shown(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
