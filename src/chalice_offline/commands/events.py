"""`chalice-offline events`: sample events of every source."""

from __future__ import annotations

import json

import click

from chalice_offline.commands.completion import kinds
from chalice_offline.commands.running import say_json
from chalice_offline.commands.sample_events import changed, sample
from chalice_offline.samples import KINDS


@click.command(
    short_help="Write a sample event of any source.",
    epilog="""\b
Examples:
  chalice-offline events
  chalice-offline events s3
  chalice-offline events sqs --set Records.0.body='{"dish": "soup"}' > event.json
  chalice-offline events schedule | chalice-offline invoke nightly --event -""",
)
@click.argument("kind", required=False, metavar="[KIND]", shell_complete=kinds)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change it: Records.0.body=hello; JSON or a text; again for more.",
)
@click.option("--json", "as_json", is_flag=True, help="The list in JSON; a sample always is.")
def events(kind: str | None, settings: tuple[str, ...], *, as_json: bool) -> None:
    """Write a sample event of KIND, as Lambda would deliver it; without KIND, list them.

    Needs no session.
    """
    if kind is None:
        if as_json:
            say_json([{"kind": name, "what": what} for name, what in KINDS.items()])
            return
        for name, what in KINDS.items():
            click.echo(f"{name:<14} {what}")
        return
    click.echo(json.dumps(changed(sample(kind), settings), indent=2, ensure_ascii=False))
