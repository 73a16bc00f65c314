"""Names that a shell completes: of the session's functions and queues, and of sample events."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chalice_offline.commands.running import ENDPOINT_VARIABLE, Refused, Running, the_running
from chalice_offline.samples import KINDS

if TYPE_CHECKING:
    import click

_SECONDS = 2  # a shell waits no longer


def function_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the functions whose names begin so."""
    return _names(context, "functions", begun)


def queue_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the queues whose names begin so."""
    return _names(context, "queues", begun)


def topic_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the topics whose names begin so."""
    return _names(context, "topics", begun)


def bucket_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the buckets whose names begin so."""
    return _names(context, "buckets", begun)


def bus_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the buses whose names begin so."""
    return _names(context, "buses", begun)


def stream_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the streams whose names begin so."""
    return _names(context, "streams", begun)


def service_names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the services that the session answers for, as far as their names begin so."""
    try:
        return [name for name in _session(context).services() if name.startswith(begun)]
    except Refused:
        return []


def kinds(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the kinds of sample events that begin so."""
    return [kind for kind in KINDS if kind.startswith(begun)]


def _session(context: click.Context) -> Running:
    """Return the session that the command would be for, once it is whole."""
    endpoint = context.params.get("endpoint") or os.environ.get(ENDPOINT_VARIABLE)
    return the_running(endpoint, _SECONDS)


def _names(context: click.Context, what: str, begun: str) -> list[str]:
    try:
        found = _session(context).get(what)[what]
    except Refused:  # nothing runs: nothing is known, and a shell shows no sentence
        return []
    return sorted(one["name"] for one in found if one["name"].startswith(begun))
