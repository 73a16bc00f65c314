"""What the terminal says at the start: where everything is, and how each function is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.trace.run_line import BOLD, DIM, paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SHOWN = 40


def app_banner(facts: Mapping[str, Any], *, colour: bool) -> Iterator[str]:
    """Give the lines about a project; `facts` are those of the console's `session`."""
    yield paint(f"{facts['project']}, stage {facts['stage']}", BOLD, colour=colour)
    yield f"  app           {facts['app_url']}{_instead(facts.get('app_port_taken'))}"
    if facts.get("socket_url"):
        yield f"  websockets    {facts['socket_url']}"
    yield from endpoint_lines(facts)
    routes: Sequence[str] = facts["routes"]
    if routes:
        yield "routes"
        yield from _cut([f"  {route}" for route in routes])
    handlers: Sequence[Mapping[str, str]] = facts["handlers"]
    if handlers:
        yield "functions"
        yield from _cut(list(_functions(handlers, colour=colour)))
    yield "from another terminal"
    for command, words in _commands(handlers):
        yield f"  {command:<44}  {paint(words, DIM, colour=colour)}"
    yield "Ctrl-C ends it."


def endpoint_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines about the AWS endpoint."""
    url = facts["aws_url"]
    yield (
        f"  AWS endpoint  {url}{_instead(facts.get('aws_port_taken'))}  "
        f"(export AWS_ENDPOINT_URL={url})"
    )
    yield f"  console       {url}/_chalice_offline/"


def _instead(usual_port: int | None) -> str:
    return f" ({usual_port} is taken)" if usual_port else ""


def _functions(handlers: Sequence[Mapping[str, str]], *, colour: bool) -> Iterator[str]:
    width = max(len(one["name"]) for one in handlers)
    deployed_width = max(len(one["deployed_name"]) for one in handlers)
    for one in handlers:
        deployed = paint(f"{one['deployed_name']:<{deployed_width}}", DIM, colour=colour)
        source = one["source"] or _BY_KIND.get(one["kind"], "invoke")
        yield f"  {one['name']:<{width}}  {deployed}  <- {source}"


_BY_KIND = {
    "route": "the routes",
    "authorizer": "routes that ask it",
    "ws_connect": "websockets",
    "ws_message": "websockets",
    "ws_disconnect": "websockets",
}


# Whose sample event is whole comes first; a message's body is another one in every app.
_FITNESS = {"schedule": 0, "": 0, "route": 2, "authorizer": 2}


def _commands(handlers: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    if handlers:
        first = min(handlers, key=lambda one: _FITNESS.get(one["kind"], 1))
        yield f"chalice-offline invoke {first['name']}", "runs a function once; --event FILE"
    for one in handlers:
        if one["kind"] == "sqs":
            queue = one["source"].removeprefix("queue ")
            yield f"chalice-offline send queue {queue} BODY", "also topic, bus, bucket, stream"
            break
    yield "chalice-offline runs", "what ran; trace TEXT draws how it came to that"
    yield (
        "chalice-offline awslocal sqs list-queues",
        "the AWS CLI (version 1's sqs ignores AWS_ENDPOINT_URL)",
    )


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN} more"
