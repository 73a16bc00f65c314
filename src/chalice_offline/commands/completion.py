"""Names that a shell completes: of the session's functions and queues, and of sample events."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chalice_offline.commands.running import ENDPOINT_VARIABLE, Refused, Running, the_running
from chalice_offline.samples import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    Completer = Callable[[click.Context, click.Parameter, str], list[str]]

_SECONDS = 2  # a shell waits no longer


def _names_of(kind: str) -> Completer:
    """Return what completes the names of one kind of the session's things."""

    def names(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        try:
            found = _session(context).get(kind)[kind]
        except Refused:  # nothing runs: nothing is known, and a shell shows no sentence
            return []
        return sorted(one["name"] for one in found if one["name"].startswith(begun))

    return names


function_names = _names_of("functions")
queue_names = _names_of("queues")
topic_names = _names_of("topics")
bucket_names = _names_of("buckets")
bus_names = _names_of("buses")
stream_names = _names_of("streams")


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
