"""`chalice-offline replay`: a call, a request or the event of a run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from chalice_offline.commands.input import json_of, read_file, standard_input
from chalice_offline.commands.running import Refused, Running, say_json, session_options
from chalice_offline.commands.sample_events import changed
from chalice_offline.core.numerals import whole_number


@click.command(
    short_help="Do a call, a request or a run again.",
    epilog="""\b
Examples:
  chalice-offline replay 1042
  chalice-offline replay 1042 --show > request.json
  chalice-offline replay 1042 --request request.json
  chalice-offline replay 1042 --set MessageBody='{"dish": "soup"}'""",
)
@click.argument("entry")
@click.option("--show", is_flag=True, help="Only write what would be done.")
@click.option(
    "--request", "file", metavar="FILE|-", help="Do it with this request; *** stays what it was."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change the request: MessageBody=hello; JSON or a text; again for more.",
)
@session_options
def replay(
    running: Running,
    entry: str,
    file: str | None,
    settings: tuple[str, ...],
    *,
    show: bool,
    as_json: bool,
) -> None:
    """Do again what ENTRY tells of: a journal entry, a story's number, or a run's request id."""
    is_number = whole_number(entry) is not None
    number = entry if is_number else str(running.get("runs", entry)["entry"])
    told = running.get("replay", number)
    request = told["request"]
    if file is not None:
        text = standard_input() if file == "-" else read_file(Path(file))
        request = json_of(text, "standard input" if file == "-" else file)
        if not isinstance(request, dict):
            raise Refused(f"{file} must hold a JSON object")
    request = changed(request, settings)
    if show:
        click.echo(json.dumps(request, indent=2, ensure_ascii=False))
        return
    edited = {"request": request} if file is not None or settings else {}
    answer = running.post("replay", number, **edited)
    if as_json:
        say_json(answer)
        return
    click.echo(f"{answer['service']}.{answer['operation']}", err=True)
    click.echo(json.dumps(_of_interest(answer["answer"]), indent=2, ensure_ascii=False))


def _of_interest(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return answer
