"""`chalice-offline reset` and `state`: begin anew, keep what there is, bring it back."""

from __future__ import annotations

from pathlib import Path

import click

from chalice_offline.commands.completion import service_names
from chalice_offline.commands.running import Refused, Running, say_json, session_options

_IN_IT = "tables, objects and streams"


@click.command(
    short_help="Begin anew, as if just started.",
    epilog="""\b
Examples:
  chalice-offline reset
  chalice-offline reset dynamodb                           its tables, and nothing else
  chalice-offline reset && chalice-offline seed seed.yaml""",
)
@click.argument("service", required=False, shell_complete=service_names)
@session_options
def reset(running: Running, service: str | None, *, as_json: bool) -> None:
    """Begin anew, as if the session had just been started: nothing that came since is left.

    Queues, tables, buckets, streams, runs, journal, faults, functions and whatever clients made; a
    file given with --data, too. What the project declares is made anew, and its code loaded anew.
    When that fails, nothing is changed.

    With SERVICE (sqs, dynamodb, s3, logs ...) only what that service holds is gone. What the
    project has of it is there again, and empty. Code is not loaded anew, and no hook runs.
    """
    answer = running.post("reset", service=service) if service else running.post("reset")
    if as_json:
        say_json(answer)
    elif service:
        click.echo(f"{service} begun anew")
    else:
        click.echo("begun anew")


@click.group(
    short_help="Save tables, objects and streams to a file, or load it.",
    epilog="""\b
Examples:
  chalice-offline state save before-the-demo.state
  chalice-offline state load before-the-demo.state
  chalice-offline local --data before-the-demo.state     work on that file itself""",
)
def state() -> None:
    """Keep what the session holds in a file, and begin anew with it.

    A file holds tables, objects and streams. It does not hold messages in queues, topics and rules
    that are not the project's, functions that were uploaded, executions, secrets and parameters.
    """


@state.command(
    short_help="Write tables, objects and streams to a new FILE.",
    epilog="""\b
Examples:
  chalice-offline state save before-the-demo.state""",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@session_options
def save(running: Running, file: Path, *, as_json: bool) -> None:
    """Write tables, objects and streams to FILE, which must not be there yet."""
    answer = running.post("state", "save", file=str(file.absolute()))
    if as_json:
        say_json(answer)
    else:
        click.echo(f"{_IN_IT} are in {file}")


@state.command(
    short_help="Begin anew with what FILE holds; it stays as it is.",
    epilog="""\b
Examples:
  chalice-offline state load before-the-demo.state""",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@session_options
def load(running: Running, file: Path, *, as_json: bool) -> None:
    """Begin anew with the tables, objects and streams of FILE; it stays as it is.

    As after a restart: queues are empty, and what the project declares is there.
    """
    if not file.exists():
        raise Refused(f"{file} is not there")
    answer = running.post("state", "load", file=str(file.absolute()))
    if as_json:
        say_json(answer)
    else:
        click.echo(f"begun anew with the {_IN_IT} of {file}")
