"""`chalice-offline runs` and `trace`: what ran, and how it came to that."""

from __future__ import annotations

from typing import Any

import click

from chalice_offline.commands.completion import function_names
from chalice_offline.commands.output import end_with_reader
from chalice_offline.commands.running import Refused, Running, say_json, session_options
from chalice_offline.core.numerals import whole_number
from chalice_offline.trace.run_line import run_line

_STORIES = 100  # at most, in JSON
_RUNS_AT_ONCE = 500


@click.command(
    short_help="Show the latest runs.",
    epilog="""\b
Examples:
  chalice-offline runs
  chalice-offline runs --failed -n 5
  chalice-offline runs --function cook --follow
  chalice-offline runs --json | jq '.[].error'""",
)
@click.option("-n", "--number", type=click.IntRange(1, 2_000), default=20, show_default=True)
@click.option(
    "--function", default="", shell_complete=function_names, help="Of this function only."
)
@click.option("--failed", is_flag=True, help="Only those that failed.")
@click.option("--text", default="", help="Those that mention a text in name, source or error.")
@click.option("--follow", is_flag=True, help="Go on with each run that ends, until Ctrl-C.")
@session_options
def runs(
    running: Running,
    number: int,
    function: str,
    text: str,
    *,
    failed: bool,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the latest runs, the latest last: function, source, try, duration, outcome, story."""
    outcome = "failed" if failed else ""
    query = {"limit": number, "function": function, "text": text, "outcome": outcome}
    answer = running.get("runs", **query)
    latest = answer["runs"]
    if as_json and not follow:
        say_json(latest)
        return
    for run in reversed(latest):
        _say(run, as_json=as_json)
    if follow:
        _follow(running, query, answer, as_json=as_json)
    elif not latest:
        click.echo("no runs", err=True)


@click.command(
    short_help="Draw a story: what led to what.",
    epilog="""\b
Examples:
  chalice-offline trace order-1          whatever mentions it
  chalice-offline trace 1042             the story of a journal entry, as runs shows it
  chalice-offline trace 0b7c…            the story of a request id""",
)
@click.argument("text")
@session_options
def trace(running: Running, text: str, *, as_json: bool) -> None:
    """Draw the story of TEXT: a story's number, a request id, or whatever is mentioned."""
    if not text.strip():
        raise Refused("say what to look for: a story's number, a request id, any text")
    number = _story_of(running, text)
    if as_json:
        if number is not None:
            say_json(running.get("stories", number))
            return
        found = _stories_that_mention(running, text)
        if not found:
            raise Refused(f"nothing in the journal mentions {text}")
        say_json([running.get("stories", str(story)) for story in found])
        return
    drawn = running.text("stories", number, "text") if number else running.trace(text)
    if drawn.startswith("(nothing"):
        raise Refused(f"nothing in the journal mentions {text}")
    click.echo(drawn, nl=False)


def _stories_that_mention(running: Running, text: str) -> list[int]:
    """Return the numbers of the latest stories; an answer looks at a part of the journal only."""
    found: dict[int, None] = {}
    before = 0
    while before is not None and len(found) < _STORIES:
        page = running.get("stories", text=text, before=before)
        found |= dict.fromkeys(one["story"] for one in page["stories"])
        before = page["before"]
    return list(found)[:_STORIES]


def _story_of(running: Running, text: str) -> str | None:
    """Return the number of the story that a number or a request id stands for, if it is one."""
    latest = running.get("stories", limit=1)["stories"]
    newest = max((one["story"] for one in latest), default=0)
    number = whole_number(text)
    if number is not None and (number <= newest or _has(running, text)):
        return text
    found = running.get("runs", text=text, limit=2)["runs"]
    if found and found[0]["request_id"] == text:
        return str(found[0]["entry"])
    return None


def _has(running: Running, number: str) -> bool:
    try:
        running.get("entries", number)
    except Refused:
        return False
    return True


def _follow(
    running: Running, query: dict[str, Any], shown: dict[str, Any], *, as_json: bool
) -> None:
    """Tell of each run that ends after the page of runs that was `shown`, until the session has."""
    end_with_reader()
    told = {run["entry"] for run in shown["runs"] if run["ended_ms"] is not None}
    era = shown["era"]
    for piece in running.follow("live", after=str(shown["revision"])):
        anew = piece["era"] != era  # it began anew, and numbers mean other runs
        if anew:
            era = piece["era"]
            told.clear()
        rows = piece["runs"]
        if anew or piece["gap"]:  # more have changed than a piece holds
            rows = _ended_since(running, query, shown["now_ms"])
        for run in reversed(rows):
            if run["ended_ms"] is not None and run["entry"] not in told and _fits(run, query):
                told.add(run["entry"])
                _say(run, as_json=as_json)
    click.echo("the session has ended", err=True)


def _ended_since(running: Running, query: dict[str, Any], at_ms: int) -> list[dict[str, Any]]:
    """Return the runs that fit and ended then or later, newest first, as far as they are kept."""
    found: list[dict[str, Any]] = []
    before = 0
    while True:
        wanted = query | {"limit": _RUNS_AT_ONCE, "before": before}
        page = running.get("runs", **wanted)["runs"]
        new = [run for run in page if run["ended_ms"] is None or run["ended_ms"] >= at_ms]
        found += new
        if not new:
            return found
        before = page[-1]["entry"]


def _fits(run: dict[str, Any], query: dict[str, Any]) -> bool:
    names = (run["name"], run["function"])
    words = "\n".join(str(run[key]) for key in ("name", "source", "error", "request_id")).lower()
    return (
        query["function"] in ("", *names)
        and query["text"].lower() in words
        and (not query["outcome"] or run["error"] is not None)
    )


def _say(run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(run, indent=None)
    else:
        click.echo(run_line(run))
