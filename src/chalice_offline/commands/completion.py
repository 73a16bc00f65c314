"""Names that a shell completes: of the session's functions and queues, and of sample events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.commands.running import Refused, the_running
from chalice_offline.samples import KINDS

if TYPE_CHECKING:
    import click


def function_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the functions whose names begin so."""
    return _names("functions", begun)


def queue_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the queues whose names begin so."""
    return _names("queues", begun)


def topic_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the topics whose names begin so."""
    return _names("topics", begun)


def bucket_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the buckets whose names begin so."""
    return _names("buckets", begun)


def bus_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the buses whose names begin so."""
    return _names("buses", begun)


def stream_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the streams whose names begin so."""
    return _names("streams", begun)


def service_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the services that the session answers for, as far as their names begin so."""
    try:
        return [name for name in the_running(None).services() if name.startswith(begun)]
    except Refused:
        return []


def kinds(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the kinds of sample events that begin so."""
    return [kind for kind in KINDS if kind.startswith(begun)]


def _names(what: str, begun: str) -> list[str]:
    try:
        found = the_running(None).get(what)[what]
    except Refused:  # nothing runs: nothing is known, and a shell shows no sentence
        return []
    return sorted(one["name"] for one in found if one["name"].startswith(begun))
