"""`chalice-offline queues` and `redrive`: what waits, and dead letters on their way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from chalice_offline.commands.completion import queue_names
from chalice_offline.commands.running import Running, say_json, session_options
from chalice_offline.trace.visible import visible


@click.command(
    short_help="Show the queues, or what is in one.",
    epilog="""\b
Examples:
  chalice-offline queues
  chalice-offline queues orders-dead-letters        what is in it, and why""",
)
@click.argument("name", required=False, shell_complete=queue_names)
@session_options
def queues(running: Running, name: str | None, *, as_json: bool) -> None:
    """Show every queue, or the messages in the queue NAME, which stay where they are."""
    if name is None:
        found = running.get("queues")["queues"]
        if as_json:
            say_json(found)
            return
        width = max([4, *(len(queue["name"]) for queue in found)])
        click.echo(f"{'name':<{width}}  visible  in flight  delayed")
        for queue in found:
            counts = f"{queue['visible']:>7}  {queue['in_flight']:>9}  {queue['delayed']:>7}"
            click.echo(f"{queue['name']:<{width}}  {counts}{_role(queue)}")
        return
    answer = running.get("queues", name, "messages")
    if as_json:
        say_json(answer["messages"])
        return
    for message in answer["messages"]:
        _say(message)
    if not answer["messages"]:
        click.echo(f"{name} is empty", err=True)


@click.command(
    short_help="Bring a queue's dead letters back.",
    epilog="""\b
Examples:
  chalice-offline redrive orders-dead-letters                  all of them, to where they came from
  chalice-offline redrive orders-dead-letters --message 3f2a…  one
  chalice-offline redrive orders-dead-letters --to orders-2""",
)
@click.argument("name", shell_complete=queue_names)
@click.option("--message", default="", help="Only the message of this id.")
@click.option(
    "--to",
    default="",
    shell_complete=queue_names,
    help="The queue they go to.  [default: where they came from]",
)
@session_options
def redrive(running: Running, name: str, message: str, to: str, *, as_json: bool) -> None:
    """Bring the dead letters in the queue NAME back."""
    given = {key: value for key, value in (("message", message), ("to", to)) if value}
    answer = running.post("queues", name, "redrive", **given)
    if as_json:
        say_json(answer)
    else:
        count = answer["moving"]
        click.echo(f"{count} message{'' if count == 1 else 's'} on the way back")


def _role(queue: dict[str, Any]) -> str:
    sources = [arn.rpartition(":")[2] for arn in queue["dead_letters_of"]]
    return f"  dead letters of {', '.join(sources)}" if sources else ""


def _say(message: dict[str, Any]) -> None:
    sent = datetime.fromtimestamp(message["sent_ms"] / 1000, UTC).strftime("%H:%M:%S")
    click.echo(f"{message['id']}  sent {sent}  received {message['receive_count']} times")
    click.echo(f"    {visible(str(message['body'])[:200])}")
    why = message.get("why")
    if why:
        story = f"  (chalice-offline trace {why['story']})" if why["story"] else ""
        click.echo(f"    why: {visible(why['error'])}{story}")
