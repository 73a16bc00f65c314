"""What a person has to see is left where people look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.events import iso

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import TellStaff


def tell_staff(services: Services, command: TellStaff) -> None:
    """Keep a note where people look: one small file per occurrence."""
    at = iso(command.time_ms)
    note = {
        "type": command.event_type,
        "subject": command.subject,
        "time": at,
        "reason": command.reason,
    }
    services.files.write(f"alerts/{at[:10]}/{command.event_id}.json", json.dumps(note).encode())
    log.warning("staff.told", type=command.event_type, subject=command.subject)
