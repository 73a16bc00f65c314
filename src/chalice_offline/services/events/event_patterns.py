"""TestEventPattern: whether a pattern matches an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events import json_text
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.rule_checks import compile_event_pattern

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState

# Recorded: an event without any of these is refused, one without resources or detail is not.
_MANDATORY = ("id", "account", "source", "time", "region", "detail-type")


def test_event_pattern(_events: EventsState, _context: CallContext, request: Request) -> Result:
    """Match an event, given whole with its envelope, against a pattern."""
    pattern = compile_event_pattern(request["EventPattern"])
    try:
        event = json_text.parse(request["Event"])
    except json_text.InvalidJsonError:
        event = None
    if not isinstance(event, dict) or any(key not in event for key in _MANDATORY):
        raise validation_error("Parameter Event is not valid.")
    return {"Result": pattern.matches(event)}
