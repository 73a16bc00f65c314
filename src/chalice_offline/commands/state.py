"""`chalice-offline reset` and `state`: begin anew, keep what there is, bring it back."""

from __future__ import annotations

from pathlib import Path

import click

from chalice_offline.commands.running import Running, say_json, session_options

_IN_IT = "tables, objects and streams"


@click.command(
    epilog="""\b
Examples:
  chalice-offline reset
  chalice-offline reset && chalice-offline seed seed.yaml"""
)
@session_options
def reset(running: Running, *, as_json: bool) -> None:
    """Empty queues, tables and buckets; forget runs, journal and faults."""
    answer = running.post("reset")
    if as_json:
        say_json(answer)
    else:
        click.echo("everything is empty")


@click.group(
    epilog="""\b
Examples:
  chalice-offline state save before-the-demo.state
  chalice-offline local --data before-the-demo.state     work on that file itself"""
)
def state() -> None:
    """Keep what the session holds in a file.

    A file holds tables, objects and streams. It does not hold messages in queues, topics and rules
    that are not the project's, functions that were uploaded, executions, secrets and parameters.
    """


@state.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@session_options
def save(running: Running, file: Path, *, as_json: bool) -> None:
    """Write tables, objects and streams to FILE, which must not be there yet."""
    answer = running.post("state", "save", file=str(file.absolute()))
    if as_json:
        say_json(answer)
    else:
        click.echo(f"{_IN_IT} are in {file}")
