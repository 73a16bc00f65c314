"""A reset of EventBridge."""

from __future__ import annotations

from chalice_offline.services.events.state import EventsState


def renewed(events: EventsState) -> EventsState:
    """Return EventBridge with nothing but the default buses."""
    return EventsState(events.kernel)
