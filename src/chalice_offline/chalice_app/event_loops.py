"""An event loop for a handler that asks for the present one.

Lambda runs handlers on the main thread, where `asyncio.get_event_loop()` makes a loop when there is
none (up to Python 3.13). Here they have threads of their own, in which it would be an error.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from chalice_offline.chalice_app.process_patches import is_replaced, replace
from chalice_offline.transports.present_run import present_run

_OWNER, _NAME = "BaseDefaultEventLoopPolicy", "get_event_loop"


def lend_event_loops() -> None:
    """Let `asyncio.get_event_loop()` make a loop on the thread of a handler."""
    events: Any = sys.modules.get("asyncio.events")
    policy = getattr(events, _OWNER, None)  # none since Python 3.14, which makes no loop anywhere
    if policy is None or is_replaced(policy, _NAME):
        return
    get_event_loop = getattr(policy, _NAME)

    def event_loop(own: Any) -> Any:
        run = present_run.get()
        if run is not None and run.life.interruption.thread_id == threading.get_ident():
            try:
                return get_event_loop(own)
            except RuntimeError:
                own.set_event_loop(own.new_event_loop())
        return get_event_loop(own)

    replace(policy, _NAME, event_loop)
